import type { Reply, Seen } from '../server.ts';
import type { Cluster } from './cluster.ts';
import { type Database, noEnvironment } from './database.ts';
import { decode } from './payload.ts';
import { idOf, messageOf, refuse } from './refusal.ts';
import { type Access, type Endpoint, makeAccess, type Row, shown, type User } from './state.ts';
import { mayEnter } from './system.ts';

const grantFields = {
  UserAccessPolicies: { go: 'portainer.UserAccessPolicies' },
  TeamAccessPolicies: { go: 'portainer.TeamAccessPolicies' },
  Namespaces: '[]string',
} as const;

/**
 * Whether the user may use the registry. An administrator uses every registry, other users those granted to them in
 * that environment.
 */
export function mayUse(user: User, row: Row, endpoint: Endpoint): boolean {
  return user.role === 'administrator' || row.RegistryAccesses[endpoint.Id]?.UserAccessPolicies?.[user.id] !== undefined;
}

/** The handlers of /api/endpoints/{id}/registries: the list that users see there, and grants. */
export function makeAccesses(database: Database, cluster: Cluster) {
  /** Lists registries. With a namespace, lists those granted to it. */
  function list(user: User, endpointId: string, query: URLSearchParams): Reply {
    const endpoint = database.environment(idOf(endpointId, 'environment'));
    const isAdmin = user.role === 'administrator';
    const namespace = endpoint.kind === 'kubernetes-agent' ? query.get('namespace') : null;
    if (namespace && namespace !== 'default' && !isAdmin) refuse(403, 'User is not authorized to use namespace');
    const granted = (row: Row): boolean => row.RegistryAccesses[endpoint.Id]?.Namespaces?.includes(namespace ?? '') ?? false;
    const rows = database.rows().filter(row => (namespace ? granted(row) : mayUse(user, row, endpoint)));
    return { status: 200, json: rows.map(row => shown(row, { RegistryAccesses: isAdmin ? row.RegistryAccesses : null, managed: false })) };
  }

  async function grant(request: Seen, user: User, endpointId: string, registryId: string): Promise<Reply> {
    const [environment, id] = [idOf(endpointId, 'environment'), idOf(registryId, 'registry')];
    const endpoint = database.environment(environment);
    if (!mayEnter(user, endpoint)) refuse(403, 'Permission denied to access environment', 'Access denied to environment');
    if (user.role !== 'administrator') refuse(403, 'User is not authorized');
    return database.write(async () => {
      const row = structuredClone(database.row(id, noEnvironment));
      const { Namespaces = null, ...policies } = decode(request.body, 'endpoints.registryAccessPayload', grantFields);
      if (endpoint.kind === 'kubernetes-agent') await grantNamespaces(row, endpoint, Namespaces ?? []);
      const access = endpoint.kind === 'docker' ? (policies as Partial<Access>) : { Namespaces };
      row.RegistryAccesses[endpoint.Id] = makeAccess(access);
      database.replace(row);
      return { status: 204 };
    });
  }

  async function grantNamespaces(row: Row, endpoint: Endpoint, wanted: readonly string[]): Promise<void> {
    const had = row.RegistryAccesses[endpoint.Id]?.Namespaces ?? [];
    try {
      for (const namespace of had) if (!wanted.includes(namespace)) await cluster.revoke(row, namespace);
      for (const namespace of wanted) if (!had.includes(namespace)) await cluster.grant(row, namespace);
    } catch (error) {
      refuse(500, 'Unable to update kube access policies', messageOf(error));
    }
  }

  return { list, grant };
}
