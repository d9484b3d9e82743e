/** What is read of any object of Kubernetes. */
export interface Meta {
  readonly name: string;
  /** Empty for what is in none. */
  readonly namespace: string;
  readonly uid: string;
  readonly version: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  /** It is being deleted. */
  readonly isEnding: boolean;
  readonly managedFields: readonly ManagedFields[];
}
type Texts = Readonly<Record<string, string>>;

/** Which fields somebody owns: fieldsV1 of Kubernetes, `{"f:data":{"f:.dockerconfigjson":{}}}`. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly fields: unknown;
}

/** The metadata of an object; undefined for what is none. */
export function metaOf(object: unknown): Meta | undefined {
  const { name, namespace, uid, resourceVersion, labels, annotations, deletionTimestamp, managedFields } = mapOf(mapOf(object).metadata);
  if (typeof name !== 'string' || name === '') return undefined;
  return {
    name,
    namespace: textOf(namespace),
    uid: textOf(uid),
    version: textOf(resourceVersion),
    labels: textsOf(labels),
    annotations: textsOf(annotations),
    isEnding: typeof deletionTimestamp === 'string',
    managedFields: listOf(managedFields).map(one => {
      const { manager, operation, fieldsV1 } = mapOf(one);
      return { manager: textOf(manager), operation: textOf(operation), fields: fieldsV1 };
    }),
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

export const mapOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function textsOf(value: unknown): Texts {
  const entries = Object.entries(mapOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries);
}
