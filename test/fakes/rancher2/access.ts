import type { Reply, Seen } from '../server.ts';
import type { Rancher2State, Rule, Token, User } from './state.ts';

/**
 * An action to authorize. `resource` is of the core group, or GROUP/RESOURCE. Without `name` it covers all objects,
 * without `namespace` all namespaces.
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

/** Returns the namespaces in which the user has a right, or undefined for all. */
export function namespacesOf(user: User, verb: string, resource: string): ReadonlySet<string> | undefined {
  if (may(user, { verb, resource })) return undefined;
  return new Set(user.rules.flatMap(({ namespace }) => (namespace && may(user, { verb, resource, namespace }) ? [namespace] : [])));
}

const everything: User = { name: 'admin', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };

/** Read in the source, not run: the status is a text here, and all reasons have the same response. */
const refused: Reply = { status: 401, json: { type: 'error', status: '401', message: 'Unauthorized 401: must authenticate' } };

/**
 * Returns the caller, or the refusal. Without login every caller is the user admin, or the one in the header
 * Impersonate-User.
 */
export function callerOf(state: Rancher2State, login: boolean, request: Seen, now: number): { user: User; token?: Token } | Reply {
  if (!login) {
    const name = request.headers['impersonate-user'];
    return { user: state.users.find(user => user.name === (name ?? 'admin')) ?? (name ? { name: String(name), rules: [] } : everything) };
  }
  const token = tokenOf(state, request);
  const ended = token?.expired || (token?.expiresAt && Date.parse(token.expiresAt) <= now);
  const user = state.users.find(({ name }) => name === token?.user);
  if (!token || !user || token.enabled === false || ended) return refused;
  if (token.cluster && clusterOf(request.path) !== token.cluster) return refused;
  return { user, token };
}

/**
 * Returns the token of a request: `NAME:SECRET` as a Bearer, or in base64 for URLs, with padding, as Basic. Without an
 * Authorization header it is that of the cookie (2.15, pkg/auth/tokens/token_util.go).
 */
function tokenOf({ tokens }: Rancher2State, { headers }: Seen): Token | undefined {
  const [, scheme = '', value = ''] = /^(\S+) (.*)$/s.exec(headers.authorization?.trim() ?? '') ?? [];
  const given = headers.authorization?.trim()
    ? ({ bearer: value.trim(), basic: plain(value.trim()) }[scheme.toLowerCase()] ?? '')
    : (/(?:^|;\s*)R_SESS=([^;]*)/.exec(headers.cookie ?? '')?.[1] ?? '');
  return tokens.find(({ name, secret }) => given === `${name}:${secret}` || given === `ext/${name}:${secret}`);
}

const plain = (text: string): string =>
  /^[\w-]+={0,2}$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64url').toString() : '';

/** Returns the cluster in a path, as Rancher looks for it. */
const clusterOf = (path: string): string | undefined => /^\/(?:k8s|v3)\/(?:clusters?|proxy)\/([^/?]+)/.exec(path)?.[1];
