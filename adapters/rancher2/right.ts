import type { Deps } from '../../src/contract/adapter.ts';
import type { Receipt, Rehearsal } from '../../src/contract/target.ts';
import { forbidden, management, refusal, type Where } from './api.ts';
import type { Code } from './findings.ts';
import type { Task } from './task.ts';

/** What Norman would do to a Secret of the management cluster, as the user of the token. */
interface Deed {
  readonly verb: 'create' | 'update';
  readonly namespace: string;
  readonly name?: string;
}

const reviews = `/k8s/clusters/${management}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`;
const apiVersion = 'authorization.k8s.io/v1';

/**
 * Rehearses a write of Norman, which has no dry run. Norman writes as the user of the token, so Kubernetes is asked
 * whether that user may: a review changes nothing, and every user who has logged in may ask for one. Throws FORBIDDEN
 * where the user may not.
 */
export async function reviewed(
  { api, signal }: Pick<Task, 'api' | 'signal'>,
  where: Where,
  deed: Deed,
  change: Receipt['change'],
  { finding }: Pick<Deps<Code>, 'finding'>,
): Promise<Rehearsal> {
  const spec = { resourceAttributes: { ...deed, version: 'v1', resource: 'secrets' } };
  const answer = await api.http('POST', reviews, { signal, reads: true, body: { apiVersion, kind: 'SelfSubjectAccessReview', spec } });
  if (answer.status === 401) throw refusal(api, answer, where);
  const allowed = answer.status === 201 ? answer.json<{ status?: { allowed?: unknown } | null } | null>()?.status?.allowed : undefined;
  if (allowed === true) return { change };
  if (allowed === false) throw forbidden('Kubernetes says that the user of the token may not do this.', where);
  const said = `It is not known whether the user of the token may ${where.right}: the question was answered with ${answer.status}.`;
  return { change: 'untried', findings: [finding('RIGHT_UNKNOWN', said)] };
}
