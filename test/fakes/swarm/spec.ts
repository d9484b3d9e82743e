import { isMap, type Members, mapOf, textOf, type Value } from './exact-json.ts';

/** The Spec of a service, as the engine stores it. */
export type Spec = Members & { readonly Name: string };

/** The refusal of a request. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An API version: 1.41 is [1, 41]. */
export type Version = readonly [number, number];
export const versionOf = (text: string): Version => {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return [major, minor];
};
export const isBefore = (one: Version, other: Version): boolean => one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/**
 * The members of a Spec by the API version that introduced them. The engine drops them from requests in older versions
 * (adjustForAPIVersion in moby's daemon/server/router/swarm; Sysctls, MaxReplicas, capabilities and Ulimits recorded).
 */
const broughtBy: readonly (readonly [string, readonly string[]])[] = [
  ['1.40', ['TaskTemplate.ContainerSpec.Sysctls', 'TaskTemplate.Placement.MaxReplicas']],
  [
    '1.41',
    [
      'TaskTemplate.ContainerSpec.CapabilityAdd',
      'TaskTemplate.ContainerSpec.CapabilityDrop',
      'TaskTemplate.ContainerSpec.Ulimits',
      'TaskTemplate.Resources.Limits.Pids',
    ],
  ],
  ['1.44', ['TaskTemplate.ContainerSpec.Healthcheck.StartInterval']],
  ['1.46', ['TaskTemplate.ContainerSpec.OomScoreAdj']],
];

/** Returns the value without the member at a path. */
export function without(value: Value, [name = '', ...rest]: readonly string[]): Value {
  if (!isMap(value) || value[name] === undefined) return value;
  const { [name]: member, ...others } = value;
  return rest.length === 0 || member === undefined ? others : { ...value, [name]: without(member, rest) };
}

export function throughVersion(spec: Value, version: Version): Value {
  const dropped = broughtBy.flatMap(([since, paths]) => (isBefore(version, versionOf(since)) ? paths : []));
  return dropped.reduce((kept, path) => without(kept, path.split('.')), spec);
}

/** Reads a Spec, with the engine's additions and without zero values that it treats as unset. Throws a Refused. */
export function readSpec(given: Value, hostNetwork: string): Spec {
  const spec = mapOf(given);
  const template = mapOf(spec['TaskTemplate']);
  if (!isMap(template['ContainerSpec'])) throw new Refused(400, 'mismatched Runtime and *Spec fields');
  const { Name } = spec;
  if (typeof Name !== 'string' || Name === '')
    throw new Refused(400, 'rpc error: code = InvalidArgument desc = meta: name must be provided');
  const networks = Array.isArray(template['Networks']) ? template['Networks'] : undefined;
  return {
    Name,
    Labels: {},
    ...spec,
    TaskTemplate: {
      ...template,
      ContainerSpec: { Isolation: 'default', ...template['ContainerSpec'] },
      ...(isMap(template['RestartPolicy']) && {
        RestartPolicy: withoutZeros({ MaxAttempts: 0, ...template['RestartPolicy'] }, ['Delay', 'Window']),
      }),
      ...(networks && { Networks: networks.map(one => (mapOf(one)['Target'] === 'host' ? { ...mapOf(one), Target: hostNetwork } : one)) }),
      ForceUpdate: template['ForceUpdate'] ?? 0,
      Runtime: template['Runtime'] ?? 'container',
    },
    Mode: isMap(spec['Mode']) && Object.keys(spec['Mode']).length > 0 ? spec['Mode'] : { Replicated: { Replicas: 1 } },
    ...Object.fromEntries(
      ['UpdateConfig', 'RollbackConfig'].flatMap(name =>
        isMap(spec[name]) ? [[name, withoutZeros(spec[name], ['Delay', 'Monitor'])]] : [],
      ),
    ),
  };
}

const withoutZeros = (map: Members, names: readonly string[]): Members =>
  Object.fromEntries(Object.entries(map).filter(([name, value]) => !(names.includes(name) && value === 0)));

/** How the tasks of a service are replaced, with times in milliseconds. The defaults are those of the engine. */
export interface RollOut {
  readonly parallelism: number;
  readonly delayMs: number;
  readonly monitorMs: number;
  readonly onFailure: string;
}
export function rollOutOf(spec: Spec, which: 'UpdateConfig' | 'RollbackConfig'): RollOut {
  const config = mapOf(spec[which]);
  const ms = (name: string): number | undefined => (config[name] === undefined ? undefined : Number(config[name]) / 1e6);
  return {
    parallelism: Number(config['Parallelism'] ?? 1) || Infinity,
    delayMs: ms('Delay') ?? 0,
    monitorMs: ms('Monitor') ?? 5000,
    onFailure: textOf(config['FailureAction'], 'pause'),
  };
}

/** How an ended task is replaced. */
export interface Restart {
  readonly condition: string;
  readonly delayMs: number;
  /** 0: unlimited. */
  readonly mostAttempts: number;
}
export function restartOf(spec: Spec): Restart {
  const policy = mapOf(mapOf(spec['TaskTemplate'])['RestartPolicy']);
  return {
    condition: textOf(policy['Condition'], 'any'),
    delayMs: Number(policy['Delay'] ?? 5e9) / 1e6,
    mostAttempts: Number(policy['MaxAttempts'] ?? 0),
  };
}

/** The mode of a service. `slots` is the desired number of tasks; a global service has one on the only node. */
export interface Mode {
  readonly kind: 'replicated' | 'global' | 'replicated-job' | 'global-job';
  readonly slots: number;
}
export function modeOf(spec: Spec): Mode {
  const mode = mapOf(spec['Mode']);
  if ('Global' in mode) return { kind: 'global', slots: 1 };
  if ('GlobalJob' in mode) return { kind: 'global-job', slots: 1 };
  if ('ReplicatedJob' in mode) {
    const job = mapOf(mode['ReplicatedJob']);
    return { kind: 'replicated-job', slots: Number(job['TotalCompletions'] ?? job['MaxConcurrent'] ?? 1) };
  }
  return { kind: 'replicated', slots: Number(mapOf(mode['Replicated'])['Replicas'] ?? 1) };
}

/** Returns the template of the tasks. A change of it replaces tasks; a change of the login does not. */
export function templateOf(spec: Spec): Members {
  const { Runtime: _, ...template } = mapOf(spec['TaskTemplate']);
  return template;
}
