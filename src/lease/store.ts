import type { Api } from '../../adapters/kubernetes/api.ts';
import { mapOf } from '../../adapters/kubernetes/objects.ts';
import { type Right, ruleOf } from '../../adapters/kubernetes/rules.ts';
import { Failure } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import type { LeaseObject } from './record.ts';

/** The storage of one Lease. Its methods throw Failures. */
export interface LeaseStore {
  /** The name of the Lease: `Lease ecr-courier/ecr-courier`. */
  readonly what: string;
  /** Resolves to undefined when the Lease does not exist. */
  read(signal: AbortSignal): Promise<LeaseObject | undefined>;
  /** Creates a Lease without a holder. An existing Lease stays as it is. */
  make(signal: AbortSignal): Promise<LeaseObject>;
  /** Replaces the version that was read. Resolves to undefined when there is a newer version, or none. */
  replace(lease: LeaseObject, signal: AbortSignal): Promise<LeaseObject | undefined>;
}

interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

const apiVersion = 'coordination.k8s.io/v1';

/** The permissions that are needed in the namespace of the Lease. */
export const leaseRight = (name: string): Right => ({
  group: 'coordination.k8s.io',
  verbs: ['get', 'create', 'update', 'patch'],
  resource: 'leases',
  names: [name],
});

/** A store for a Lease in Kubernetes. */
export function leaseIn(api: Pick<Api, 'ask' | 'refusal'>, { namespace, name }: LeaseName): LeaseStore {
  const what = `Lease ${namespace}/${name}`;
  const path = `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
  const right = leaseRight(name);

  function refused(answer: Answer): Failure {
    const failure = api.refusal(answer, { what, right, namespace });
    if (failure.code !== 'FORBIDDEN') return failure;
    const remedy = `Add this rule to a Role of the courier in the namespace ${namespace}: ${ruleOf(right)}. It is tried again by itself.`;
    return new Failure(failure.code, failure.message, { ...failure.facts, remedy });
  }

  return {
    what,
    async read(signal) {
      const answer = await api.ask('GET', path, { signal });
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(answer);
      return mapOf(answer.json<unknown>());
    },
    async make(signal) {
      // Not POST, which an RBAC rule cannot restrict to a name. A concurrent creation changes nothing.
      const body = { apiVersion, kind: 'Lease', metadata: { name, namespace } };
      const answer = await api.ask('PATCH', `${path}?fieldManager=ecr-courier`, { signal, type: 'application/apply-patch+yaml', body });
      if (answer.status !== 200 && answer.status !== 201) throw refused(answer);
      return mapOf(answer.json<unknown>());
    },
    async replace(lease, signal) {
      const answer = await api.ask('PUT', `${path}?fieldManager=ecr-courier`, { signal, body: lease });
      if (answer.status === 409 || answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(answer);
      return mapOf(answer.json<unknown>());
    },
  };
}
