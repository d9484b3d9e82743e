/**
 * The shapes that the API server accepts for the kinds that we ship, with unknown members rejected (as by kubectl and
 * `fieldValidation=Strict`). They cover the types of k8s.io/api as far as the chart uses them: look there before you
 * add a member.
 */
type Shape = 'text' | 'number' | 'boolean' | 'texts' | 'map' | 'any' | readonly [Shape] | Members;
interface Members {
  /** A name that ends with `!` is required. */
  readonly [member: string]: Shape;
}

const meta: Members = { 'name!': 'text', namespace: 'text', labels: 'map', annotations: 'map' };
const top = (apiVersion: string, more: Members): readonly [string, Members] => [
  apiVersion,
  { 'apiVersion!': 'text', 'kind!': 'text', 'metadata!': meta, ...more },
];
const rbac = 'rbac.authorization.k8s.io/v1';
const rules: Shape = [{ 'apiGroups!': 'texts', 'resources!': 'texts', resourceNames: 'texts', 'verbs!': 'texts' }];
const binding: Members = {
  'roleRef!': { 'apiGroup!': 'text', 'kind!': 'text', 'name!': 'text' },
  'subjects!': [{ 'kind!': 'text', 'name!': 'text', 'namespace!': 'text' }],
};
const probe: Members = {
  'httpGet!': { 'path!': 'text', 'port!': 'any' },
  periodSeconds: 'number',
  timeoutSeconds: 'number',
  failureThreshold: 'number',
};
const seccomp: Members = { 'type!': 'text', localhostProfile: 'text' };
const container: Members = {
  'name!': 'text',
  'image!': 'text',
  imagePullPolicy: 'text',
  command: 'texts',
  args: 'texts',
  env: [{ 'name!': 'text', value: 'text', valueFrom: 'any' }],
  ports: [{ name: 'text', 'containerPort!': 'number', protocol: 'text' }],
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  securityContext: {
    allowPrivilegeEscalation: 'boolean',
    readOnlyRootFilesystem: 'boolean',
    capabilities: { drop: 'texts', add: 'texts' },
    runAsNonRoot: 'boolean',
    runAsUser: 'number',
    runAsGroup: 'number',
    seccompProfile: seccomp,
    seLinuxOptions: { type: 'text', level: 'text', role: 'text', user: 'text' },
  },
  resources: { requests: 'map', limits: 'map' },
  volumeMounts: [{ 'name!': 'text', 'mountPath!': 'text', readOnly: 'boolean', subPath: 'text' }],
};
const pod: Members = {
  serviceAccountName: 'text',
  automountServiceAccountToken: 'boolean',
  enableServiceLinks: 'boolean',
  terminationGracePeriodSeconds: 'number',
  imagePullSecrets: [{ 'name!': 'text' }],
  priorityClassName: 'text',
  securityContext: {
    runAsNonRoot: 'boolean',
    runAsUser: 'number',
    runAsGroup: 'number',
    fsGroup: 'number',
    seccompProfile: seccomp,
  },
  initContainers: [container],
  'containers!': [container],
  volumes: [
    {
      'name!': 'text',
      configMap: { 'name!': 'text' },
      secret: { 'secretName!': 'text' },
      emptyDir: { medium: 'text', sizeLimit: 'text' },
      hostPath: { 'path!': 'text', type: 'text' },
    },
  ],
  nodeSelector: 'map',
  tolerations: [{ key: 'text', operator: 'text', value: 'text', effect: 'text', tolerationSeconds: 'number' }],
  affinity: 'any',
};

