import { listOf, mapOf, textOf } from '../../src/contract/shapes.ts';

export { jsonMapIn, listOf, mapOf, textOf } from '../../src/contract/shapes.ts';

/** The metadata that is read of any Kubernetes object. */
export interface Meta {
  readonly name: string;
  /** Empty for an object without a namespace. */
  readonly namespace: string;
  readonly uid: string;
  readonly version: string;
  /** Unparsed, like `annotations` and `managedFields`: there are thousands of objects, and little is read of each. */
  readonly labels: Members;
  readonly annotations: Members;
  /** Whether the object is being deleted. */
  readonly isEnding: boolean;
  readonly managedFields: unknown;
}
type Members = Readonly<Record<string, unknown>>;

/** The fields that a manager owns: fieldsV1 of Kubernetes, `{"f:data":{"f:.dockerconfigjson":{}}}`. */
interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  /** When the manager last changed one of them. undefined: not given. */
  readonly at: Date | undefined;
  readonly fields: unknown;
}

export const ownersIn = ({ managedFields }: Pick<Meta, 'managedFields'>): ManagedFields[] =>
  listOf(managedFields).map(one => {
    const { manager, operation, time, fieldsV1 } = mapOf(one);
    const at = new Date(textOf(time));
    return { manager: textOf(manager), operation: textOf(operation), at: Number.isNaN(at.getTime()) ? undefined : at, fields: fieldsV1 };
  });

/** The metadata of an object. undefined: the value is not an object with a name. */
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

/** Whether fieldsV1 has these members, each within the one before. */
export function owns({ fields }: Pick<ManagedFields, 'fields'>, ...path: readonly string[]): boolean {
  let at: unknown = fields;
  for (const name of path) {
    const within = mapOf(at);
    if (!Object.hasOwn(within, `f:${name}`)) return false;
    at = within[`f:${name}`];
  }
  return true;
}
