import { randomBytes } from 'node:crypto';
import { goJsonFlaw, mapOf } from '../go-json.ts';
import type { Reply, Seen } from '../server.ts';
import { may, namespacesOf } from './access.ts';
import { bodyOf, errorReply, Refusal, refuse } from './refusal.ts';
import { all, secretsOf } from './secrets.ts';
import type { Cluster, Rancher2State, SecretObject, User } from './state.ts';
import { filtered } from './steve-filter.ts';
import { blank, paged, type Raw } from './steve-list.ts';

export interface SteveCall {
  readonly state: Rancher2State;
  readonly cluster: Cluster;
  readonly user: User;
  readonly sqlCache: boolean;
  /** The origin and the path before `/v1`. */
  readonly base: string;
  readonly request: Seen;
  /** The path from `/v1` on. */
  readonly path: string;
}

/** Other types whose objects the user can list, by their name in the path, with the resource of the RBAC rule. */
const others: Readonly<Record<string, { readonly resource: string; list(call: SteveCall): Raw[] }>> = {
  namespaces: { resource: 'namespaces', list: ({ cluster }) => [...cluster.namespaces.values()].map(namespaceObject) },
  'management.cattle.io.projects': { resource: 'management.cattle.io/projects', list: ({ state }) => state.projects.map(projectObject) },
  'provisioning.cattle.io.clusters': {
    resource: 'provisioning.cattle.io/clusters',
    list: ({ state }) => state.provisioned.map(provisionedObject),
  },
};

/** Answers for Steve, the API of the dashboard. A type without any right of the user does not exist for that user. */
export function steve(call: SteveCall): Reply {
  const headers = { 'x-api-schemas': `${call.base}/v1/schemas` };
  const url = new URL(call.path, 'http://steve');
  // A trailing slash is ignored.
  const [type = '', ...rest] = url.pathname.replace(/\/$/, '').split('/').slice(2).map(decodeURIComponent);
  try {
    if (type === 'secrets' && rights(call.user, 'secrets').size > 0) return secretsAnswer(call, url, rest, headers);
    const other = Object.hasOwn(others, type) ? others[type] : undefined;
    if (!other || rest.length > 0 || call.request.method !== 'GET' || rights(call.user, other.resource).size === 0) return { status: 404 };
    const visible = other.list(call).filter(({ metadata: { namespace, name } }) => {
      const deed = { resource: other.resource, namespace, name };
      return may(call.user, { verb: 'list', ...deed }) || may(call.user, { verb: 'get', ...deed });
    });
    return { status: 200, headers, json: { type: 'collection', ...counted(visible) } };
  } catch (error) {
    if (error instanceof Refusal) return errorReply(error, headers);
    throw error;
  }
}

/** Returns the verbs that the user has in at least one namespace. */
function rights(user: User, resource: string): Set<string> {
  const somewhere = (verb: string): boolean =>
    user.rules.some(({ namespace, resourceNames: [name] = [] }) => may(user, { verb, resource, namespace, name }));
  return new Set(['get', 'list', 'create', 'update', 'patch', 'delete'].filter(somewhere));
}

function secretsAnswer(call: SteveCall, url: URL, [namespace, name]: readonly string[], headers: Record<string, string>): Reply {
  const { cluster, user, request } = call;
  demandMethod(request.method, name === undefined ? 'collection' : 'resource', rights(user, 'secrets'));
  const secrets = secretsOf(cluster, user);
  const at = [namespace ?? '', name ?? ''] as const;
  switch (`${request.method} ${name === undefined ? 'all' : 'one'}`) {
    case 'GET all':
      return { status: 200, headers, json: listOf(call, url, namespace) };
    case 'GET one':
      return { status: 200, headers, json: shown(secrets.get(...at)) };
    case 'POST all': {
      const { _type: unknown, ...draft } = bodyOf(request);
      const warning = unknown === undefined ? {} : { warning: '299 - unknown field "_type"' };
      const metadata: Raw['metadata'] = { name: '', ...(draft['metadata'] as Partial<Raw['metadata']> | undefined) };
      const place = metadata.namespace ?? namespace ?? refuse(422, 'InvalidBodyContent', 'metadata.namespace is required');
      metadata.name ||= `${metadata.generateName ?? 's-'}${randomBytes(3).toString('hex').slice(1)}`;
      return { status: 201, headers: { ...headers, ...warning }, json: shown(secrets.create(place, { ...draft, metadata })) };
    }
    case 'PUT one': {
      const draft = withoutReserved(bodyOf(request));
      const metadata = (draft['metadata'] ?? {}) as Partial<Raw['metadata']>;
      if (!metadata.resourceVersion) refuse(500, 'ServerError', 'metadata.resourceVersion is required for update');
      const place = [metadata.namespace ?? at[0], metadata.name || refuse(500, 'ServerError', 'name is required')] as const;
      return { status: 200, headers, json: shown(secrets.update(...place, { ...draft, type: draft['type'] ?? 'Opaque' })) };
    }
    case 'PATCH one': {
      const media = request.headers['content-type']?.split(';')[0] || strategic;
      const body = media === strategic ? strategicPatch(request) : request.body.toString();
      return { status: 200, headers, json: shown(secrets.patch(...at, media, body)) };
    }
    default:
      secrets.remove(...at);
      return { status: 204 };
  }
}

