/**
 * The state of a fake Harbor. Names are those of the API and of the recordings. It may be changed while the server
 * runs.
 */
export interface HarborState {
  users: User[];
  robots: Robot[];
  /** In table order: a written row moves to the end, as in PostgreSQL. */
  registries: Row[];
  upstreams: Upstream[];
  projects: Project[];
  policies: Policy[];
  read_only: boolean;
}
/** `registry_id`: the endpoint behind a proxy cache, or 0 for any other project. */
export interface Project {
  name: string;
  registry_id: number;
  public: boolean;
}
/**
 * A replication rule that pulls from the endpoint `source` or pushes to `destination`. The other side is Harbor itself.
 */
export interface Policy {
  id: number;
  name: string;
  source?: number;
  destination?: number;
}
export interface User {
  name: string;
  password: string;
  sysadmin: boolean;
}
/**
 * `name` includes the prefix. `access` lists resource:action. `expires_at` is in seconds since the epoch, `duration` in
 * days; -1 means never.
 */
export interface Robot {
  id: number;
  name: string;
  secret: string;
  level: 'system' | 'project';
  access: string[];
  disabled: boolean;
  expires_at: number;
  duration: number;
  description: string;
  creation_time: string;
}
export interface Credential {
  type: string;
  access_key: string;
  access_secret: string;
}
/** A remote registry as stored. `credential` is null without credentials. */
export interface Row {
  id: number;
  name: string;
  type: string;
  url: string;
  status: string;
  credential: Credential | null;
  insecure: boolean;
  ca_certificate: string;
  description: string;
  creation_time: string;
  update_time: string;
}
/**
 * A host that Harbor can reach. basic: 401 with a challenge, 200 for user and password; open and html: 200 for every
 * request; status-N: N for any credentials; slow: 200 for any credentials after `delay_ms`; silent: accepts the
 * connection but never answers; ecr-api: issues user and password for `access_key_id`.
 */
export interface Upstream {
  url: string;
  behaviour: 'basic' | 'open' | 'status-429' | 'status-503' | 'status-403' | 'html' | 'slow' | 'silent' | 'unreachable' | 'ecr-api';
  user: string | null;
  password: string | null;
  delay_ms?: number;
  access_key_id?: string;
}

/** The values of a row that a test sets. The defaults are a healthy docker-registry without credentials. */
export type RowSeed = Partial<Row> & Pick<Row, 'url'>;
/** `expired`: the robot has already expired. */
export type RobotSeed = Partial<Robot> & Pick<Robot, 'name' | 'secret'> & { expired?: boolean };

export function makeRow(seed: RowSeed, id: number, now: number): Row {
  const time = new Date(now).toISOString();
  const texts = { ca_certificate: '', description: '', creation_time: time, update_time: time };
  return { id, name: `endpoint-${id}`, type: 'docker-registry', status: 'healthy', credential: null, insecure: false, ...texts, ...seed };
}

export function makeRobot({ expired = false, ...seed }: RobotSeed, id: number, now: number): Robot {
  const life = { expires_at: expired ? Math.floor(now / 1000) - 86_400 : -1, duration: expired ? 30 : -1 };
  const rights = { level: 'system' as const, access: [], disabled: false };
  return { id, ...rights, ...life, description: '', creation_time: new Date(now).toISOString(), ...seed };
}

/** A row as responses show it: the secret masked, empty and false members left out. */
export function shown(row: Row): object {
  const { id, credential, ...members } = row;
  const { type, access_key, access_secret } = credential ?? {};
  return { id, ...filled({ ...members, credential: filled({ type, access_key, access_secret: access_secret && '*****' }) }) };
}

/** Drops empty members like Go's omitempty. */
const filled = (members: object): object => Object.fromEntries(Object.entries(members).filter(([, value]) => value));
