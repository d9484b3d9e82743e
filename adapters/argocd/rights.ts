import type { Right } from '../kubernetes/rules.ts';

/**
 * The rights that a target needs in the namespace of Argo CD. names: the Secrets that it is limited to. own: those that
 * it is to make, all of which are among the names if there are any.
 */
export const neededRights = (names: readonly string[] | undefined, own: readonly string[]): Right[] => [
  { verbs: ['list', 'patch'], resource: 'secrets', ...(names && { names }) },
  ...(own.length > 0 ? [{ verbs: ['create'], resource: 'secrets', names: own }] : []),
];
