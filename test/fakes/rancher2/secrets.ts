import { randomUUID } from 'node:crypto';
import { goJsonFlaw, goMapFlaw } from '../go-json.ts';
import { jsonPatch, mergePatch, Unfit } from '../patches.ts';
import { type Deed, may } from './access.ts';
import { invalid, notFound, refuse } from './refusal.ts';
import type { Cluster, SecretObject, User } from './state.ts';

type Draft = Record<string, unknown> & { metadata?: Record<string, unknown> };
export interface Change {
  /** Set if nothing is to be stored. */
  readonly dryRun?: boolean;
}

/**
 * The Secrets of one cluster, as one user may access them, with the rights, versions and validation of Kubernetes. All
 * methods throw a Refusal.
 */
export function secretsOf(cluster: Cluster, user: User) {
  const demand = (deed: Omit<Deed, 'resource'>): void => demandRight(user, { ...deed, resource: 'secrets' });
  const find = (namespace: string, name: string): SecretObject => cluster.secrets.get(`${namespace}/${name}`) ?? notFound('secrets', name);

  function keep(next: SecretObject, old: SecretObject | undefined, { dryRun }: Change): SecretObject {
    validate(next, old);
    const same = old && JSON.stringify(sorted(old)) === JSON.stringify(sorted(next));
    if (same || dryRun) return structuredClone(next);
    next.metadata.resourceVersion = String(++cluster.version);
    cluster.secrets.set(`${next.metadata.namespace}/${next.metadata.name}`, next);
    return structuredClone(next);
  }

  return {
    get(namespace: string, name: string): SecretObject {
      demand({ verb: 'get', namespace, name });
      return structuredClone(find(namespace, name));
    },

    /** Returns the Secrets of one namespace, or of all, sorted by namespace and name. */
    list(namespace: string | undefined, name?: string): SecretObject[] {
      demand({ verb: 'list', namespace, name });
      return all(cluster, namespace);
    },

    create(namespace: string, draft: Draft, change: Change = {}): SecretObject {
      const { name = '', labels, annotations } = (draft.metadata ?? {}) as Partial<SecretObject['metadata']>;
      demand({ verb: 'create', namespace });
      if (!cluster.namespaces.has(namespace)) notFound('namespaces', namespace);
      if (cluster.secrets.has(`${namespace}/${name}`)) refuse(409, 'AlreadyExists', `secrets "${name}" already exists`);
      const metadata = { name, namespace, uid: randomUUID(), resourceVersion: '0' };
      return keep(tidy(draft, { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }) }), undefined, change);
    },

    update(namespace: string, name: string, draft: Draft, change: Change = {}): SecretObject {
      demand({ verb: 'update', namespace, name });
      const old = find(namespace, name);
      return keep(succeed(old, draft), old, change);
    },

    /** Removes a Secret. Returns what its metadata were. */
    remove(namespace: string, name: string): SecretObject['metadata'] {
      demand({ verb: 'delete', namespace, name });
      const { metadata } = find(namespace, name);
      cluster.secrets.delete(`${namespace}/${name}`);
      return metadata;
    },

    /** Patches a Secret. `body` is a patch of the media type. */
    patch(namespace: string, name: string, media: string, body: string, change: Change = {}): SecretObject {
      demand({ verb: 'patch', namespace, name });
      if (!/^application\/(strategic-merge-patch|merge-patch|json-patch)\+json$/.test(media))
        refuse(415, 'UnsupportedMediaType', '415: Unsupported Media Type');
      const flaw = goJsonFlaw(body);
      if (flaw) refuse(400, 'BadRequest', `error decoding patch: ${flaw}`);
      const patch: unknown = JSON.parse(body);
      const old = find(namespace, name);
      const next = media.includes('json-patch') ? fitted(() => jsonPatch(old, patch)) : mergePatch(old, patch);
      return keep(succeed(old, next as Draft), old, change);
    },
  };
}

