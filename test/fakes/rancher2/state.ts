import { randomUUID } from 'node:crypto';

/** As in Kubernetes RBAC: everywhere without `namespace`; and in every cluster. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly namespace?: string;
}
export interface User {
  readonly name: string;
  readonly rules: readonly Rule[];
}
/** Used as NAME:SECRET. `cluster` limits it to that cluster. `expiresAt`: RFC 3339; empty is never. */
export interface Token {
  readonly name: string;
  readonly secret: string;
  readonly user: string;
  readonly enabled?: boolean;
  readonly expired?: boolean;
  readonly cluster?: string | null;
  readonly expiresAt?: string;
}

export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
/** A Secret as Kubernetes stores it; data in base64. */
export interface SecretObject {
  metadata: Metadata;
  immutable?: boolean;
  data?: Record<string, string>;
  type: string;
}
export interface SecretSeed {
  readonly namespace: string;
  readonly name: string;
  readonly type?: string;
  readonly data: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}
export interface NamespaceSeed {
  readonly name: string;
  readonly phase?: string;
  readonly labels?: Readonly<Record<string, string>>;
}
export interface ClusterSeed {
  readonly id: string;
  readonly name?: string;
  /** Not provisioned: Rancher has no way to its API. */
  readonly provisioned?: boolean;
  /** The agent over there has hung up: Rancher shows the cluster as unavailable, and its proxy fails. */
  readonly down?: boolean;
  readonly namespaces?: readonly NamespaceSeed[];
  readonly secrets?: readonly SecretSeed[];
}
export interface ProjectSeed {
  /** CLUSTER:PROJECT */
  readonly id: string;
  readonly name?: string;
  readonly backingNamespace: string;
}
/** A cluster that Rancher provisioned (RKE2, K3s): its object of provisioning.cattle.io in the management cluster. */
export interface ProvisionedSeed {
  readonly namespace: string;
  readonly name: string;
  readonly configs?: Readonly<Record<string, { readonly authConfigSecretName?: string }>>;
}

/** One Kubernetes cluster. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  provisioned: boolean;
  down: boolean;
  readonly namespaces: Map<string, NamespaceSeed>;
  /** By NAMESPACE/NAME, in the order in which they were made. */
  readonly secrets: Map<string, SecretObject>;
  /** Of the whole cluster: grows with every change. */
  version: number;
}
export interface Rancher2State {
  readonly clusters: Map<string, Cluster>;
  readonly projects: ProjectSeed[];
  readonly provisioned: ProvisionedSeed[];
  /** By name; one that is not there is unknown to this version. */
  readonly settings: Record<string, string>;
  readonly users: User[];
  readonly tokens: Token[];
}

/** The management cluster, which is always there. */
export const managementId = 'local';

export function makeCluster({ id, name = id, provisioned = true, down = false, namespaces = [], secrets = [] }: ClusterSeed): Cluster {
  const cluster: Cluster = {
    id,
    name,
    provisioned,
    down,
    namespaces: new Map(namespaces.map(namespace => [namespace.name, namespace])),
    secrets: new Map(),
    version: 1000,
  };
  for (const seed of secrets) plant(cluster, seed);
  return cluster;
}

/** As if it had been made long ago: no rule is checked. */
export function plant(cluster: Cluster, { namespace, name, type = 'kubernetes.io/dockerconfigjson', ...seed }: SecretSeed): SecretObject {
  if (!cluster.namespaces.has(namespace)) cluster.namespaces.set(namespace, { name: namespace });
  const secret: SecretObject = {
    metadata: { name, namespace, uid: randomUUID(), resourceVersion: String(++cluster.version) },
    ...(seed.immutable && { immutable: true }),
    data: { ...seed.data },
    type,
  };
  if (Object.keys(seed.labels ?? {}).length > 0) secret.metadata.labels = { ...seed.labels };
  if (Object.keys(seed.annotations ?? {}).length > 0) secret.metadata.annotations = { ...seed.annotations };
  cluster.secrets.set(`${namespace}/${name}`, secret);
  return secret;
}
