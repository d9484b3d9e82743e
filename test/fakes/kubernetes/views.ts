import type { Seen } from '../server.ts';
import type { Kind } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import { refuse } from './refusal.ts';

/** The representation of an object: whole, or its metadata only. */
export interface View {
  readonly title: 'whole' | 'metadata' | 'nothing';
  one(object: KubeObject): object;
  /** Converts a list of whole objects. */
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
  // An empty list has null items here, unlike a list of whole objects (recorded on 1.36.3).
  all: ({ metadata, items }) => ({
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    items: items.length > 0 ? items.map(partial) : null,
  }),
};

/** The server ends a watch that asks for a list representation without sending anything (recorded on 1.36.3). */
const nothing: View = { ...metadataAlone, title: 'nothing' };

/**
 * Chooses the representation from the `accept` header: the first one that the server knows. A list representation does
 * not fit an object, and vice versa (recorded on 1.36.3).
 */
export function viewOf({ headers }: Seen, { kind, verb }: { readonly kind: Kind; readonly verb: string }): View {
  const isList = verb === 'list' || verb === 'deletecollection';
  for (const form of (headers.accept || '*/*').split(',')) {
    const [media = '', ...parameters] = form.trim().split(/\s*;\s*/);
    if (!['application/json', 'application/*', '*/*'].includes(media)) continue;
    const said = Object.fromEntries(parameters.map(parameter => parameter.split('='))) as Partial<Record<string, string>>;
    if (said['as'] === undefined) return whole;
    const isKnown = said['g'] === 'meta.k8s.io' && ['v1', 'v1beta1'].includes(said['v'] ?? '');
    if (!isKnown || !['PartialObjectMetadata', 'PartialObjectMetadataList'].includes(said['as'])) continue;
    if (said['as'].endsWith('List') === isList) return metadataAlone;
    if (verb === 'watch') return nothing;
    const type = `*${kind.group.split('.')[0] || 'core'}.${kind.kind}`;
    const wrong = isList ? `a list (${type}List)` : `not a list (${type})`;
    refuse({ code: 406, message: `you requested ${said['as']}, but the requested object is ${wrong}`, reason: 'NotAcceptable' });
  }
  const streams = verb === 'list' ? ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch' : '';
  const known = `application/json, application/yaml, application/vnd.kubernetes.protobuf${streams}`;
  const message = `406: Not Acceptable\n\nAvailable representations: ${known}`;
  return refuse({ code: 406, message, reason: 'NotAcceptable', details: {} });
}
