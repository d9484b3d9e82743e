import type { Credential } from '../../contract/credential.ts';
import { Failure } from '../../contract/failures.ts';
import type { Image } from '../../contract/image.ts';
import { redactQuoted } from '../../contract/secret.ts';
import { isHtml } from '../../contract/text.ts';
import type { Cache } from '../../refusals/cache.ts';
import { readDenial } from '../../refusals/denial.ts';
import { diagnose } from '../../refusals/diagnose.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';
import type { Own } from '../../refusals/facts.ts';
import { rights } from '../../refusals/statements.ts';
import { type Ask, answeredWith, wordsOf } from './prove.ts';

/**
 * The result of a step of a pull. `unreachable`: there was no response, or none that says anything of this image (a
 * rate limit, a page of a proxy). `failed`: there is no token or no identity, for another reason. `skipped`: the image
 * has nothing there.
 */
export type Verdict = 'ok' | 'refused' | 'missing' | 'unreachable' | 'failed' | 'skipped';

/**
 * One step of a pull. `action` is the right that it needs, or the right that IAM named when it refused, or `none`.
 * `text` is the answer, for people; a step that went well has one only where there is something to say. `diagnosis`
 * explains what stops the pull.
 */
export interface Step {
  readonly name: 'identity' | 'token' | 'registry' | 'manifest' | 'config' | 'layer';
  readonly action: string;
  /**
   * The step asked the store that holds the layer, without the credential, so the answer does not concern the
   * credential.
   */
  readonly at?: 'store';
  /**
   * Rights that may be missing too where the name is below a pull-through cache, which reports such a refusal as a 404.
   */
  readonly underCache?: readonly string[];
  readonly verdict: Verdict;
  readonly status?: number;
  readonly text?: string;
  readonly diagnosis?: Diagnosis;
  /** Set on a failed step if the registry had returned a manifest before, such as a list of images. */
  readonly hasRead?: boolean;
}

export type Answer = Awaited<ReturnType<Ask>>;

/** A step, and the input of the next one. Without `next` the walk ends. */
export type Taken<T> = { readonly step: Step; readonly next?: T | undefined };

/** What is pulled. Without a credential the pull is anonymous. */
export interface Pulled {
  readonly image: Image;
  readonly credential: Credential | undefined;
  /** The final puller in words, where it is another than the owner of the token. */
  readonly puller?: string;
}

interface About extends Pick<Step, 'name' | 'action'> {
  /** The host that was asked: the registry, or the target of a redirect, which receives no credential. */
  readonly host: string;
  readonly isStore?: boolean;
  readonly cache?: Cache;
  /** The reference of the list that names the manifest. */
  readonly list?: string;
}

/** Judges one answer and says what it means. `read` takes from a good one what the next step needs. */
export function judged<T>(wish: Pulled, asked: About, answer: Answer | Failure, read: (answer: Answer) => T | undefined): Taken<T> {
  const { name, action, host, cache, list, isStore } = asked;
  const at = isStore ? 'store' : 'registry';
  const about = { name, action, ...(isStore && { at: 'store' as const }) };
  if (answer instanceof Failure) {
    // A signed address is long, and of no use to people.
    const said = answer.message.replaceAll(/\?\S+=\S*/g, '?...');
    const own: Own = { host, at, said, isSilent: true, remedy: answer.remedy };
    return { step: { ...about, verdict: 'unreachable', text: said, ...meaningOf(wish, asked, { status: 0, text: '' }, own) } };
  }
  const { status, text } = answer;
  const verdict = verdictOf(answer, name);
  if (verdict === 'ok') return { step: { ...about, verdict, status }, next: read(answer) };
  const said = `${host} ${answeredWith(answer)}`;
  const own: Own = {
    host,
    at,
    said,
    words: wordsOf(text),
    ...(list !== undefined && { list }),
    isSilent: false,
    isRefused: verdict === 'refused',
    ...loginOf(wish, asked),
  };
  const told = meaningOf(wish, asked, answer, own);
  const underCache = cache === 'none' ? undefined : cacheRights[told.diagnosis?.id ?? ''];
  const denied = isStore ? undefined : readDenial(text)?.action;
  return { step: { ...about, verdict, status, text: said, action: denied ?? action, ...(underCache && { underCache }), ...told } };
}

/** What is known of the login. The walk goes beyond /v2/ only if that has accepted the token. */
function loginOf({ credential }: Pulled, { name, isStore }: About): Pick<Own, 'login'> {
  if (isStore) return {};
  if (credential === undefined) return { login: 'none' };
  return name === 'registry' ? {} : { login: 'taken' };
}

/** The rights that a pull through a cache uses in the name of the puller, by situation. */
const cacheRights: Readonly<Record<string, readonly string[]>> = {
  'image-missing': rights.import.actions,
  'repository-missing': [...rights.import.actions, ...rights.create.actions],
};

function meaningOf(
  { image, credential, puller }: Pulled,
  { action, host, cache }: About,
  { status, text }: Pick<Answer, 'status' | 'text'>,
  own: Own,
): Pick<Step, 'diagnosis'> {
  const { registry, repository, reference } = image;
  const { arn: principal, whose } = credential?.identity ?? {};
  const asked = {
    registry,
    repository,
    reference,
    ...(principal !== undefined && { principal }),
    ...(whose !== undefined && { whose }),
    ...(cache && { cache }),
    ...(puller && { puller }),
  };
  const diagnosis = diagnose({ status, text: redactQuoted(text), action, host, own }, asked);
  return diagnosis ? { diagnosis } : {};
}

function verdictOf({ status, text, location }: Answer, name: Step['name']): Exclude<Verdict, 'skipped'> {
  if (isHtml({ headers: new Map(), text })) return 'unreachable';
  if (status === 200 || status === 206) return 'ok';
  const isBlob = name === 'config' || name === 'layer';
  if (isBlob && location && status >= 301 && status <= 308) return 'ok';
  if (status === 401 || status === 403) return 'refused';
  // Every registry has /v2/, so a 404 there does not mean a missing image.
  return status === 404 && name !== 'registry' ? 'missing' : 'unreachable';
}
