import type { Swarm } from '../swarm.ts';
import type { ApiAnswer } from './client-go.ts';

/** The state of a Portainer server and of its surroundings. Everything may be changed while the fake runs. */
export interface PortainerState {
  server: {
    initialized: boolean;
    /** closed: five minutes have passed without an administrator. */
    adminInitWindow: 'open' | 'closed';
    setupToken: string | null;
    baseUrl: string | null;
    /** https: this is the TLS port. It answers plain HTTP with an error. */
    port: 'http' | 'https';
  };
  users: User[];
  /** In the order of their ids. */
  registries: Row[];
  endpoints: Endpoint[];
  /** Swarms by environment id, except that of `upstream.engine`. */
  readonly swarms: ReadonlyMap<number, Swarm>;
  upstream: { registries: UpstreamRegistry[]; engine: Engine | null; kubernetes: ClusterState | null; aws: EcrApi | null };
}
export interface User {
  id: number;
  name: string;
  password: string;
  role: 'administrator' | 'standard';
  apiKey: string | null;
}
/** An environment. `users` are the names of the standard users who may use it. */
export interface Endpoint {
  Id: number;
  Name: string;
  kind: 'docker' | 'kubernetes-agent';
  users: string[];
}
/** A registry that this server and its engine can reach. `host` may be `*.suffix`. */
export interface UpstreamRegistry {
  host: string;
  tls: boolean;
  user: string;
  password: string;
  images: { name: string; digest: string; layers: string[] }[];
}
/** AWS, for rows of type 7: the login that it returns for one access key. */
export interface EcrApi {
  region: string;
  accessKeyId: string;
  user: string;
  password: string;
  ttlSeconds: number;
}
/** The Docker engine of an environment. `images` are the names of the images that it has pulled. */
export interface Engine {
  endpoint: number;
  swarm: boolean;
  images: string[];
  containers?: { Id: string; Image: string }[];
}
/**
 * A cluster. `mode`: a number is the status of an empty response to every call, an object the whole response; down:
 * connections are refused. `delayMs` delays every call.
 */
export interface ClusterState {
  endpoint: number;
  namespaces: string[];
  mode: 'ok' | 'down' | number | ApiAnswer;
  delayMs: number;
  /** Secrets as namespace/name. */
  secrets: string[];
}

/** A registry as Portainer stores it. */
export interface Row {
  Id: number;
  Type: number;
  Name: string;
  URL: string;
  BaseURL: string;
  Authentication: boolean;
  Username: string;
  Password: string;
  TLSConfig: TlsConfig;
  Ecr: { Region: string };
  Gitlab: { ProjectId: number; InstanceURL: string; ProjectPath: string };
  Quay: { UseOrganisation?: boolean; OrganisationName: string };
  RegistryAccesses: Record<string, Access>;
  /** For type 7: the last token from AWS and its expiry in seconds since the epoch. Responses contain both. */
  AccessToken?: string;
  AccessTokenExpiry?: number;
}
export interface TlsConfig {
  TLS: boolean;
  TLSSkipVerify: boolean;
  TLSCACert?: string;
  TLSCert?: string;
  TLSKey?: string;
}
type Policies = Record<string, { RoleId: number }> | null;
/** The grants of a registry in one environment: users and teams, or namespaces of a cluster. */
export interface Access {
  UserAccessPolicies: Policies;
  TeamAccessPolicies: Policies;
  Namespaces: string[] | null;
}

/** The values of a registry that a test sets. `TLS` is as in the body of a POST. */
export interface RowSeed extends Partial<Omit<Row, 'RegistryAccesses'>> {
  Name: string;
  URL: string;
  TLS?: boolean;
  RegistryAccesses?: Record<string, Partial<Access>>;
}

/** Makes a row with the given id and default values. The default type is 3. */
export function makeRow({ TLS = false, RegistryAccesses = {}, ...seed }: RowSeed, Id: number): Row {
  return {
    Id,
    Type: 3,
    BaseURL: '',
    Authentication: false,
    Username: '',
    Password: '',
    TLSConfig: { TLS, TLSSkipVerify: false },
    Ecr: { Region: '' },
    Gitlab: { ProjectId: 0, InstanceURL: '', ProjectPath: '' },
    Quay: { OrganisationName: '' },
    ...seed,
    RegistryAccesses: Object.fromEntries(Object.entries(RegistryAccesses).map(([endpoint, access]) => [endpoint, makeAccess(access)])),
  };
}

export const makeAccess = (access: Partial<Access>): Access => ({
  UserAccessPolicies: null,
  TeamAccessPolicies: null,
  Namespaces: null,
  ...access,
});

/** A row as responses show it: without passwords, and with only the TLS settings in the management configuration. */
export function shown(row: Row, more: { RegistryAccesses: Row['RegistryAccesses'] | null; managed?: boolean }): object {
  const { Id, Type, Name, URL, BaseURL, Authentication, Username, TLSConfig, Ecr, Gitlab, Quay, AccessToken, AccessTokenExpiry } = row;
  const management = { Type: 0, Authentication: false, Username: '', Password: '', TLSConfig, Ecr: { Region: '' } };
  return {
    Id,
    Type,
    Name,
    URL,
    BaseURL,
    Authentication,
    Username,
    ManagementConfiguration: more.managed === false ? null : management,
    Gitlab,
    Github: { UseOrganisation: false, OrganisationName: '' },
    Quay,
    Ecr,
    RegistryAccesses: more.RegistryAccesses,
    UserAccessPolicies: null,
    TeamAccessPolicies: null,
    AuthorizedUsers: null,
    AuthorizedTeams: null,
    ...(AccessToken && { AccessToken, AccessTokenExpiry }),
  };
}
