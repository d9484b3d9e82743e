import { randomUUID } from 'node:crypto';

/** A rule as in Kubernetes RBAC. Without `namespace` it applies to all namespaces. It applies to every cluster. */
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
/** A token, used as NAME:SECRET. `cluster` limits it to one cluster. `expiresAt` is in RFC 3339; empty means never. */
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
/** A Secret as Kubernetes stores it, with data in base64. */
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
  /** Whether the cluster is provisioned. If not, Rancher cannot reach its API. */
  readonly provisioned?: boolean;
  /**
   * Whether the cluster's agent is disconnected. Rancher then shows the cluster as unavailable, and its proxy fails.
   */
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
/** A cluster that Rancher provisioned (RKE2, K3s): its provisioning.cattle.io object in the management cluster. */
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
  /** Secrets by NAMESPACE/NAME, in the order of creation. */
  readonly secrets: Map<string, SecretObject>;
  /** The version of the whole cluster. Every change increments it. */
  version: number;
}
export interface Rancher2State {
  readonly clusters: Map<string, Cluster>;
  readonly projects: ProjectSeed[];
  readonly provisioned: ProvisionedSeed[];
  /** Settings by name. This version does not know other settings. */
  readonly settings: Record<string, string>;
  readonly users: User[];
  readonly tokens: Token[];
}

/** The management cluster, which always exists. */
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

/** Adds a Secret without any checks, as if it had always existed. */
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
