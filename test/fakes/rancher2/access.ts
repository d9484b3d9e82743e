import type { Reply, Seen } from '../server.ts';
import type { Rancher2State, Rule, Token, User } from './state.ts';

/**
 * `resource` of the core group unless it says GROUP/RESOURCE. Without `name`: all of them; without `namespace`: in all
 * of them.
 */
export interface Deed {
  readonly verb: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export function may(user: User, { verb, resource, namespace, name }: Deed): boolean {
  const [plain = '', group = ''] = resource.split('/').toReversed();
  const has = (list: readonly string[] | undefined, value: string): boolean => !list || list.includes('*') || list.includes(value);
  return user.rules.some(
    (rule: Rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups ?? [''], group) &&
      has(rule.resources ?? [], plain) &&
      (rule.namespace === undefined || rule.namespace === namespace) &&
      (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

/** The namespaces in which the user may do something; undefined: in all. */
export function namespacesOf(user: User, verb: string, resource: string): ReadonlySet<string> | undefined {
  if (may(user, { verb, resource })) return undefined;
  return new Set(user.rules.flatMap(({ namespace }) => (namespace && may(user, { verb, resource, namespace }) ? [namespace] : [])));
}

const everything: User = { name: 'admin', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };

/** Read in the source, not run: the status is a text here, and nothing tells one reason from another. */
const refused: Reply = { status: 401, json: { type: 'error', status: '401', message: 'Unauthorized 401: must authenticate' } };

/** Who asks. Without a login everybody is the user admin, or whom the header Impersonate-User names. */
export function callerOf(state: Rancher2State, login: boolean, request: Seen, now: number): { user: User; token?: Token } | Reply {
  if (!login) {
    const name = request.headers['impersonate-user'];
    return { user: state.users.find(user => user.name === (name ?? 'admin')) ?? (name ? { name: String(name), rules: [] } : everything) };
  }
  const token = tokenOf(state, request.headers.authorization ?? '');
  const ended = token?.expired || (token?.expiresAt && Date.parse(token.expiresAt) <= now);
  const user = state.users.find(({ name }) => name === token?.user);
  if (!token || !user || token.enabled === false || ended) return refused;
  if (token.cluster && clusterOf(request.path) !== token.cluster) return refused;
  return { user, token };
}

function tokenOf({ tokens }: Rancher2State, authorization: string): Token | undefined {
  const [scheme = '', value = ''] = authorization.split(/\s+/, 2);
  const given = /^basic$/i.test(scheme) ? Buffer.from(value, 'base64url').toString() : /^bearer$/i.test(scheme) ? value : '';
  return tokens.find(({ name, secret }) => given === `${name}:${secret}` || given === `ext/${name}:${secret}`);
}

/** The cluster that a path names, as Rancher looks for it. */
const clusterOf = (path: string): string | undefined => /^\/(?:k8s\/(?:clusters|proxy)|v3\/clusters?)\/([^/?]+)/.exec(path)?.[1];
