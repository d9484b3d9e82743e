import type { Seen } from '../server.ts';
import type { KubeObject } from './objects.ts';

/** How an object is shown: whole, or by its metadata alone, if the header `accept` asks for that. */
export interface View {
  readonly title: 'whole' | 'metadata';
  one(object: KubeObject): object;
  /** A list of whole objects, as it is to be shown. */
  all(list: List): object;
}

export interface List {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: object;
  readonly items: readonly object[];
}

const whole: View = { title: 'whole', one: object => object, all: list => list };

const partial = (object: { readonly metadata?: unknown }): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});

const metadataAlone: View = {
  title: 'metadata',
  one: partial,
  all: ({ metadata, items }) => ({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partial) }),
};

export function viewOf({ headers }: Seen): View {
  return /\bas=PartialObjectMetadata(List)?\b/.test(headers.accept?.split(',')[0] ?? '') ? metadataAlone : whole;
}
