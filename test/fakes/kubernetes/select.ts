import { labelTerms } from '../labels.ts';
import type { Kind } from './kinds.ts';
import { type KubeObject, treeOf } from './objects.ts';
import { badRequest } from './refusal.ts';

export type Matches = (object: KubeObject) => boolean;

/** Both selectors of a list or a watch; undefined without any. */
export function selectorOf(kind: Kind, query: URLSearchParams): Matches | undefined {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  if (labels === '' && fields === '') return undefined;
  const checks = [...labelTerms(labels, term => badRequest(`unable to parse requirement: ${term}`)), ...fieldTerms(kind, fields)];
  return object => checks.every(check => check(object));
}

const everyKind: Readonly<Record<string, (object: KubeObject) => unknown>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
};
const ofKind: Readonly<Record<string, Readonly<Record<string, (object: KubeObject) => unknown>>>> = {
  secrets: { type: object => object['type'] },
  namespaces: { 'status.phase': object => treeOf(object['status'])['phase'] },
  pods: {
    'status.phase': object => treeOf(object['status'])['phase'],
    'spec.nodeName': object => treeOf(object['spec'])['nodeName'] ?? '',
    'spec.serviceAccountName': object => treeOf(object['spec'])['serviceAccountName'],
  },
};

/** `field=value,field!=value` over the fields that a kind can be selected by. */
function fieldTerms({ resource, group, version }: Kind, selector: string): Matches[] {
  const known = { ...everyKind, ...ofKind[resource] };
  return selector
    .split(',')
    .filter(Boolean)
    .map(term => {
      const [, field = '', sign, wanted] = /^(.*?)(!=|==?)(.*)$/.exec(term) ?? [];
      const read = Object.hasOwn(known, field) ? known[field] : undefined;
      if (sign === undefined) return badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
      if (!read)
        return badRequest(
          `Unable to find "${group}/${version}, Resource=${resource}" that match label selector "", field selector "${selector}": field label not supported: ${field}`,
        );
      return object => (read(object) === wanted) === (sign !== '!=');
    });
}
