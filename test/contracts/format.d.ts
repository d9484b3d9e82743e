// The formats of shared/contracts/*.json, one type a file: PortainerFile, HarborFile ... PluginFile. The `about` of
// each file explains the members.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/**
 * A text that may contain ${...}, b64(...) and base64(user:password). "${name}" alone stands for the value with its
 * JSON type. The `about` of each file lists its notations.
 */
export type Text = string;

// ---- exchange files: the requests to a server and its responses
/** S = start state, B = what happens before a step, T = the closed list of topics. */
export interface ExchangeFile<S, B = never, T extends string = string> {
  product: string;
  version: string;
  recorded: string;
  about: string;
  // member paths that a credential adapter depends on: a.b, a.*, a[].b; relative to the body, or to each element of a
  // body that is a list
  reads: string[];
  topics?: Record<T, string>; // portainer, harbor; the other files list them in `about`
  placeholders?: Record<string, string>; // portainer, harbor: values that the harness sets
  blobs?: Record<string, string>; // registry: digest to base64
  scenarios: Scenario<S, B, T>[];
}
export interface Scenario<S, B = never, T extends string = string> {
  name: string;
  why: string;
  given: Text;
  state: S;
  topics: T[];
  steps?: Step<B>[]; // absent where the scenario has facts (rancher-2)
  source?: string;
  basis?: string;
  facts?: string[];
  client?: string;
  clientVersion?: string;
  config?: Json;
  exit?: number;
  stdout?: string;
  stderr?: string; // registry: for human readers
}
export interface Step<B = never> {
  request: Request;
  response: Response;
  note?: string;
  before?: B[];
  unordered?: true; // arrays are compared as sets
  anyRows?: true; // harbor: compare the number of rows only
  partial?: true; // portainer: the recorded body is an excerpt, more members are allowed
  bodyMatters?: false; // the body is not compared, but values are still captured from it
  volatile?: string[]; // rancher-1.6: members, at any depth, that are not compared
  needs?: string[]; // topics that this step needs; without them only this step is left out
  async?: string;
  parallel?: string;
  clientTimeoutMs?: number; // portainer, harbor
  // rancher-1.6; portainer
  poll?: 'passing' | 'until' | { member: string; not: Json } | { tasksRunning: number } | { taskErrors: number };
  during?: During[];
  service?: 'kubernetes';
  signedWith?: string; // kubernetes; rancher-2; aws
  kubernetesRequests?: Json[];
  secretsAfter?: Json;
  registrySaw?: Json; // seen behind the server
  tookMs?: number;
  startMs?: number; // measured, not compared
  sdk?: {
    ok?: Json;
    error?: string;
    message?: string;
    httpStatus?: number;
    attempts?: number;
    seconds?: number;
    fault?: string;
    reason?: string;
  }; // aws
}
/** At most one of body, form (multipart), text (raw, UTF-8). */
export interface Request {
  method: string;
  path: Text;
  headers?: Record<string, Text>;
  body?: Json;
  form?: Record<string, Text>;
  text?: Text;
}
/** A response. Without body, text and stream the body is empty. status null: the client closed the connection first. */
export interface Response {
  status: number | null;
  headers?: Record<string, Text | Text[]>;
  body?: Json;
  text?: Text;
  bodyIsExcerpt?: string[];
  watchLines?: Json[];
  end?: 'timeout' | 'after-error' | 'shutdown';
  seconds?: number; // kubernetes
  lines?: Json[]; // registry: a stream of the engine, for human readers
}
/**
 * A response matches when its status and the listed headers are equal, everything that the fake sends is in the
 * recording and equal, the `reads` are there, and arrays are equal in length and order.
 */

export type PortainerTopic =
  | 'registries'
  | 'auth'
  | 'ping'
  | 'system'
  | 'routes'
  | 'csrf'
  | 'configure'
  | 'access'
  | 'type-7'
  | 'type-7-aws'
  | 'pull'
  | 'engine'
  | 'swarm'
  | 'stacks'
  | 'kubernetes'
  | 'server-flags'
  | 'restart'
  | 'parallel'
  | 'timing';
export type PortainerFile = ExchangeFile<PortainerState, PortainerBefore, PortainerTopic>;
export type PortainerBefore =
  | { upstream: Text; password: Text }
  | { engine: Json }
  | { kubernetes: Json }
  | { aws: Json }
  | { restart: 'server' }
  | { pause_ms: number }
  | { await: string };
