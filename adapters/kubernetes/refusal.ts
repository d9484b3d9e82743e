import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { quote } from '../../src/contract/text.ts';
import { refusedInFront } from '../common/front.ts';
import { listOf, mapOf, textOf } from './objects.ts';
import { conflictIn } from './owner.ts';
import { againSoon } from './papers.ts';
import { type Lack, type Right, ruleOf } from './rules.ts';

/** A request as messages describe it. what: for example `Secret team-a/ecr-courier`. right: the one that it needs. */
export interface Asked {
  readonly what: string;
  readonly right: Right;
  /** The namespace in which the right is needed. */
  readonly namespace?: string;
}

/** The Status object of an error response. Empty: the response is not from Kubernetes. */
function statusOf({ text }: Pick<Answer, 'text'>): Readonly<Record<string, unknown>> {
  try {
    const said = mapOf(JSON.parse(text));
    return said['kind'] === 'Status' ? said : {};
  } catch {
    return {};
  }
}

/**
 * Whether a write was refused because its namespace is being deleted or gone. Nothing needs to be written there then.
 */
export function isWithoutNamespace(answer: Pick<Answer, 'status' | 'text'>): boolean {
  // Most responses have another status and need not be parsed.
  if (answer.status !== 404 && answer.status !== 403) return false;
  const status = statusOf(answer);
  const details = mapOf(status['details']);
  if (answer.status === 404) return details['kind'] === 'namespaces';
  return listOf(details['causes']).some(cause => mapOf(cause)['reason'] === 'NamespaceTerminating');
}

/**
 * The Failure for an unexpected response. Missing rights, quotas and policies share statuses: message and causes tell
 * them apart (recorded on 1.36.3).
 */
export function refusal(http: Http, answer: Answer, asked: Asked): Failure {
  const status = statusOf(answer);
  const said = textOf(status['message']);
  const { what } = asked;
  const usual = http.failure(said === '' ? answer : { ...answer, text: said });
  if (status['kind'] === undefined) {
    const inFront = (usual.code === 'AUTH' || usual.code === 'FORBIDDEN') && answer.text !== '';
    return inFront ? refusedInFront(usual.code, 'Kubernetes', usual.message, usual.facts) : usual;
  }
  if (isWithoutNamespace(answer)) return new Failure('NOT_FOUND', `The namespace of ${what} is being deleted, or gone.`);
  const conflict = answer.status === 409 ? conflictIn(status) : undefined;
  if (conflict) return taken(what, conflict.managers);
  // A webhook chooses the status, and 400 is its default.
  const byRule = [400, 403, 422].includes(answer.status) || said.startsWith('admission webhook ');
  const refused = byRule ? refusedByRule(said, asked) : undefined;
  if (refused) return refused;
  if (answer.status === 401) return againSoon(new Failure('AUTH', usual.message, { ...usual.facts, remedy: renewToken }));
  if (answer.status === 422 && listOf(mapOf(status['details']).causes).some(cause => mapOf(cause)['reason'] === 'FieldValueTooLong'))
    return new Failure('TOO_LARGE', `${what} would be larger than Kubernetes takes: ${quote(said)}`, {
      remedy: 'Take entries of others out of it, or give the target fewer registries.',
    });
  return usual;
}

const renewToken =
  'The cluster does not accept the token. Inside the cluster the kubelet renews it by itself; from outside give the file of the token, or the kubeconfig, a new one. Both are read again by themselves.';

export const taken = (what: string, managers: readonly string[]): Failure =>
  new Failure('CONFLICT', `${what} is not the courier's: ${ownersSaid(managers)}.`, { remedy: handOver });

export const keptBy = (what: string, target: string): Failure =>
  new Failure('CONFLICT', `${what} is kept fresh by another target: ${quote(target, 100)}.`, {
    remedy: 'Give one of the two targets another name with `secret`, or other namespaces.',
  });

