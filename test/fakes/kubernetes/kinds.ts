/**
 * The ownership of fields, after the schemas of Kubernetes: a leaf is owned as a whole (atomic lists too), a map key by
 * key, a struct member by member. plain: known, but never owned.
 */
export type Shape = 'leaf' | 'map' | 'plain' | { readonly [member: string]: Shape };

/** A kind that this double serves. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural name, as in the path. */
  readonly resource: string;
  readonly kind: string;
  readonly scope: 'cluster' | 'namespace';
  readonly shape: Shape;
  /** Whether PUT needs an existing object (`update`) or also creates one (`create`). */
  readonly put: 'update' | 'create';
  /** Set if a PUT without a resourceVersion is refused. */
  readonly versioned?: true;
  /** The response of DELETE. Defaults to a Status. */
  readonly deleted?: 'object';
}

const plain = (...members: readonly string[]): Record<string, Shape> => Object.fromEntries(members.map(member => [member, 'plain']));

const top: Record<string, Shape> = {
  ...plain('apiVersion', 'kind'),
  metadata: {
    ...plain('name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'managedFields'),
    ...plain('generation', 'selfLink', 'deletionGracePeriodSeconds'),
    labels: 'map',
    annotations: 'map',
    generateName: 'leaf',
    finalizers: 'leaf',
    ownerReferences: 'leaf',
  },
};

const leaves = (...members: readonly string[]): Record<string, Shape> => Object.fromEntries(members.map(member => [member, 'leaf']));

/** Members of the spec of a pod. Lists are owned as a whole here, and by key on a server. */
const podSpec = [
  'containers',
  'initContainers',
  'ephemeralContainers',
  'imagePullSecrets',
  'serviceAccountName',
  'nodeName',
  'restartPolicy',
  'terminationGracePeriodSeconds',
  'activeDeadlineSeconds',
  'tolerations',
  'nodeSelector',
  'volumes',
  'automountServiceAccountToken',
  'securityContext',
  'affinity',
  'priorityClassName',
  'hostNetwork',
  'dnsPolicy',
];

const core = { group: '', version: 'v1', scope: 'namespace', put: 'update' } as const;

export const kinds: readonly Kind[] = [
  { ...core, resource: 'namespaces', kind: 'Namespace', scope: 'cluster', shape: { ...top, ...plain('spec', 'status') } },
  {
    ...core,
    resource: 'secrets',
    kind: 'Secret',
    shape: { ...top, data: 'map', stringData: 'map', ...leaves('type', 'immutable') },
  },
  {
    ...core,
    resource: 'serviceaccounts',
    kind: 'ServiceAccount',
    deleted: 'object',
    shape: { ...top, ...leaves('imagePullSecrets', 'secrets', 'automountServiceAccountToken') },
  },
  { ...core, resource: 'configmaps', kind: 'ConfigMap', shape: { ...top, data: 'map', binaryData: 'map', ...leaves('immutable') } },
  {
    ...core,
    resource: 'pods',
    kind: 'Pod',
    deleted: 'object',
    shape: {
      ...top,
      spec: leaves(...podSpec),
      ...plain('status'),
    },
  },
  { ...core, resource: 'resourcequotas', kind: 'ResourceQuota', shape: { ...top, ...leaves('spec'), ...plain('status') } },
  {
    ...core,
    resource: 'events',
    kind: 'Event',
    put: 'create',
    shape: {
      ...top,
      ...leaves('involvedObject', 'reason', 'message', 'firstTimestamp', 'lastTimestamp', 'count', 'type', 'series', 'action', 'related'),
      source: leaves('component', 'host'),
      ...leaves('eventTime', 'reportingComponent', 'reportingInstance'),
    },
  },
  {
    ...core,
    group: 'coordination.k8s.io',
    resource: 'leases',
    kind: 'Lease',
    put: 'create',
    versioned: true,
    shape: {
      ...top,
      spec: leaves('holderIdentity', 'leaseDurationSeconds', 'acquireTime', 'renewTime', 'leaseTransitions', 'strategy', 'preferredHolder'),
    },
  },
];

export const kindOf = (group: string, resource: string): Kind | undefined =>
  kinds.find(kind => kind.group === group && kind.resource === resource);

/** The value of `apiVersion`: v1, coordination.k8s.io/v1. */
export const apiVersionOf = ({ group, version }: Kind): string => (group ? `${group}/${version}` : version);

/** The kind as in messages: /v1, Kind=Secret. */
export const titleOf = (kind: Kind): string => `${kind.group}/${kind.version}, Kind=${kind.kind}`;
