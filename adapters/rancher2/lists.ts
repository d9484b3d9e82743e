import { Failure } from '../../src/contract/failures.ts';
import { nothingAt } from '../../src/contract/usual.ts';
import { type Api, listAll, management, projectPath, refusal, segment, type Where } from './api.ts';

export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}
/** A project. `id` is CLUSTER:PROJECT. `backing` is the namespace of the management cluster that holds its secrets. */
export interface Project {
  readonly id: string;
  readonly cluster: string;
  readonly short: string;
  readonly name: string;
  readonly backing: string;
}
/**
 * A dockerCredential of Norman, which shows no password. `id` is NAMESPACE:NAME of its Secret in the management
 * cluster.
 */
export interface Credential {
  readonly id: string;
  readonly project: Project;
  readonly registries: Readonly<Record<string, { readonly username?: unknown }>>;
}
/** A registry of a cluster that Rancher provisioned: the Secret that its nodes log in with, by address. */
export interface NodeRegistry {
  readonly cluster: string;
  readonly address: string;
  readonly namespace: string;
  readonly secret: string;
}

export async function listClusters(api: Api, signal: AbortSignal): Promise<Cluster[]> {
  const where: Where = { cluster: management, right: 'see clusters' };
  const rows = await listAll<{ id?: unknown; name?: unknown; state?: unknown }>(api, where, '/v3/clusters', signal).catch(error => {
    if (!isFailure(error, 'NOT_FOUND')) throw error;
    throw nothingAt('Rancher 2', api.address, '/v3/clusters', 'Rancher 1.6 is of the kind `rancher`.');
  });
  const found = rows.flatMap(({ id, name, state }) =>
    typeof id === 'string' ? [{ id, name: textOr(name, id), state: textOr(state, '') }] : [],
  );
  return someOf(found, rows, 'clusters');
}

export interface Displayed {
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly labels?: unknown;
    readonly annotations?: unknown;
  } | null;
}

/**
 * Steve's list of the objects that the user sees. undefined: Steve knows no such type, which it also says to a user
 * without any right to it.
 */
export async function steveList<T extends Displayed>(
  api: Api,
  cluster: string,
  type: string,
  signal: AbortSignal,
): Promise<T[] | undefined> {
  const path = `${cluster === management ? '' : `/k8s/clusters/${segment(cluster)}`}/v1/${type}?exclude=metadata.managedFields`;
  return listAll<T>(api, { cluster, right: `see ${type}` }, path, signal).catch((error: unknown) => {
    if (isFailure(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
}

export async function listProjects(api: Api, signal: AbortSignal): Promise<Project[]> {
  type Row = Displayed & { spec?: { displayName?: unknown } | null; status?: { backingNamespace?: unknown } | null };
  const rows = (await steveList<Row>(api, management, 'management.cattle.io.projects', signal)) ?? [];
  const found = rows.flatMap(({ metadata, spec, status }) => {
    const { name: short, namespace: cluster } = metadata ?? {};
    if (typeof short !== 'string' || typeof cluster !== 'string') return [];
    // Older versions have no separate namespace for the secrets, and use the one that is named like the project.
    const backing = textOr(status?.backingNamespace, short);
    return [{ id: `${cluster}:${short}`, cluster, short, name: textOr(spec?.displayName, short), backing }];
  });
  return someOf(found, rows, 'projects');
}

export async function listCredentials(api: Api, project: Project, signal: AbortSignal): Promise<Credential[]> {
  type Row = { id?: unknown; registries?: unknown };
  const where = { cluster: management, right: `manage secrets in project ${project.id}` };
  const rows = await listAll<Row>(api, where, projectPath(project.id), signal);
  someOf(
    rows.filter(({ id }) => typeof id === 'string'),
    rows,
    `credentials of project ${project.id}`,
  );
  return rows.flatMap(({ id, registries }) => {
    if (typeof id !== 'string' || !id.includes(':') || typeof registries !== 'object' || registries === null) return [];
    const entries = Object.entries(registries).map(([address, entry]) => [address, (entry as object | null) ?? {}]);
    return [{ id, project, registries: Object.fromEntries(entries) }];
  });
}

/** Returns what was read of a list. Throws UNEXPECTED where the list has rows of which none can be read. */
export function someOf<T>(read: T[], rows: readonly unknown[], what: string): T[] {
  if (read.length > 0 || rows.length === 0) return read;
  throw new Failure('UNEXPECTED', `Nothing in the list of the ${what} can be read.`);
}

/** Returns a missing right as a value. Throws any other error. */
export function orRefusal(error: unknown): Failure {
  if (isFailure(error, 'FORBIDDEN')) return error;
  throw error;
}

export const isFailure = (error: unknown, code: 'FORBIDDEN' | 'NOT_FOUND'): error is Failure =>
  error instanceof Failure && error.code === code;

/**
 * The names of Secrets in the namespace `cattle-system` of the management cluster with which clusters log in to the
 * registry of the system (since 2.15). undefined: the token may not see the setting.
 */
export async function listSystemSecrets(api: Api, signal: AbortSignal): Promise<string[] | undefined> {
  const answer = await api.http('GET', '/v3/settings/system-default-registry-pull-secrets', { signal });
  if (answer.status === 404) return [];
  if (answer.status === 403) return undefined;
  if (answer.status !== 200) throw refusal(api, answer, { cluster: management, right: 'see settings' });
  const { value, default: usual } = answer.json<{ value?: unknown; default?: unknown } | null>() ?? {};
  const names = textOr(value, textOr(usual, '')).split(',');
  return names.map(name => name.trim()).filter(name => name !== '');
}

export async function listNodeRegistries(api: Api, signal: AbortSignal): Promise<NodeRegistry[] | undefined> {
  type Configs = Record<string, { authConfigSecretName?: unknown } | null>;
  type Row = Displayed & { spec?: { rkeConfig?: { registries?: { configs?: Configs | null } | null } | null } | null };
  const rows = await steveList<Row>(api, management, 'provisioning.cattle.io.clusters', signal);
  return rows?.flatMap(({ metadata, spec }) => {
    const { name, namespace } = metadata ?? {};
    if (typeof name !== 'string' || typeof namespace !== 'string') return [];
    return Object.entries(spec?.rkeConfig?.registries?.configs ?? {}).flatMap(([address, config]) => {
      const secret = config?.authConfigSecretName;
      return typeof secret === 'string' && secret ? [{ cluster: name, address, namespace, secret }] : [];
    });
  });
}

export const textsOf = (map: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((map as Record<string, unknown> | null) ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
const textOr = (value: unknown, other: string): string => (typeof value === 'string' && value ? value : other);
