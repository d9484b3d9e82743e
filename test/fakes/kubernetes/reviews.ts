import { goJsonFlaw } from '../go-json.ts';
import type { Seen } from '../server.ts';
import { mayVisit, type Rule, ruleFor, type User } from './access.ts';
import { textOf, treeOf } from './objects.ts';
import { badRequest, invalid } from './refusal.ts';

/** The review resources. They answer a POST with the user's rights or identity and store nothing. */
export const reviews: Readonly<Record<string, (user: User, request: Seen) => object>> = {
  'authorization.k8s.io/selfsubjectaccessreviews': accessReview,
  'authorization.k8s.io/selfsubjectrulesreviews': rulesReview,
  'authentication.k8s.io/selfsubjectreviews': ({ name, groups }) => ({
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    status: { userInfo: { username: name, groups } },
  }),
};

function specIn({ body }: Seen): Readonly<Record<string, unknown>> {
  const text = body.toString();
  const flaw = goJsonFlaw(text);
  return flaw === undefined ? treeOf(treeOf(JSON.parse(text))['spec']) : badRequest(`couldn't get version/kind; json parse error: ${flaw}`);
}

function accessReview(user: User, request: Seen): object {
  const spec = specIn(request);
  if ((spec['resourceAttributes'] === undefined) === (spec['nonResourceAttributes'] === undefined)) refuseReview();
  const rule = spec['nonResourceAttributes']
    ? visit(user, treeOf(spec['nonResourceAttributes']))
    : deedRule(user, treeOf(spec['resourceAttributes']));
  const status = { allowed: rule !== undefined, ...(rule?.grantedBy !== undefined && { reason: reasonOf(rule, user) }) };
  return { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}

function refuseReview(): never {
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  const cause = { reason: 'FieldValueInvalid', message: `Invalid value: null: ${why}`, field: 'spec.resourceAttributes' };
  return invalid({ group: 'authorization.k8s.io', kind: '', name: '' }, [cause]);
}

/**
 * Returns the rule that allows the action. A field selector does not count as a name: the review denies a right that is
 * limited to names (recorded).
 */
function deedRule(user: User, attributes: Readonly<Record<string, unknown>>): Rule | undefined {
  const text = (member: string): string => textOf(attributes[member]);
  const resource = text('subresource') ? `${text('resource')}/${text('subresource')}` : text('resource');
  const place = { namespace: text('namespace') || undefined, name: text('name') || undefined };
  return ruleFor(user, { verb: text('verb'), group: text('group'), resource, ...place });
}

function visit(user: User, { path, verb }: Readonly<Record<string, unknown>>): Rule | undefined {
  return mayVisit(user, textOf(verb), textOf(path)) ? { verbs: [textOf(verb)] } : undefined;
}

function reasonOf({ namespace, grantedBy }: Rule, { name }: User): string {
  const { clusterRole, clusterRoleBinding } = treeOf(grantedBy);
  const [, account] = /^system:serviceaccount:(.*)$/.exec(name) ?? [];
  const whom = account === undefined ? `User "${name}"` : `ServiceAccount "${account.replace(':', '/')}"`;
  const bound = textOf(clusterRoleBinding);
  const binding = namespace === undefined ? `ClusterRoleBinding "${bound}"` : `RoleBinding "${bound}/${namespace}"`;
  return `RBAC: allowed by ${binding} of ClusterRole "${textOf(clusterRole)}" to ${whom}`;
}

function rulesReview(user: User, request: Seen): object {
  const spec = specIn(request);
  const here = user.rules.filter(({ namespace }) => namespace === undefined || namespace === spec['namespace']);
  const told = here.map(({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }) => ({
    verbs,
    apiGroups,
    resources,
    resourceNames,
    nonResourceURLs,
  }));
  const status = {
    resourceRules: told.filter(({ resources }) => resources),
    nonResourceRules: told.filter(({ nonResourceURLs }) => nonResourceURLs),
    incomplete: false,
  };
  return { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}