export interface PortainerState {
  server: {
    initialized: boolean;
    adminInitWindow: 'open' | 'closed';
    setupToken: string | null;
    baseUrl: string | null;
    port: 'http' | 'https';
  };
  users: { id: number | Text; name: string; password: string; role: 'administrator' | 'standard'; apiKey: Text | null }[];
  registries: {
    Id: Text;
    Name: string;
    Type: number;
    URL: Text;
    Authentication: boolean;
    Username?: string;
    Password?: Text;
    TLS?: boolean;
    Ecr?: { Region: string };
    RegistryAccesses?: Json;
  }[];
  endpoints: { Id: Text; Name: string; kind: 'docker' | 'kubernetes-agent'; users: string[] }[];
  upstream: {
    registries: { host: Text; tls: boolean; user: string; password: Text; images: Json[] }[]; // host may be "*.suffix"
    engine: { endpoint: Text; version: string; swarm: boolean; images: Json; containers: Json; services: Json } | null;
    aws: { accessKeyId: string; region: string; user: string; password: Text; ttlSeconds: number } | null;
    kubernetes: { endpoint: Text; namespaces: string[]; mode: Json; delayMs: number; secrets: Json } | null;
  };
}
export type HarborTopic =
  | 'registries'
  | 'upstream'
  | 'upstream-change'
  | 'ping'
  | 'auth'
  | 'robots'
  | 'paging'
  | 'sort'
  | 'query'
  | 'url-forms'
  | 'local-registry'
  | 'routes'
  | 'system'
  | 'aws-ecr'
  | 'csrf'
  | 'read-only'
  | 'configuration'
  | 'replication'
  | 'health-loop'
  | 'timing';
export type HarborFile = ExchangeFile<HarborState, HarborBefore, HarborTopic>;
export type HarborBefore = { upstream: Text; password: Text } | { pause_ms: number } | { await: string };
export interface HarborState {
  users: { name: string; password: string; sysadmin: boolean }[];
  robots: { id: Text; name: string; secret: string; level: 'system' | 'project'; access: string[]; disabled: boolean; expired: boolean }[];
  registries: {
    id: Text;
    name: string;
    type: string;
    url: string;
    status: string;
    credential: null | { type: string; access_key: string; access_secret: string };
  }[];
  upstreams: {
    url: string;
    behaviour: 'basic' | 'open' | 'status-429' | 'status-503' | 'status-403' | 'html' | 'slow' | 'silent' | 'unreachable' | 'ecr-api';
    user: string | null;
    password: string | null;
    delay_ms?: number;
    access_key_id?: string;
  }[];
  read_only: boolean;
}
export type KubernetesFile = ExchangeFile<KubernetesState, KubernetesBefore>;
export type KubernetesBefore = { request: Request } | { seconds: number } | { compact: Json } | { restart: Json };
export interface During {
  afterSeconds: number;
  words: string;
  request?: Request;
  restart?: Json;
  finalizeNamespace?: string;
}
export interface KubernetesState {
  server: { namespaces: string[]; controllers: boolean; watchCacheBehind: boolean; watchProgress: boolean; maxRequestBytes: number };
  users: { token: string | null; name: string; groups: string[]; rules: Rule[] }[];
  objects: { apiVersion: string; kind: string; metadata: Json; [member: string]: Json }[];
}
export interface Rule {
  apiGroups?: string[];
  resources?: string[];
  verbs: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  namespace?: string;
  grantedBy?: Json;
}
export type Rancher16File = ExchangeFile<Rancher16State, Rancher16Before>;
export type Rancher16Before =
  | { request: Request }
  | { waitFor: { path: Text; headers?: Record<string, Text>; state?: string; transitioning?: string } }
  | { seconds: number };
export interface Rancher16State {
  accessControl: boolean;
  accounts: { id: Text; name: string; kind: string; state: string }[];
  environments: { id: Text; name: string; kind: string; state: string; members?: { account: Text; role: string }[] }[];
  keys: {
    id?: Text;
    name: string;
    access: Text;
    secret: Text;
    kind: 'account' | 'environment' | 'agent';
    account: Text;
    accountKind: string;
    state: string;
    role?: string;
  }[];
  registries: { id: Text; environment: Text; serverAddress: string; state: string }[];
  credentials: { id: Text; registryId: Text; publicValue: string; secretValue: string; state: string }[];
}
export type Rancher2File = ExchangeFile<Rancher2State>;
export interface Rancher2State {
  server: { part: 'norman' | 'steve' | 'rancher'; login: boolean; sqlCache?: boolean };
  clusters: { id: string; provisioned: boolean }[];
  projects: { id: string; cluster: string; backingNamespace: string }[];
  namespaces: { name: string; phase: string }[];
  secrets: {
    namespace: string;
    name: string;
    type: string;
    data: Record<string, string>;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  }[];
  users: { name: string; rules: Rule[] }[];
  tokens: { name: string; secret: string; user: string; enabled: boolean; expired: boolean; cluster: string | null }[];
}
export type RegistryFile = ExchangeFile<
  RegistryState,
  { password: string } | { expiredForm: '403 envelope' | '401 envelope' | '403 text' }
