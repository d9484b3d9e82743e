import { print } from '../config/json-schema.ts';
import { chartOptions } from './chart-options.ts';
import { configValues, ownTarget } from './chart-values.ts';
import { versioned } from './versioned.ts';

const chart = 'deploy/helm/ecr-courier';

/** The generated files of the chart. Some are copies, as Helm reads no file outside the chart. */
export const chartFiles = (): [path: string, text: string][] => [
  [`${chart}/values.schema.json`, `${print(valuesSchema())}\n`],
  [`${chart}/files/options.json`, chartOptions()],
  [`${chart}/files/ecr-courier.rules.yml`, versioned('deploy/prometheus/ecr-courier.rules.yml')],
  [`${chart}/files/ecr-courier.json`, versioned('deploy/grafana/ecr-courier.json')],
];

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const boolean: Schema = { type: 'boolean' };
const free: Schema = { type: 'object' };
const label = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const subdomain = String.raw`[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*`;
const keyed = (values: Schema): Schema => ({
  type: 'object',
  // With `propertyNames`, Helm 4.3.1 reports the wrong place.
  patternProperties: { [`^(${subdomain}/)?${label}$`]: { type: 'string', ...values } },
  additionalProperties: false,
});
const annotations = keyed({});
const labels = keyed({ pattern: `^(${label})?$` });
const list: Schema = { type: 'array', items: { type: 'object' } };
const only = (properties: Readonly<Record<string, Schema>>): Schema => ({ type: 'object', additionalProperties: false, properties });
/**
 * An object whose `names` are required: a key without a value, such as one whose members are all commented out, would
 * remove the chart's default, and these have no other.
 */
const needed = (names: readonly string[], properties: Readonly<Record<string, Schema>>): Schema => ({
  ...only(properties),
  required: names,
});
const groups = ['image', 'aws', 'admin', 'serviceAccount', 'rbac', 'service', 'serviceMonitor', 'prometheusRule', 'dashboard'];
const objectName: Schema = { type: 'string', maxLength: 253, pattern: `^(${subdomain})?$` };
/** The name of a Service too, so it begins with a letter and has no dots. */
const ownName: Schema = { type: 'string', maxLength: 63, pattern: '^([a-z]([-a-z0-9]*[a-z0-9])?)?$' };
/** A duration in the format of Prometheus: 1m30s. */
const duration: Schema = { type: 'string', pattern: '^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$' };

/** The schema of the chart's values. It checks the types that the courier accepts; the templates check the texts. */
function valuesSchema(): Schema {
  return {
    // The newest draft that all versions of Helm read.
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'values of the chart ecr-courier',
    ...needed(['replicas', ...groups, 'podSecurityContext', 'securityContext'], {
      global: free,
      replicas: { type: 'integer', minimum: 1, maximum: 9 },
      image: needed(['repository', 'pullPolicy'], {
        repository: { type: 'string', minLength: 1 },
        tag: { type: 'string', pattern: String.raw`^(\w[\w.-]{0,127})?$` },
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: list,
      nameOverride: ownName,
      fullnameOverride: ownName,
      target: { ...ownTarget(), type: ['object', 'null'] },
      config: configValues(),
      existingConfigMap: objectName,
      aws: only({ existingSecret: objectName, region: text }),
      admin: only({ existingSecret: objectName }),
      serviceAccount: needed(['create'], { create: boolean, name: objectName, annotations }),
      rbac: needed(['create', 'mode'], {
        create: boolean,
        mode: { enum: ['cluster', 'namespaces'] },
        readNamespaces: boolean,
        prune: boolean,
        countPods: boolean,
      }),
      extraEnv: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: text, value: text } } },
      extraVolumes: list,
      extraVolumeMounts: list,
      podAnnotations: annotations,
      podLabels: labels,
      priorityClassName: objectName,
      nodeSelector: labels,
      tolerations: list,
      affinity: free,
      podSecurityContext: free,
      securityContext: free,
      resources: free,
      service: needed(['port'], { port: { type: 'integer', minimum: 1, maximum: 65535 } }),
      serviceMonitor: only({ enabled: boolean, interval: duration, labels }),
      prometheusRule: only({ enabled: boolean, labels }),
      dashboard: only({ enabled: boolean, labels }),
    }),
  };
}
