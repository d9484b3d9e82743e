import { randomBytes } from 'node:crypto';
import type { Reply, Seen } from '../server.ts';
import { collectionOf } from './collection.ts';
import { bodyOf, errorReply, Refusal, refuse } from './refusal.ts';
import { secretsOf } from './secrets.ts';
import { managementId, type Rancher2State, type SecretObject, type User } from './state.ts';

type Entry = Record<string, unknown>;
type Registries = Record<string, Entry>;
interface Call {
  readonly state: Rancher2State;
  readonly user: User;
  readonly login: boolean;
  readonly origin: string;
  readonly request: Seen;
  readonly url: URL;
}

const projectId = 'field.cattle.io/projectId';
const keyOf: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

/**
 * Norman's API of a project, `/v3/project/ID/...`, with its dockerCredentials. These are the Secrets of the backing
 * namespace that name the project in an annotation.
 */
export function project(call: Call): Reply {
  const pathname = call.url.pathname.replace(/\/$/, '');
  const [, id = '', type = '', name] = /^\/v3\/projects?\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(pathname)?.map(decode) ?? [];
  const headers = { 'x-api-schemas': `${call.origin}/v3/project/${id}/schemas` };
  try {
    const reply = answer(call, id, type, name);
    return { ...reply, headers: { ...(reply.json !== undefined && { 'content-type': 'application/json' }), ...headers } };
  } catch (error) {
    if (error instanceof Refusal) return errorReply(error, headers);
    throw error;
  }
}

const decode = (segment: string | undefined): string | undefined => segment && decodeURIComponent(segment);

function answer(call: Call, id: string, type: string, name: string | undefined): Reply {
  const { state, user } = call;
  if (!id.includes(':')) refuse(403, 'PermissionDenied', 'unauthorized');
  if (type.toLowerCase() !== 'dockercredentials' && type.toLowerCase() !== 'dockercredential')
    refuse(404, 'NotFound', `failed to find schema ${type}`);
  const backing = state.projects.find(project => project.id === id)?.backingNamespace;
  if (backing === undefined) return refuse(500, 'ServerError', `projects.management.cattle.io "${id.split(':')[1]}" not found`);
  const cluster = state.clusters.get(managementId);
  if (!cluster) throw new Error('there is no management cluster');
  const secrets = secretsOf(cluster, user);
  const method = methodOf(call);
  switch (`${method} ${name === undefined ? 'all' : 'one'}`) {
    case 'GET all': {
      const ofProject = secrets
        .list(backing)
        .filter(({ metadata, type }) => metadata.annotations?.[projectId] === id && Object.hasOwn(keyOf, type));
      return collectionOf(
        ofProject.map(secret => shown(secret)),
        call.url,
        call.origin,
      );
    }
    case 'GET one': {
      const secret = secrets.get(...placeOf(name, 'failed to find resource by id'));
      // Recorded: a Secret without the annotation exists, but its body is null.
      return { status: 200, json: secret.metadata.annotations?.[projectId] ? shown(secret) : null };
    }
    case 'POST all':
      return { status: 201, json: shown(secrets.create(backing, drafted(call, id)), true) };
    case 'PUT one':
      return { status: 200, json: shown(replace(call, secrets, placeOf(name, 'not found'))) };
    case 'DELETE one':
      // Read in the source, not recorded: an immediate removal is answered without a body.
      secrets.remove(...placeOf(name, 'not found'));
      return { status: 204 };
    default:
      return refuse(405, 'MethodNotAllow', `Method ${method} not supported`);
  }
}

/**
 * Returns the method of a request, which the query can replace. Credentials have no actions, except that `remove` is a
 * DELETE (norman v0.10.0, parse/parse.go).
 */
function methodOf({ request, url: { searchParams } }: Call): string {
  const action = searchParams.get('action') ?? '';
  if (action === 'remove') return 'DELETE';
  const method = searchParams.get('_method') || request.method;
  if (action !== '' && method === 'POST') refuse(422, 'InvalidAction', `Invalid action: ${action}`);
  return method;
}

function placeOf(id = '', flaw: string): [string, string] {
  const [namespace = '', name] = id.split(':');
  return name === undefined ? refuse(404, 'NotFound', flaw) : [namespace, name];
}

