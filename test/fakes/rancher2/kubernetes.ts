import { jsonOf, type Reply, type Seen } from '../server.ts';
import { may } from './access.ts';
import { Refusal, refuse, statusReply } from './refusal.ts';
import { demandRight, secretsOf } from './secrets.ts';
import { byFields, byLabels } from './select.ts';
import type { Cluster, User } from './state.ts';

/**
 * Answers for the Kubernetes API of a cluster, limited to Secrets, namespaces and access reviews. `path` is relative to
 * the cluster's address.
 */
export function kubernetes(cluster: Cluster, user: User, request: Seen, path: string): Reply {
  try {
    return answer(cluster, user, request, new URL(path, 'http://kubernetes'));
  } catch (error) {
    if (error instanceof Refusal) return statusReply(error);
    throw error;
  }
}

function answer(cluster: Cluster, user: User, request: Seen, { pathname, searchParams: query }: URL): Reply {
  const [, namespace, name] = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/secrets(?:\/([^/]+))?$/.exec(pathname)?.map(decode) ?? [];
  if (pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' && request.method === 'POST') return review(user, request);
  if (pathname === '/api/v1/namespaces' && request.method === 'GET') return listNamespaces(cluster, user, query);
  if (!/^\/api\/v1\/(namespaces\/[^/]+\/)?secrets(\/|$)/.test(pathname) || (name !== undefined && namespace === undefined))
    refuse(404, 'NotFound', 'the server could not find the requested resource');
  const secrets = secretsOf(cluster, user);
  const change = { dryRun: query.get('dryRun') === 'All' };
  const body = () => (jsonOf(request) ?? refuse(400, 'BadRequest', 'the object provided is unrecognized')) as Record<string, unknown>;
  if (request.method === 'GET' && name === undefined) {
    const { matches, only } = byFields(query.get('fieldSelector') ?? '');
    const chosen = secrets
      .list(namespace, only)
      .filter(matches)
      .filter(byLabels(query.get('labelSelector') ?? ''));
    const { items, ...more } = pageOf(chosen, ({ metadata }) => `${metadata.namespace}/${metadata.name}`, query);
    return ok({ kind: 'SecretList', apiVersion: 'v1', metadata: { resourceVersion: String(cluster.version), ...more }, items });
  }
  if (request.method === 'POST' && namespace !== undefined && name === undefined)
    return { status: 201, json: object(secrets.create(namespace, body(), change)) };
  if (namespace === undefined || name === undefined)
    return refuse(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  if (request.method === 'GET') return ok(object(secrets.get(namespace, name)));
  if (request.method === 'PUT') return ok(object(secrets.update(namespace, name, body(), change)));
  if (request.method === 'PATCH') {
    const media = String(request.headers['content-type']).split(';')[0] ?? '';
    return ok(object(secrets.patch(namespace, name, media, request.body.toString(), change)));
  }
  return refuse(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

/** Answers whether the user has a right. Stores nothing. */
function review(user: User, request: Seen): Reply {
  const body = (jsonOf(request) ?? refuse(400, 'BadRequest', 'the object provided is unrecognized')) as {
    spec?: { resourceAttributes?: { group?: string; resource?: string; verb?: string; namespace?: string; name?: string } };
  };
  const { group, resource = '', verb = '', namespace, name } = body.spec?.resourceAttributes ?? {};
  const allowed = may(user, { verb, resource: group ? `${group}/${resource}` : resource, namespace, name });
  const metadata = { creationTimestamp: null };
  return {
    status: 201,
    json: { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata, ...body, status: { allowed } },
  };
}

function listNamespaces(cluster: Cluster, user: User, query: URLSearchParams): Reply {
  demandRight(user, { verb: 'list', resource: 'namespaces' });
  const all = [...cluster.namespaces.values()].map(({ name, phase = 'Active', labels }) => ({
    metadata: { name, ...(labels && { labels }) },
    status: { phase },
  }));
  const { items, ...more } = pageOf(all, ({ metadata }) => metadata.name, query);
  return ok({ kind: 'NamespaceList', apiVersion: 'v1', metadata: { resourceVersion: String(cluster.version), ...more }, items });
}

const ok = (json: object): Reply => ({ status: 200, json });
const object = (secret: object): object => ({ kind: 'Secret', apiVersion: 'v1', ...secret });
const decode = (segment: string | undefined): string | undefined => segment && decodeURIComponent(segment);

/** Returns a page by `limit` and `continue`. The token names the last item of the previous page. */
export function pageOf<T>(all: readonly T[], keyOf: (one: T) => string, query: URLSearchParams): { items: T[]; continue?: string } {
  const limit = Number(query.get('limit') ?? 0);
  const token = query.get('continue');
  let rest = [...all];
  if (token) {
    const [, after] = /^after:(.*)$/s.exec(Buffer.from(token, 'base64url').toString()) ?? [];
    if (after === undefined) refuse(400, 'BadRequest', 'invalid continue token: continue key is not valid');
    rest = rest.filter(one => keyOf(one) > (after ?? ''));
  }
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  if (items.length === rest.length || last === undefined) return { items };
  return { items, continue: Buffer.from(`after:${keyOf(last)}`).toString('base64url') };
}
