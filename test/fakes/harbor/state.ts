/** What a fake Harbor knows. Names are those of the API and of the recordings. May be changed while it runs. */
export interface HarborState {
  users: User[];
  robots: Robot[];
  /** In the order of the table: a row that is written moves to its end, as in PostgreSQL. */
  registries: Row[];
  upstreams: Upstream[];
  projects: Project[];
  policies: Policy[];
  read_only: boolean;
}
/** `registry_id`: of the endpoint behind a proxy cache; 0 for any other project. */
export interface Project {
  name: string;
  registry_id: number;
  public: boolean;
}
/** A replication rule pulls from the endpoint `source`, or pushes to `destination`. The other side is Harbor itself. */
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
 * `name` with its prefix, `access` as resource:action. Seconds since the epoch in `expires_at`, days in `duration`; -1:
 * never.
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
/** A remote registry as stored. `credential` null: none. */
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
 * A host that Harbor reaches. basic: 401 with a challenge, 200 to user and password; open and html: 200 to everybody;
 * status-N: N to any credentials; slow: 200 to any after `delay_ms`; silent: takes the connection and says nothing;
 * ecr-api: hands out user and password for `access_key_id`.
 */
export interface Upstream {
  url: string;
  behaviour: 'basic' | 'open' | 'status-429' | 'status-503' | 'status-403' | 'html' | 'slow' | 'silent' | 'unreachable' | 'ecr-api';
  user: string | null;
  password: string | null;
  delay_ms?: number;
  access_key_id?: string;
}

/** What a test has to say of a row; the rest is a healthy docker-registry without credentials. */
export type RowSeed = Partial<Row> & Pick<Row, 'url'>;
/** `expired`: its end lies in the past. */
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

/** A row as answers show it: the secret masked, what is empty or false left out. */
export function shown(row: Row): object {
  const { id, credential, ...members } = row;
  const { type, access_key, access_secret } = credential ?? {};
  return { id, ...filled({ ...members, credential: filled({ type, access_key, access_secret: access_secret && '*****' }) }) };
}

/** Go's omitempty. */
const filled = (members: object): object => Object.fromEntries(Object.entries(members).filter(([, value]) => value));
