import type { Deps } from '../../src/contract/adapter.ts';
import type { Choice } from './choice.ts';
import type { Code } from './findings.ts';

/** The options of a target, as all parts need them. */
export interface Settings extends Choice {
  /** The name of the target, which is noted on the Secrets that it makes. */
  readonly target: string;
  /** Name of the Secret in each namespace. */
  readonly secret: string;
  /** A label selector, which the server applies. */
  readonly namespaceSelector: string | undefined;
  readonly onlyWithImages: boolean;
  /** Names or patterns of ServiceAccounts; none: they are left alone. */
  readonly serviceAccounts: readonly string[];
  readonly replace: boolean;
  /** Whether Secrets that are absent are made, and ServiceAccounts named there (`create`). */
  readonly mayCreate: boolean;
  /** Whether tenants are told by Events. */
  readonly events: boolean;
  /** Whether pods that can never pull are deleted, so that their controllers make others. */
  readonly restartStuckPods: boolean;
  readonly fieldManager: string;
}

export type Means = Pick<Deps<Code>, 'registry' | 'hasSource' | 'finding' | 'wanted' | 'clock'>;

interface Place {
  readonly namespace?: string;
  readonly name?: string;
  readonly labels?: string;
  readonly phase?: string;
}

/**
 * The path of a list of objects. namespace: limits it to one namespace. name: limits it to one name, to which the right
 * may be limited, too. phase: limits it to pods in that phase.
 */
export function pathOf(kind: string, { namespace, name, labels, phase }: Place = {}): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const query = [
    ...(name === undefined ? [] : [`fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`]),
    ...(phase === undefined ? [] : [`fieldSelector=${encodeURIComponent(`status.phase=${phase}`)}`]),
    ...(labels === undefined ? [] : [`labelSelector=${encodeURIComponent(labels)}`]),
  ];
  return `/api/v1${within}/${kind}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
