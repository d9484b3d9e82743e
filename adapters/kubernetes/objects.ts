import { listOf, mapOf, textOf } from '../common/shapes.ts';

export { jsonMapIn, listOf, mapOf, textOf } from '../common/shapes.ts';

/** What is read of any object of Kubernetes. */
export interface Meta {
  readonly name: string;
  /** Empty for what is in none. */
  readonly namespace: string;
  readonly uid: string;
  readonly version: string;
  /** As they came, like the other two lists: there are thousands of objects, and little is read of each. */
  readonly labels: Members;
  readonly annotations: Members;
  /** It is being deleted. */
  readonly isEnding: boolean;
  readonly managedFields: unknown;
}
type Members = Readonly<Record<string, unknown>>;

/** Which fields somebody owns: fieldsV1 of Kubernetes, `{"f:data":{"f:.dockerconfigjson":{}}}`. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  /** When it changed one of them last; undefined: it is not said. */
  readonly at: Date | undefined;
  readonly fields: unknown;
}

export const ownersIn = ({ managedFields }: Pick<Meta, 'managedFields'>): ManagedFields[] =>
  listOf(managedFields).map(one => {
    const { manager, operation, time, fieldsV1 } = mapOf(one);
    const at = new Date(textOf(time));
    return { manager: textOf(manager), operation: textOf(operation), at: Number.isNaN(at.getTime()) ? undefined : at, fields: fieldsV1 };
  });

/** The metadata of an object; undefined for what is none. */
export function metaOf(object: unknown): Meta | undefined {
  const { name, namespace, uid, resourceVersion, labels, annotations, deletionTimestamp, managedFields } = mapOf(mapOf(object).metadata);
  if (typeof name !== 'string' || name === '') return undefined;
  return {
    name,
    namespace: textOf(namespace),
    uid: textOf(uid),
    version: textOf(resourceVersion),
    labels: mapOf(labels),
    annotations: mapOf(annotations),
    isEnding: typeof deletionTimestamp === 'string',
    managedFields,
  };
}

/** Whether fieldsV1 has these members, one within the other. */
export function owns({ fields }: Pick<ManagedFields, 'fields'>, ...path: readonly string[]): boolean {
  let at: unknown = fields;
  for (const name of path) {
    const within = mapOf(at);
    if (!Object.hasOwn(within, `f:${name}`)) return false;
    at = within[`f:${name}`];
  }
  return true;
}
