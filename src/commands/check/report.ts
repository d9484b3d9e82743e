import type { Image, NoImage } from '../../contract/image.ts';
import type { Source } from '../../contract/source.ts';
import { skewText } from '../../courier/findings.ts';
import type { CheckedPull, Outcome } from '../../ecr/registry/checked-pull.ts';
import type { Step, Verdict } from '../../ecr/registry/judged.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';

/** One image of `check IMAGE... --json`. A member is null where there is nothing to say. */
export interface ImageReport {
  /** The image as the user wrote it. */
  readonly image: string;
  readonly host: string | null;
  readonly repository: string | null;
  /** The requested tag or digest. */
  readonly reference: string | null;
  /**
   * `not tried`: the identity of the source could pull, but another principal will. The last two need no request: the
   * image is of another registry, or its name is invalid.
   */
  readonly outcome: Outcome | 'not tried' | "not ECR's" | 'no image';
  /** null if the pull needs no login. */
  readonly source: string | null;
  readonly identity: IdentityReport | null;
  /** The function, command or file that supplies the tokens in place of ECR. */
  readonly tokensFrom: string | null;
  readonly steps: readonly StepReport[];
  /** Further remarks for the user, in sentences. */
  readonly remarks: readonly string[];
}
/** The identity behind the token: where the AWS keys were found, and what GetCallerIdentity returned. */
interface IdentityReport {
  readonly from: string;
  readonly account: string | null;
  readonly arn: string | null;
}
interface StepReport {
  readonly name: Step['name'];
  /** The IAM action that the step needs, or that IAM named; `none` if there is none. */
  readonly action: string;
  /** Further IAM actions that are needed if the repository is under a pull-through cache. */
  readonly underCache: readonly string[];
  readonly verdict: Verdict;
  readonly status: number | null;
  readonly text: string | null;
  readonly diagnosis: Diagnosis | null;
}

export const stepReport = ({ name, action, underCache, verdict, status, text, diagnosis }: Step): StepReport => ({
  name,
  action,
  underCache: underCache ?? [],
  verdict,
  status: status ?? null,
  text: text ?? null,
  diagnosis: diagnosis ?? null,
});

/** The report of a name that needs no request. */
export const noImageReport = ({ wrong, shown, is }: NoImage): ImageReport => ({
  image: shown,
  host: null,
  repository: null,
  reference: null,
  outcome: is === 'foreign' ? "not ECR's" : 'no image',
  source: null,
  identity: null,
  tokensFrom: null,
  steps: [],
  remarks: [wrong],
});

/** Clock skew below this is not reported. In milliseconds. */
const skewTold = 60_000;

/** puller: the principal that will pull, if it cannot be tried. */
interface Reported {
  readonly text: string;
  readonly image: Image;
  readonly source: Pick<Source, 'name' | 'tokensFrom'> | undefined;
  readonly puller?: string;
}

export function imageReport({ text, image, source, puller }: Reported, pulled: CheckedPull): ImageReport {
  const { registry, repository, reference, remark } = image;
  const { outcome, steps, credential: { identity } = {} } = pulled;
  return {
    image: text,
    host: registry.host,
    repository,
    reference,
    // Anybody may pull from ECR Public.
    outcome: outcome === 'would pull' && puller !== undefined && registry.service === 'ecr' ? 'not tried' : outcome,
    source: source?.name ?? null,
    identity: identity ? { from: identity.from, account: identity.account ?? null, arn: identity.arn ?? null } : null,
    tokensFrom: source?.tokensFrom?.words ?? null,
    steps: steps.map(stepReport),
    remarks: [...(remark ? [remark] : []), ...remarksOn(pulled)],
  };
}

/** What the walk of a pull has shown besides: a list without an image for this machine, a clock that is off. */
export function remarksOn({ steps, credential }: CheckedPull): readonly string[] {
  const { issuedAt, receivedAt } = credential ?? {};
  const skewMs = issuedAt && receivedAt ? issuedAt.getTime() - receivedAt.getTime() : 0;
  const read = steps.find(({ name, verdict }) => name === 'manifest' && verdict === 'ok');
  return [...(read?.text ? [read.text] : []), ...(Math.abs(skewMs) > skewTold ? [skewText(skewMs)] : [])];
}