const kinds: Readonly<Record<string, readonly [apiVersion: string, Members]>> = {
  Namespace: top('v1', {}),
  ServiceAccount: top('v1', { automountServiceAccountToken: 'boolean', imagePullSecrets: [{ 'name!': 'text' }] }),
  ConfigMap: top('v1', { 'data!': 'map', immutable: 'boolean' }),
  Service: top('v1', {
    'spec!': {
      clusterIP: 'text',
      publishNotReadyAddresses: 'boolean',
      'selector!': 'map',
      'ports!': [{ 'name!': 'text', 'port!': 'number', targetPort: 'any' }],
    },
  }),
  ClusterRole: top(rbac, { 'rules!': rules }),
  Role: top(rbac, { 'rules!': rules }),
  ClusterRoleBinding: top(rbac, binding),
  RoleBinding: top(rbac, binding),
  Deployment: top('apps/v1', {
    'spec!': {
      replicas: 'number',
      strategy: { 'type!': 'text', rollingUpdate: { maxSurge: 'text', maxUnavailable: 'text' } },
      'selector!': { 'matchLabels!': 'map' },
      'template!': { 'metadata!': { 'labels!': 'map', annotations: 'map' }, 'spec!': pod },
    },
  }),
  DaemonSet: top('apps/v1', {
    'spec!': {
      updateStrategy: { 'type!': 'text', rollingUpdate: { maxSurge: 'any', maxUnavailable: 'any' } },
      'selector!': { 'matchLabels!': 'map' },
      'template!': { 'metadata!': { 'labels!': 'map', annotations: 'map' }, 'spec!': pod },
    },
  }),
  StatefulSet: top('apps/v1', {
    'spec!': {
      replicas: 'number',
      'serviceName!': 'text',
      podManagementPolicy: 'text',
      'selector!': { 'matchLabels!': 'map' },
      'template!': { 'metadata!': { 'labels!': 'map', annotations: 'map' }, 'spec!': pod },
    },
  }),
  ServiceMonitor: top('monitoring.coreos.com/v1', {
    'spec!': {
      'selector!': { 'matchLabels!': 'map' },
      'endpoints!': [{ 'port!': 'text', path: 'text', interval: 'text', relabelings: [{ targetLabel: 'text', replacement: 'text' }] }],
    },
  }),
  PrometheusRule: top('monitoring.coreos.com/v1', {
    'spec!': {
      'groups!': [{ 'name!': 'text', 'rules!': [{ 'alert!': 'text', 'expr!': 'text', for: 'text', labels: 'map', annotations: 'map' }] }],
    },
  }),
};

/** Returns the objections that the API server would have to an object, one sentence each. */
export function faultsOf(object: { readonly apiVersion: string; readonly kind: string }): string[] {
  const known = Object.hasOwn(kinds, object.kind) ? kinds[object.kind] : undefined;
  if (!known) return [`no kind ${object.kind}`];
  const [apiVersion, members] = known;
  const version = object.apiVersion === apiVersion ? [] : [`${object.kind} is of ${apiVersion}, not ${object.apiVersion}`];
  return [...version, ...faultsAt(object.kind, object, members)];
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function faultsAt(path: string, value: unknown, shape: Shape): string[] {
  const unless = (fits: boolean): string[] =>
    fits ? [] : [`${path} is not ${typeof shape === 'string' ? shape : 'object'}: ${JSON.stringify(value)}`];
  if (shape === 'any') return unless(value !== null);
  if (shape === 'text') return unless(typeof value === 'string');
  if (shape === 'texts') return unless(Array.isArray(value) && value.every(one => typeof one === 'string'));
  if (shape === 'map') return unless(isTree(value) && Object.values(value).every(one => typeof one === 'string'));
  if (typeof shape === 'string') return unless(typeof value === shape);
  if (isList(shape))
    return Array.isArray(value) ? value.flatMap((one, at) => faultsAt(`${path}[${at}]`, one, shape[0])) : [`${path} is not a list`];
  return isTree(value) ? faultsIn(path, value, shape) : [`${path} is not an object`];
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

function faultsIn(path: string, value: Readonly<Record<string, unknown>>, members: Members): string[] {
  const lacking = Object.keys(members).filter(name => name.endsWith('!') && !(name.slice(0, -1) in value));
  return [
    ...lacking.map(name => `${path} has no ${name.slice(0, -1)}`),
    ...Object.entries(value).flatMap(([name, part]) => {
      const shape = members[name] ?? members[`${name}!`];
      return shape ? faultsAt(`${path}.${name}`, part, shape) : [`${path} has no member ${name}`];
    }),
  ];
}
