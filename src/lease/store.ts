import type { Api } from '../../adapters/kubernetes/api.ts';
import { mapOf } from '../../adapters/kubernetes/objects.ts';
import { type Right, ruleOf } from '../../adapters/kubernetes/rules.ts';
import { Failure } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import type { LeaseObject } from './record.ts';

/** Where one Lease is kept. What it throws is a Failure. */
export interface LeaseStore {
  /** For people: `Lease ecr-courier/ecr-courier`. */
  readonly what: string;
  /** undefined: there is none. */
  read(signal: AbortSignal): Promise<LeaseObject | undefined>;
  /** One that nobody holds. One that is there stays as it is. */
  make(signal: AbortSignal): Promise<LeaseObject>;
  /** In the place of the version that it was read as. undefined: there is another version by now, or none. */
  replace(lease: LeaseObject, signal: AbortSignal): Promise<LeaseObject | undefined>;
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

const apiVersion = 'coordination.k8s.io/v1';

/** All that is needed, in the namespace of the Lease. */
export const leaseRight = (name: string): Right => ({
  group: 'coordination.k8s.io',
  verbs: ['get', 'create', 'update', 'patch'],
  resource: 'leases',
  names: [name],
});

/** A Lease in Kubernetes. */
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
      // Not by POST: a rule cannot limit that to a name. Two who make it at the same moment change nothing.
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
