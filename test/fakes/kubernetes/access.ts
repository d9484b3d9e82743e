import { forbidden, refuse } from './refusal.ts';

/** A rule of RBAC. Without `namespace` it comes from a ClusterRole, and holds in all of them. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly namespace?: string;
  /** Its role and binding, for the reason that a review gives. */
  readonly grantedBy?: unknown;
}

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  rules: readonly Rule[];
}

/** What somebody wants to do. Without `name`: to all of them; without `namespace`: everywhere. */
export interface Deed {
  readonly verb: string;
  readonly group: string;
  /** With its part: namespaces/finalize. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

const has = (list: readonly string[] | undefined, value: string): boolean => list?.some(item => item === '*' || item === value) ?? false;

function covers(resources: readonly string[] | undefined, resource: string): boolean {
  const [, part] = resource.split('/');
  return has(resources, resource) || (part !== undefined && (resources?.includes(`*/${part}`) ?? false));
}

/** The rule that allows it. */
export function ruleFor(user: User, { verb, group, resource, namespace, name }: Deed): Rule | undefined {
  return user.rules.find(
    rule =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups, group) &&
      covers(rule.resources, resource) &&
      (rule.namespace === undefined || rule.namespace === namespace) &&
      (rule.resourceNames === undefined || rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

export function demand(user: User, deed: Deed): void {
  if (ruleFor(user, deed)) return;
  const { verb, group, resource, namespace, name } = deed;
  const [kind = ''] = resource.split('/');
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  forbidden({ group, kind, name }, `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`);
}

export function mayVisit(user: User, verb: string, path: string): boolean {
  const fits = (pattern: string): boolean => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern);
  return user.rules.some(({ verbs, nonResourceURLs }) => has(verbs, verb) && (nonResourceURLs?.some(fits) ?? false));
}

/** For a path that is no resource. */
export function demandPath(user: User, verb: string, path: string): void {
  if (mayVisit(user, verb, path)) return;
  const message = `forbidden: User "${user.name}" cannot ${verb} path "${path}"`;
  refuse({ code: 403, message, reason: 'Forbidden', details: {} });
}

/** Rules that the product gives to everybody with a token, and to those without one. Written from general knowledge. */
export const everybody: readonly Rule[] = [
  {
    nonResourceURLs: [
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ],
    verbs: ['get'],
  },
  { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], verbs: ['create'] },
  { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
];

export const anonymous: User = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
  rules: [{ nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] }],
};

export const admin: User = {
  name: 'admin',
  groups: ['system:masters', 'system:authenticated'],
  rules: [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
};
