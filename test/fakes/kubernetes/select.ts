import { labelTerms } from '../labels.ts';
import type { Kind } from './kinds.ts';
import { type KubeObject, treeOf } from './objects.ts';
import { badRequest } from './refusal.ts';

export type Matches = (object: KubeObject) => boolean;

/** Returns the combined label and field selector of a list or a watch, or undefined without any. */
export function selectorOf(kind: Kind, query: URLSearchParams): Matches | undefined {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  if (labels === '' && fields === '') return undefined;
  const checks = [...labelTerms(labels, badRequest), ...fieldTerms(kind, fields)];
  return object => checks.every(check => check(object));
}

type Read = (object: KubeObject) => unknown;

const everyKind: Readonly<Record<string, Read>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
};
const involved = (member: string): Readonly<Record<string, Read>> => ({
  [`involvedObject.${member}`]: object => treeOf(object['involvedObject'])[member],
});
/**
 * Additional selectable fields by resource. Other kinds support only name and namespace and have another error message.
 */
const ofKind: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  secrets: { type: object => object['type'] },
  namespaces: { 'status.phase': object => treeOf(object['status'])['phase'] },
  events: {
    ...involved('kind'),
    ...involved('name'),
    ...involved('namespace'),
    reason: object => object['reason'],
    type: object => object['type'],
  },
  pods: {
    'status.phase': object => treeOf(object['status'])['phase'],
    'spec.nodeName': object => treeOf(object['spec'])['nodeName'] ?? '',
    'spec.serviceAccountName': object => treeOf(object['spec'])['serviceAccountName'],
  },
};

/** Parses `field=value,field!=value` for the selectable fields of a kind. */
function fieldTerms({ resource }: Kind, selector: string): Matches[] {
  const own = ofKind[resource];
  const known = { ...everyKind, ...own };
  return selector
    .split(',')
    .filter(Boolean)
    .map(term => {
      const [, field = '', sign, wanted] = /^(.*?)(!=|==?)(.*)$/.exec(term) ?? [];
      const read = Object.hasOwn(known, field) ? known[field] : undefined;
      if (sign === undefined) return badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
      if (read) return object => (read(object) === wanted) === (sign !== '!=');
      const plain = `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
      return badRequest(own ? `field label not supported: ${field}` : plain);
    });
}
