/**
 * A right as an RBAC rule grants it. group: that of the API; default: core. names: the objects that it is limited to;
 * default: all.
 */
export interface Right {
  readonly group?: string;
  readonly verbs: readonly string[];
  readonly resource: string;
  readonly names?: readonly string[];
}

/** A right that is missing, and where it is needed; undefined: in the whole cluster. */
export interface Lack {
  readonly namespace: string | undefined;
  readonly right: Right;
}

const list = (items: readonly string[]): string => `[${items.map(item => JSON.stringify(item)).join(', ')}]`;

/** The rule as YAML to paste, on one line, for findings and messages. */
export function ruleOf({ group = '', verbs, resource, names }: Right): string {
  const named = names ? `, resourceNames: ${list(names)}` : '';
  return `- {apiGroups: ["${group}"], resources: [${JSON.stringify(resource)}]${named}, verbs: ${list(verbs)}}`;
}