/** Throws if the method is not allowed. PUT and PATCH need the verb `update`, GET needs `get` or `list`. */
function demandMethod(method: string, what: 'collection' | 'resource', verbs: ReadonlySet<string>): void {
  const needs: Readonly<Record<string, readonly string[]>> =
    what === 'collection'
      ? { GET: ['get', 'list', 'create'], POST: ['create'] }
      : { GET: ['get', 'list'], PUT: ['update'], PATCH: ['update'], DELETE: ['delete'] };
  if (!['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method))
    refuse(405, 'MethodNotAllowed', `Invalid method ${method} not supported`);
  if (!needs[method]?.some(verb => verbs.has(verb))) refuse(403, 'PermissionDenied', `Method ${method} not supported`);
}

const strategic = 'application/strategic-merge-patch+json';

/** Drops Steve's own members. A name with an underscore stands for the object's own member of that name. */
function withoutReserved(object: Record<string, unknown>): Record<string, unknown> {
  const { id: _, type: __, links: ___, actions: ____, _id, _type, _links, _actions, ...rest } = object;
  const meant = Object.entries({ id: _id, type: _type, links: _links, actions: _actions }).filter(([, value]) => value !== undefined);
  return { ...rest, ...Object.fromEntries(meant) };
}

function strategicPatch({ body }: Seen): string {
  const text = body.toString();
  const flaw = goJsonFlaw(text);
  const read = flaw === undefined ? mapOf(body) : { flaw };
  return 'value' in read ? JSON.stringify(withoutReserved(read.value)) : refuse(500, 'ServerError', read.flaw);
}

/**
 * Lists the Secrets in namespaces where the user has the right to list. Without that right the list is empty, not an
 * error.
 */
function listOf(call: SteveCall, url: URL, namespace: string | undefined): object {
  const { cluster, user, base } = call;
  const allowed = namespacesOf(user, 'list', 'secrets');
  const visible = all(cluster, namespace).filter(({ metadata }) => !allowed || allowed.has(metadata.namespace));
  const chosen = filtered(visible, cluster, url.searchParams, call.sqlCache);
  const { items, count, ...more } = paged(chosen, url.searchParams, `${base}${url.pathname}`, call.sqlCache);
  const data = items.map(secret => blank(shown(secret), url.searchParams));
  return { type: 'collection', ...more, ...counted(data, count) };
}

const counted = (data: readonly object[], count = data.length): object => ({ ...(count > 0 && { count }), data });

/** Renders a Secret. `type` is Steve's own type; that of Kubernetes is `_type`. */
function shown({ type, metadata, ...secret }: SecretObject): Raw {
  const state = { error: false, message: 'Resource is always ready', name: 'active', transitioning: false };
  const id = `${metadata.namespace}/${metadata.name}`;
  return { id, type: 'secret', _type: type, apiVersion: 'v1', kind: 'Secret', ...secret, metadata: { ...metadata, state } };
}

function namespaceObject({ name, labels, phase = 'Active' }: { name: string; labels?: object; phase?: string }): Raw {
  return { id: name, type: 'namespace', metadata: { name, ...(labels && { labels }) }, status: { phase } };
}

function projectObject({ id, name, backingNamespace }: Rancher2State['projects'][number]): Raw {
  const [cluster = '', project = ''] = id.split(':');
  return {
    id: `${cluster}/${project}`,
    type: 'management.cattle.io.project',
    metadata: { name: project, namespace: cluster },
    spec: { clusterName: cluster, displayName: name ?? project },
    status: { backingNamespace },
  };
}

function provisionedObject({ namespace, name, configs }: Rancher2State['provisioned'][number]): Raw {
  return {
    id: `${namespace}/${name}`,
    type: 'provisioning.cattle.io.cluster',
    metadata: { name, namespace },
    spec: { rkeConfig: { registries: { configs } } },
  };
}