/** Renders a credential. Only the response to a POST contains password and auth. */
function shown({ metadata, type, data = {} }: SecretObject, created = false): Record<string, unknown> & { id: string; name: string } {
  const { annotations = {}, labels } = metadata;
  const own = Object.entries(annotations).filter(([key]) => !key.startsWith('field.cattle.io/'));
  const description = annotations['field.cattle.io/description'];
  const stored = Object.entries(registriesOf(type, data)).map(([host, { password, auth, ...entry }]) => {
    const secret = created ? { ...(auth !== undefined && { auth }), ...(password !== undefined && { password }) } : {};
    return [host, { ...secret, ...entry }];
  });
  return {
    id: `${metadata.namespace}:${metadata.name}`,
    type: 'dockerCredential',
    uuid: metadata.uid,
    name: metadata.name,
    namespaceId: null,
    projectId: annotations[projectId] ?? null,
    annotations: Object.fromEntries(own),
    ...(labels && { labels }),
    ...(description !== undefined && { description }),
    registries: Object.fromEntries(stored),
  };
}

function registriesOf(type: string, data: Readonly<Record<string, string>>): Registries {
  const text = Buffer.from(data[keyOf[type] ?? ''] ?? '', 'base64').toString() || '{}';
  const parsed = JSON.parse(text) as { auths?: Registries } & Registries;
  return type === 'kubernetes.io/dockercfg' ? parsed : (parsed.auths ?? {});
}

/**
 * Encodes registries as Rancher stores them: keys sorted, and `auth` made of user name and password if both are set.
 */
function encoded(registries: Registries): Record<string, string> {
  const sorted = (map: Entry): Entry => Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  const auths = Object.entries(registries).map(([host, { username, password, auth, email, description }]) => {
    const made = username && password ? Buffer.from(`${username as string}:${password as string}`).toString('base64') : auth;
    return [host, JSON.parse(JSON.stringify(sorted({ username, password, auth: made, email, description })))];
  });
  const text = JSON.stringify({ auths: sorted(Object.fromEntries(auths) as Entry) });
  return { '.dockerconfigjson': Buffer.from(text).toString('base64') };
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** Makes a Secret from a body. The project in the path overrides one in the body. */
function drafted(call: Call, id: string): Record<string, unknown> {
  const body = bodyOf(call.request);
  const { name = `dc-${randomBytes(3).toString('hex')}`, description, labels, annotations, registries } = body;
  if (typeof name !== 'string' || !dnsLabel.test(name))
    refuse(422, 'InvalidFormat', `InvalidFormat 422: invalid value ${String(name)}: ${labelRule}`, 'name');
  return {
    metadata: {
      name,
      labels: { ...(labels as object | undefined), 'cattle.io/creator': 'norman' },
      annotations: {
        ...(annotations as object | undefined),
        'field.cattle.io/creatorId': call.login ? call.user.name : '',
        ...(description !== undefined && { 'field.cattle.io/description': description }),
        [projectId]: id,
      },
    },
    type: 'kubernetes.io/dockerconfigjson',
    data: encoded((registries ?? {}) as Registries),
  };
}

/**
 * Merges the body into the stored object and writes it, without a version check. The map of registries is replaced as a
 * whole.
 */
function replace({ request }: Call, secrets: ReturnType<typeof secretsOf>, place: [string, string]): SecretObject {
  const body = bodyOf(request);
  let old: SecretObject;
  try {
    old = secrets.get(...place);
  } catch (error) {
    throw error instanceof Refusal && error.status === 404 ? new Refusal(404, 'NotFound', 'not found') : error;
  }
  const { labels, annotations, description, registries } = body as Record<string, Record<string, string> | undefined>;
  const described = description === undefined ? {} : { 'field.cattle.io/description': description };
  return secrets.update(...place, {
    metadata: {
      labels: merged(old.metadata.labels, labels),
      annotations: { ...merged(old.metadata.annotations, annotations), ...described },
    },
    type: 'kubernetes.io/dockerconfigjson',
    data: encoded((registries ?? registriesOf(old.type, old.data ?? {})) as Registries),
  });
}

/**
 * Merges a map. If it was not sent, the old one stays. Otherwise old entries that were not sent are removed, except the
 * keys of Rancher.
 */
function merged(old: Record<string, string> | undefined, sent: Record<string, string> | undefined): object | undefined {
  if (!sent) return old;
  const kept = Object.entries(old ?? {}).filter(([key]) => /(^|\.)cattle\.io\//.test(key));
  return { ...Object.fromEntries(kept), ...sent };
}
