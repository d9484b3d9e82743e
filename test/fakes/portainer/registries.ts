import type { Reply, Seen } from '../server.ts';
import { mayUse } from './access.ts';
import type { Cluster } from './cluster.ts';
import type { Database } from './database.ts';
import { forgetToken } from './ecr-token.ts';
import { decode, type Payload } from './payload.ts';
import { atoi, idOf, messageOf, notFound, refuse } from './refusal.ts';
import { makeRow, type Row, shown, type User } from './state.ts';

const fields = {
  Name: 'string',
  URL: 'string',
  BaseURL: 'string',
  Authentication: 'bool',
  Username: 'string',
  Password: 'string',
  Quay: { go: 'portainer.QuayRegistryData', fields: { UseOrganisation: 'bool', OrganisationName: 'string' } },
  Ecr: { go: 'portainer.EcrData', fields: { Region: 'string' } },
} as const;
const gitlab = { ProjectId: 'int', InstanceURL: 'string', ProjectPath: 'string' } as const;
const newFields = { ...fields, Type: 'int', TLS: 'bool', Gitlab: { go: 'portainer.GitlabRegistryData', fields: gitlab } } as const;
const changedFields = { ...fields, RegistryAccesses: { go: 'portainer.RegistryAccesses' } } as const;
const types =
  '1 (Quay.io), 2 (Azure container registry), 3 (custom registry), 4 (Gitlab registry), 5 (ProGet registry), 6 (DockerHub), 7 (ECR)';

/** The handlers of /api/registries. In `edition` EE all users see the list, but only administrators see all members. */
export function makeRegistries(database: Database, cluster: Cluster, edition: 'CE' | 'EE') {
  function list(user: User): Reply {
    if (user.role === 'administrator') return { status: 200, json: database.rows().map(row => shown(row, row)) };
    if (edition === 'CE') refuse(403, 'Access denied', 'Unauthorized');
    return { status: 200, json: database.rows().map(({ Id, Name, Type }) => ({ Id, Name, Type })) };
  }

  function inspect(user: User, registry: string, query: URLSearchParams): Reply {
    const row = database.row(idOf(registry, 'registry'));
    if (user.role === 'administrator') return { status: 200, json: shown(row, row) };
    const failed = (details: string): never => refuse(500, 'Unable to retrieve info from request context', details);
    const sent = query.get('endpointId') || failed('missing query parameter');
    const id = atoi(sent);
    if (typeof id === 'string') return failed(id);
    const endpoint = database.find(id) ?? failed(notFound('endpoints', id));
    if (!mayUse(user, row, endpoint)) refuse(403, 'Access denied to resource');
    return { status: 200, json: shown(row, { RegistryAccesses: null }) };
  }

  async function create(request: Seen): Promise<Reply> {
    const payload = decode(request.body, 'registries.registryCreatePayload', newFields);
    const problem = flawOf(payload);
    if (problem !== undefined) refuse(400, 'Invalid request payload', problem);
    return database.write(() => {
      const { Ecr, Quay, Gitlab, Name = '', URL = '', ...rest } = payload;
      const { ProjectId = 0, InstanceURL = '', ProjectPath = '' } = Gitlab ?? {};
      const more = { Ecr: { Region: Ecr?.Region ?? '' }, Gitlab: { ProjectId, InstanceURL, ProjectPath }, Quay: quayOf(Quay) };
      const row = makeRow({ ...rest, Name, URL, ...more }, database.nextId());
      for (const other of database.rows()) {
        refuseSameName(row, [other]);
        refuseSameUrl(row, [other]);
      }
      database.add(row);
      return { status: 200, json: shown(row, { RegistryAccesses: null }) };
    });
  }

  function refuseSameName(row: Row, others = database.rows()): void {
    if (!others.some(other => other.Id !== row.Id && other.Name === row.Name)) return;
    refuse(409, 'Another registry with the same name already exists', 'A registry is already defined with this name');
  }

  /**
   * Throws 409 for a second registry with the same URL and user name. URLs compare byte for byte; passwords are
   * ignored. Two of GitLab are the same only with the same project.
   */
  function refuseSameUrl(row: Row, others = database.rows()): void {
    const same = (other: Row): boolean =>
      other.Authentication === row.Authentication && (!row.Authentication || other.Username === row.Username);
    const isOther = ({ Type, Gitlab }: Row): boolean => Type === 4 && row.Type === 4 && Gitlab.ProjectPath !== row.Gitlab.ProjectPath;
    if (!others.some(other => other.Id !== row.Id && other.URL === row.URL && same(other) && !isOther(other))) return;
    refuse(
      409,
      'Another registry with the same URL and credentials already exists',
      'A registry is already defined for this URL and credentials',
    );
  }

  /**
   * Updates a copy and writes it back at the end, even if the client is gone. A PUT that waited for a cluster thus
   * overwrites a later one.
   */
  async function update(request: Seen, id: string): Promise<Reply> {
    const stored = database.row(idOf(id, 'registry'));
    const payload = decode(request.body, 'registries.registryUpdatePayload', changedFields);
    const row = structuredClone(stored);
    if (payload.Name !== undefined) row.Name = payload.Name;
    refuseSameName(row);
    if (row.Type === 5 && payload.BaseURL !== undefined) row.BaseURL = payload.BaseURL;
    applyCredentials(row, payload);
    if (payload.URL !== undefined) {
      row.URL = payload.URL;
      refuseSameUrl(row);
    }
    const secretOf = ({ Authentication, Username, Password, URL, Ecr }: Row): string =>
      JSON.stringify([Authentication, Username, Password, URL, Ecr]);
    if (secretOf(row) !== secretOf(stored)) {
      forgetToken(row);
      await rewriteSecrets(row);
    }
    if (payload.Quay !== undefined) row.Quay = quayOf(payload.Quay);
    await database.write(() => database.replace(row));
    return { status: 200, json: shown(row, { RegistryAccesses: null }) };
  }

  async function rewriteSecrets(row: Row): Promise<void> {
    try {
      for (const [endpoint, access] of Object.entries(row.RegistryAccesses)) {
        const found = database.find(Number(endpoint));
        if (!found) throw new Error(notFound('endpoints', Number(endpoint)));
        if (found.kind !== 'kubernetes-agent') continue;
        for (const namespace of access.Namespaces ?? []) await cluster.rewrite(row, namespace);
      }
    } catch (error) {
      refuse(500, 'Unable to update access to registry', messageOf(error));
    }
  }

  /**
   * Removes a registry. The real handler panics for an unknown id, and the client sees 200 without a body. Errors of
   * the cluster are ignored.
   */
  async function remove(id: string): Promise<Reply> {
    const number = idOf(id, 'registry');
    const row = database.rows().find(({ Id }) => Id === number);
    if (!row) return { status: 200 };
    await database.write(() => database.remove(number));
    for (const namespace of Object.values(row.RegistryAccesses).flatMap(access => access.Namespaces ?? []))
      await cluster.revoke(row, namespace).catch(() => undefined);
    return { status: 204 };
  }

  return { list, inspect, create, update, remove };
}