/** The writers of a Secret in a message: `kubectl-edit wrote it`. */
const ownersSaid = (managers: readonly string[]): string =>
  managers.length === 0 ? 'somebody else wrote it' : `${managers.map(manager => quote(manager, 60)).join(' and ')} wrote it`;

const handOver =
  'Choose another name with `secret`, or delete that Secret, or hand it over: kubectl label secret -n NAMESPACE NAME app.kubernetes.io/managed-by=ecr-courier --overwrite';

export const unchangeable = 'Delete it, choose another name with `secret`, or set `replace: true`.';

/**
 * How soon a write that a quota or a policy refused is tried again, in milliseconds: with the quarter that the engine
 * adds, within five minutes. The cluster does not say when either has changed.
 */
const ruleMs = 240_000;
const triedAgain =
  'It is tried again within five minutes, or within 40 where hundreds of writes are refused; `ecr-courier refresh` tries at once.';

const exempt: Readonly<Record<string, string>> = {
  secrets: 'Exempt the ServiceAccount of the courier, or the Secret by its name, in that policy.',
  pods: 'Exempt the ServiceAccount of the courier in that policy, or delete the pod yourself: its controller makes another one.',
};

function refusedByRule(said: string, { what, right, namespace }: Asked): Failure | undefined {
  const told = quote(said, 600);
  if (/exceeded quota|failed quota/.test(said))
    return new Failure('REJECTED', `A ResourceQuota does not let ${what} be: ${told}`, {
      remedy: `Raise the quota for Secrets in that namespace, or leave the namespace out. ${triedAgain}`,
      tryAgainMs: ruleMs,
    });
  if (/ValidatingAdmissionPolicy|admission webhook|denied the request|denied request|is forbidden: violates/.test(said))
    return new Failure('REJECTED', `An admission policy refuses ${what}: ${told}`, {
      remedy: `${exempt[right.resource] ?? 'Exempt the ServiceAccount of the courier in that policy.'} ${triedAgain}`,
      tryAgainMs: ruleMs,
    });
  if (/field is immutable/.test(said))
    return new Failure('REJECTED', `${what} can no longer be changed by anybody: ${told}`, { remedy: unchangeable });
  if (/cannot \w+ resource/.test(said)) return missing(told, right, namespace);
  if (!/is forbidden/.test(said)) return undefined;
  return new Failure('REJECTED', `Something in the cluster refuses ${what}: ${told}`, { tryAgainMs: ruleMs });
}

const missing = (told: string, right: Right, namespace: string | undefined): Failure =>
  new Failure('FORBIDDEN', told, { remedy: remedyFor([{ namespace, right }]) });

const mostPlaces = 10;
const thenSeen = 'The courier notices it within two minutes; `ecr-courier refresh` looks at once.';

/** Which rules to add, and where. */
export function remedyFor(lacks: readonly Lack[]): string {
  const places = [...Map.groupBy(lacks, ({ namespace }) => namespace)];
  const more = places.length > mostPlaces ? [`The same is missing in ${places.length - mostPlaces} other namespaces.`] : [];
  const added = places.slice(0, mostPlaces).map(([namespace, those]) => {
    const rules = those.map(({ right }) => ruleOf(right));
    const where = namespace === undefined ? 'the ClusterRole' : `a Role in the namespace ${namespace}, or to the ClusterRole,`;
    return `Add ${rules.length === 1 ? 'this rule' : 'these rules'} to ${where} of the courier: ${rules.join(' and ')}.`;
  });
  return [...added, ...more, thenSeen].join(' ');
}

/** The Failure for rights that a review reports as missing, as if the request had been refused. */
export const lacking = (what: string, lacks: readonly Lack[]): Failure =>
  new Failure('FORBIDDEN', `The courier may not ${lacks.flatMap(({ right }) => right.verbs).join(', ')} ${what}.`, {
    remedy: remedyFor(lacks),
  });