/** Returns the Secrets of one namespace, or of all, without a check of rights. */
export function all(cluster: Cluster, namespace?: string): SecretObject[] {
  const chosen = [...cluster.secrets.values()].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const key = ({ metadata }: SecretObject): string => `${metadata.namespace}/${metadata.name}`;
  return structuredClone(chosen.sort((a, b) => (key(a) < key(b) ? -1 : 1)));
}

export function demandRight(user: User, deed: Deed): void {
  if (may(user, deed)) return;
  const { verb, resource, namespace, name } = deed;
  const [plain, group = ''] = resource.split('/').toReversed();
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `${plain}${group && `.${group}`}${name === undefined ? '' : ` "${name}"`}`;
  refuse(403, 'Forbidden', `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${plain}" in API group "${group}" ${where}`);
}

/**
 * Applies a body to the existing object. The server's own members cannot be set, and a stale version is refused before
 * validation.
 */
function succeed({ metadata }: SecretObject, draft: Draft): SecretObject {
  const { name: said, resourceVersion, uid, labels, annotations } = (draft.metadata ?? {}) as Partial<SecretObject['metadata']>;
  const { name } = metadata;
  if (said && said !== name) refuse(400, 'BadRequest', `the name of the object (${said}) does not match the name on the URL (${name})`);
  const conflict = (text: string): never => refuse(409, 'Conflict', `Operation cannot be fulfilled on secrets "${name}": ${text}`);
  if (uid !== undefined && uid !== metadata.uid)
    conflict(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    conflict('the object has been modified; please apply your changes to the latest version and try again');
  const { namespace, resourceVersion: version } = metadata;
  const own = { name, namespace, uid: metadata.uid, resourceVersion: version };
  return tidy(draft, { ...own, ...(labels && { labels }), ...(annotations && { annotations }) });
}

/** Makes a Secret of a body. Unknown members are dropped. */
function tidy(draft: Draft, metadata: SecretObject['metadata']): SecretObject {
  const { name } = metadata;
  const given = { ...(draft['data'] as Record<string, string> | undefined) };
  for (const [key, value] of Object.entries((draft['stringData'] ?? {}) as Record<string, string>))
    given[key] = Buffer.from(value).toString('base64');
  for (const value of Object.values(given))
    if (typeof value !== 'string' || !isBase64(value))
      refuse(400, 'BadRequest', `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0`);
  const type = draft['type'] ?? 'Opaque';
  if (typeof type !== 'string') invalid(name, 'type: Invalid value');
  return {
    metadata,
    ...(draft['immutable'] === true && { immutable: true }),
    ...(Object.keys(given).length > 0 && { data: given }),
    type: type as string,
  };
}

const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;
const dnsLabel = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const required: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

function validate(next: SecretObject, old: SecretObject | undefined): void {
  const { metadata, type, data = {} } = next;
  const { name } = metadata;
  if (name === '') invalid(name, 'metadata.name: Required value: name or generateName is required');
  if (!dnsLabel.test(name)) invalid(name, `metadata.name: Invalid value: "${name}"`);
  if (old && type !== old.type) invalid(name, `type: Invalid value: "${type}": field is immutable`);
  if (old?.immutable) {
    const frozen = 'Forbidden: field is immutable when `immutable` is set';
    if (!next.immutable) invalid(name, `immutable: ${frozen}`);
    if (JSON.stringify(sorted(data)) !== JSON.stringify(sorted(old.data ?? {}))) invalid(name, `data: ${frozen}`);
  }
  const size = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  if (size > 1_048_576) invalid(name, 'data: Too long: may not be more than 1048576 bytes');
  const key = required[type];
  if (key === undefined) return;
  const stored = data[key];
  if (stored === undefined) return invalid(name, `data[${key}]: Required value`);
  const text = Buffer.from(stored, 'base64').toString();
  const flaw = goMapFlaw(text);
  if (flaw) invalid(name, `data[${key}]: Invalid value: "<secret contents redacted>": ${flaw}`);
}

/** Sorts the members of a value recursively, so that two values can be compared as texts. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}

function fitted<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    return refuse(422, 'Invalid', 'the server rejected our request due to an error in our request');
  }
}
