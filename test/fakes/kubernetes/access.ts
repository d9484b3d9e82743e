import { forbidden, refuse } from './refusal.ts';

/** An RBAC rule. Without `namespace` it comes from a ClusterRole and applies to all namespaces. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly namespace?: string;
  /** Its role and binding, which a review gives as the reason. */
  readonly grantedBy?: unknown;
}

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  rules: readonly Rule[];
}

/** An action to authorize. Without `name` it covers all objects, without `namespace` all namespaces. */
export interface Deed {
  readonly verb: string;
  readonly group: string;
  /** Includes the subresource: namespaces/finalize. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

const has = (list: readonly string[] | undefined, value: string): boolean => list?.some(item => item === '*' || item === value) ?? false;

function covers(resources: readonly string[] | undefined, resource: string): boolean {
  const [, part] = resource.split('/');
  return has(resources, resource) || (part !== undefined && (resources?.includes(`*/${part}`) ?? false));
}

/** Returns the rule that allows the action. */
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

/** Throws 403 if the user may not request a non-resource path. */
export function demandPath(user: User, verb: string, path: string): void {
  if (mayVisit(user, verb, path)) return;
  const message = `forbidden: User "${user.name}" cannot ${verb} path "${path}"`;
  refuse({ code: 403, message, reason: 'Forbidden', details: {} });
}

/** The default rules of Kubernetes for users with and without a token. Written from general knowledge. */
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
