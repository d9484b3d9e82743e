/** An object of the API, as stored and sent. It is immutable: each write makes a new one. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly [member: string]: unknown;
}

export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
  readonly [member: string]: unknown;
}

/** The fields that one manager owns. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** Missing if an apply of a new manager has changed nothing but owners (recorded on 1.36.3). */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Tree;
}

export type Tree = { readonly [member: string]: unknown };

/** An unvalidated body. It is known to be a map. */
export type Draft = Tree & { readonly metadata?: Tree };

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
export const treeOf = (value: unknown): Tree => (isTree(value) ? value : {});

/** Converts a value to text: a string stays as it is, undefined and null become empty, other values become JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** Returns a copy without null members and empty maps (Go's omitempty). */
export function withoutEmpty<T extends Tree>(tree: T): T {
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([, value]) => value !== undefined && value !== null && !(isTree(value) && Object.keys(value).length === 0),
    ),
  ) as T;
}

/** Formats a time like metav1.Time, in whole seconds. */
export const secondsText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
