import type { Seen } from '../server.ts';
import type { KubeObject } from './objects.ts';
import { refuse } from './refusal.ts';

/** How an object is shown: whole, or by its metadata alone. */
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

/**
 * As the header `accept` asks for: the first form of it that the server knows. One for lists does not fit an object,
 * and the other way round (read in the source).
 */
export function viewOf({ headers }: Seen, answer: 'list' | 'object'): View {
  const forms = (headers.accept ?? '*/*').split(',').map(form => form.trim());
  for (const form of forms) {
    const [media = '', ...parameters] = form.split(/\s*;\s*/);
    if (!['application/json', 'application/*', '*/*'].includes(media)) continue;
    const said = Object.fromEntries(parameters.map(parameter => parameter.split('='))) as Partial<Record<string, string>>;
    if (said['as'] === undefined) return whole;
    const isKnown = said['g'] === 'meta.k8s.io' && ['v1', 'v1beta1'].includes(said['v'] ?? '');
    if (!isKnown || !['PartialObjectMetadata', 'PartialObjectMetadataList'].includes(said['as'])) continue;
    if (said['as'].endsWith('List') !== (answer === 'list'))
      notAcceptable(`you requested ${said['as']}, but the requested object is ${answer === 'list' ? 'a' : 'not a'} list`);
    return metadataAlone;
  }
  return notAcceptable('only the following media types are accepted: application/json');
}

const notAcceptable = (message: string): never => refuse({ code: 406, message, reason: 'NotAcceptable' });