/**
 * Applies credentials, only if `Authentication` is in the body. An empty password keeps the stored one, an empty user
 * name does not.
 */
function applyCredentials(row: Row, { Authentication, Username, Password, Ecr }: Payload<typeof fields>): void {
  if (Authentication === undefined) return;
  row.Authentication = Authentication;
  if (!Authentication) {
    row.Username = '';
    row.Password = '';
    row.Ecr.Region = '';
    return;
  }
  row.Username = Username ?? row.Username;
  row.Password = Password || row.Password;
  if (row.Type === 7) row.Ecr.Region = Ecr?.Region || row.Ecr.Region;
}

const quayOf = ({ UseOrganisation = false, OrganisationName = '' }: Payload<typeof fields>['Quay'] = {}): Row['Quay'] => ({
  ...(UseOrganisation && { UseOrganisation }),
  OrganisationName,
});

/** Returns why a new registry is refused. */
function flawOf(payload: Payload<typeof fields> & { Type?: number }): string | undefined {
  const { Name, URL, BaseURL, Authentication, Username, Password, Type = 0, Ecr } = payload;
  if (!Name) return 'Invalid registry name';
  if (!URL) return 'Invalid registry URL';
  if (Authentication && !(Username && Password))
    return 'Invalid credentials. Username and password must be specified when authentication is enabled';
  if (Authentication && Type === 7 && !Ecr?.Region) {
    return 'invalid credentials: access key ID, secret access key and region must be specified when authentication is enabled';
  }
  if (Type < 1 || Type > 7) return `invalid registry type. Valid values are: ${types}`;
  return Type === 5 && !BaseURL ? 'BaseURL is required for registry type 5 (ProGet)' : undefined;
}
