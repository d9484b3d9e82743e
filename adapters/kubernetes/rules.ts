/**
 * A right, as a rule of RBAC grants it. group: of the API; the core unless said. names: of the objects that it is
 * limited to; none: all.
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

/** The rule as YAML that can be pasted, in one line: findings and messages have one. */
export function ruleOf({ group = '', verbs, resource, names }: Right): string {
  const named = names ? `, resourceNames: ${list(names)}` : '';
  return `- {apiGroups: ["${group}"], resources: [${JSON.stringify(resource)}]${named}, verbs: ${list(verbs)}}`;
}