>;
export interface RegistryState {
  server: 'docker-registry' | 'ecr';
  host: string;
  user?: string;
  password?: string;
  repositories: Record<string, Record<string, string>>;
  principal?: string;
  deny?: Record<string, 'identity' | 'resource' | 'explicit' | 'no body'>;
  cachePrefixes?: string[];
  expired?: string[];
  limited?: true;
  helperToken?: string | null;
  imagePresent?: true;
}
export type SwarmFile = ExchangeFile<SwarmState, SwarmBefore>;
export type SwarmBefore =
  | { upstream: string; password: string }
  | { engine: { images: [] } }
  | { tag: string; digest: string }
  | { seconds: number };
export interface SwarmState {
  engine: { version: string; apiVersion: string; minApiVersion: string; swarm: 'manager' | 'inactive'; images: string[] };
  registries: [{ host: string; user: string; password: string; images: Record<string, string> }];
}
export type AwsFile = ExchangeFile<AwsState>;
export interface AwsState {
  checks: boolean;
  keys: { id: Text; secret: Text; user: string }[];
  policies: Record<string, Json[]>;
  repositories: string[];
  functions: Record<string, Json[]>;
  answers: Response[];
}

// ---- one run of a program: the input, the recording, and what our program does
interface Run {
  name: string;
  why: string;
  topics: string[];
  better?: string;
  args: string[];
  stdin: string;
  env: Record<string, Text>;
}
/**
 * `stdoutMatches` and `stderrMatches` are JavaScript regular expressions with the flags i and s. A decided case has no
 * `same`.
 */
export interface Verdict {
  exit: number;
  stdout?: string | { json: Json };
  stdoutMatches?: string;
  stderrMatches?: string;
  awsCalls?: ExpectedCall[];
  same?: boolean;
}
export interface ExpectedCall {
  op: string;
  region?: string;
  host?: string;
  role?: string;
  accessKeyId?: string;
  externalId?: string;
  times?: number | [least: number, most: number];
}
type Head = { product: string; version: string; recorded: string; about: string };
export type HelperFile = Head & { cases: HelperCase[] };
/**
 * A case with the source "decided" has no recorded run: awsCalls, stdout and exit are absent. `then` is a second run
 * while AWS refuses everything.
 */
export interface HelperCase extends Run {
  source?: 'decided';
  ours: Verdict & { then?: Verdict & { args?: string[]; stdin?: string } };
  files?: Record<string, string>;
  cacheDir?: string;
  aws?: AwsRule[];
  cacheFacts?: CacheFact[];
  publicSource?: true;
  goCacheBefore?: Json;
  goCacheAfter?: Json;
  awsCalls?: Json[];
  stdout?: string;
  stderr?: string;
  exit?: number | string;
  seconds?: number;
  log?: string[];
}
/** A rule for an op; the first one that is not used up applies. `ok` holds changes to the good answer. */
export interface AwsRule {
  op: string;
  times?: number;
  status?: number;
  headers?: Record<string, string>;
  body?: Json;
  skewSec?: number;
  delayMs?: number;
  close?: true;
  hang?: true;
  ok?: { empty?: true; authorizationToken?: string; password?: string; proxyEndpoint?: Text; expiresIn?: number; drop?: string[] };
}
export interface CacheFact {
  host: string;
  token?: string;
  issued?: Text;
  expires?: Text;
  identity?: 'same' | 'other';
  broken?: 'token' | 'file' | 'version';
}
// endpoints are absent in the other set
export type PluginFile = Head & { cases: PluginCase[]; endpoints?: EndpointCase[]; kubelet: KubeletCase[] };
export type AwsAnswers =
  | 'ok'
  | 'noexpiry'
  | 'expired'
  | 'short'
  | 'fraction'
  | 'denied'
  | 'unrecognized'
  | 'throttle'
  | 'down'
  | 'once503'
  | 'empty'
  | 'nocolon'
  | 'colons'
  | 'badb64'
  | 'sts-denied';
export interface PluginCase extends Run {
  ours: Verdict;
  awsAnswers: AwsAnswers;
  awsCalls: Json[];
  stdout: string;
  exit: number;
  stderr?: string;
  stderrContains?: string[];
}
export interface EndpointCase {
  name: string;
  topics: string[];
  better?: string;
  image: string;
  env: Record<string, Text>;
  serviceAccountToken: boolean;
  contacts: string[];
  error?: string;
  ours: { exit: number; contacts: string[]; same: boolean };
}
export interface KubeletCase {
  name: string;
  why: string;
  topics: string[];
  config: Json;
  images: string[];
  kubeletStarts: boolean;
  error?: string;
  flags?: string[];
  kubeletEnv?: Record<string, string>;
  plugins: Record<string, { stdout?: string; stderr?: string; exit?: number; sleep?: number; showEnv?: true; mode?: string }>;
  lookups?: { image: string; found: boolean; credentials: Json[] }[];
  execs?: Record<string, number>;
  execImages?: string[];
  stdin?: Record<string, string>;
  pluginSaw?: string;
  kubeletLog?: Json;
}
