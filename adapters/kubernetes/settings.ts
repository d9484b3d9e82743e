import type { Deps } from '../../src/contract/adapter.ts';
import type { Choice } from './choice.ts';
import type { Code } from './findings.ts';

/** The options of a target, as all parts need them. */
export interface Settings extends Choice {
  /** Its name: it stands at the Secrets that it makes. */
  readonly target: string;
  /** Name of the Secret in each namespace. */
  readonly secret: string;
  /** Of labels; the server applies it. */
  readonly namespaceSelector: string | undefined;
  readonly onlyWithImages: boolean;
  /** Names or patterns of ServiceAccounts; none: they are left alone. */
  readonly serviceAccounts: readonly string[];
  readonly replace: boolean;
  readonly fieldManager: string;
}

export type Means = Pick<Deps<Code>, 'registry' | 'hasSource' | 'finding' | 'wanted' | 'clock'>;

/**
 * Where objects of a kind are. namespace: in this one alone. name: those of this name, so that the right may be limited
 * to it.
 */
export function pathOf(kind: string, { namespace, name, labels }: { namespace?: string; name?: string; labels?: string } = {}): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const query = [
    ...(name === undefined ? [] : [`fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`]),
    ...(labels === undefined ? [] : [`labelSelector=${encodeURIComponent(labels)}`]),
  ];
  return `/api/v1${within}/${kind}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
