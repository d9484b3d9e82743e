import { objectIn, patchIn } from '../kubernetes/body.ts';
import { type Kind, kindOf } from '../kubernetes/kinds.ts';
import { numberFlaw } from '../kubernetes/list.ts';
import { checkListOptions } from '../kubernetes/list-options.ts';
import { writeOptions } from '../kubernetes/options.ts';
import { Refusal as ApiRefusal, badRequest, broken, refuse as refuseAs, replyOf, tooLarge } from '../kubernetes/refusal.ts';
import { viewOf } from '../kubernetes/views.ts';
import { jsonOf, type Reply, type Seen } from '../server.ts';
import { may } from './access.ts';
import { notFound, Refusal, refuse, statusReply } from './refusal.ts';
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
    if (error instanceof ApiRefusal) return replyOf(error);
    throw error;
  }
}

const kind = kindOf('', 'secrets') as Kind;

function answer(cluster: Cluster, user: User, request: Seen, { pathname: sent, searchParams: query }: URL): Reply {
  const pathname = sent.replace(/\/$/, '');
  const { method } = request;
  if (pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') return method === 'POST' ? review(user, request) : noMethod();
  if (pathname === '/api/v1/namespaces' && method === 'GET') return listNamespaces(cluster, user, query);
  const [, lone] = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname)?.map(decode) ?? [];
  if (lone !== undefined && method === 'GET') return oneNamespace(cluster, user, lone);
  const found = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/secrets(?:\/([^/]+))?$/.exec(pathname)?.map(decode);
  const [, namespace, name] = found ?? [];
  if (!found || (name !== undefined && namespace === undefined))
    return refuse(404, 'NotFound', 'the server could not find the requested resource');
  const secrets = secretsOf(cluster, user);
  const change = { dryRun: query.get('dryRun') === 'All' };
  /** Reads a body as the API server does, once the user may write at all. */
  const draft = (verb: 'create' | 'update', options: 'CreateOptions' | 'UpdateOptions') => {
    demandRight(user, { verb, resource: 'secrets', namespace, name });
    return objectIn(request, { kind, namespace, name }, writeOptions(options, query, ''), () => undefined);
  };
  const view = () => viewOf(request, { kind, verb: name === undefined ? 'list' : 'get' });
  const one = (secret: object): object => view().one(object(secret) as never);
  if (method === 'GET' && name === undefined) {
    const { matches, only } = byFields(query.get('fieldSelector') ?? '');
    const chosen = secrets
      .list(namespace, only)
      .filter(matches)
      .filter(byLabels(query.get('labelSelector') ?? ''));
    demandVersion(cluster, query);
    const { items, ...more } = pageOf(chosen, ({ metadata }) => `${metadata.namespace}/${metadata.name}`, query);
    return ok(view().all({ kind: 'SecretList', apiVersion: 'v1', metadata: { resourceVersion: String(cluster.version), ...more }, items }));
  }
  if (method === 'POST' && namespace !== undefined && name === undefined)
    return { status: 201, json: object(secrets.create(namespace, draft('create', 'CreateOptions'), change)) };
  if (namespace === undefined || name === undefined) return noMethod();
  if (method === 'GET') {
    const secret = secrets.get(namespace, name);
    const version = query.get('resourceVersion') ?? '';
    if (!/^\d*$/.test(version)) broken(numberFlaw(version));
    return ok(one(secret));
  }
  if (method === 'PUT') return ok(object(secrets.update(namespace, name, draft('update', 'UpdateOptions'), change)));
  if (method === 'PATCH') {
    const media = String(request.headers['content-type']).split(';')[0] ?? '';
    demandRight(user, { verb: 'patch', resource: 'secrets', namespace, name });
    if (/[/-](merge-patch|json-patch)\+json$/.test(media)) patchIn(request);
    return ok(object(secrets.patch(namespace, name, media, request.body.toString(), change)));
  }
  if (method !== 'DELETE') return noMethod();
  const { uid } = secrets.remove(namespace, name);
  return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, kind: 'secrets', uid } });
}

const noMethod = (): never => refuse(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');

/** Checks the options of a list, and that the cluster has reached the version that it asks for. */
function demandVersion({ version }: Cluster, query: URLSearchParams): void {
  checkListOptions(query, 'list');
  const asked = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(asked)) badRequest(`invalid resource version: ${numberFlaw(asked)}`);
  if (Number(asked) > version) refuseAs(tooLarge(Number(asked), version));
}

function oneNamespace(cluster: Cluster, user: User, name: string): Reply {
  demandRight(user, { verb: 'get', resource: 'namespaces', namespace: name, name });
  const { phase = 'Active', labels } = cluster.namespaces.get(name) ?? notFound('namespaces', name);
  return ok({ kind: 'Namespace', apiVersion: 'v1', metadata: { name, ...(labels && { labels }) }, status: { phase } });
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
