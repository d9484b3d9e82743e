import type { Members, Value } from './exact-json.ts';
import { modeOf, type Spec, templateOf } from './spec.ts';
import type { Service, Task } from './state.ts';

const time = (ms: number): string => new Date(ms).toISOString();
/** Omits a zero value, like Go. */
const unlessZero = (name: string, value: number | undefined): Members => (value ? { [name]: value } : {});

/** The ids of the node and the network that tasks are attached to. */
export interface Places {
  readonly node: string;
  readonly hostNetwork: string;
}

export function shownService(service: Service, { hostNetwork }: Places, more: Members = {}): Value {
  const { id, version, created, updated, now, previous, status, iteration, executed } = service;
  return {
    ID: id,
    Version: { Index: version },
    CreatedAt: time(created),
    UpdatedAt: time(updated),
    Spec: now.spec,
    ...(previous && { PreviousSpec: previous.spec }),
    Endpoint: { Spec: {}, VirtualIPs: [{ NetworkID: hostNetwork }] },
    ...(status && {
      UpdateStatus: {
        State: status.state,
        StartedAt: time(status.started),
        ...(status.completed !== undefined && { CompletedAt: time(status.completed) }),
        Message: status.message,
      },
    }),
    ...(executed !== undefined && { JobStatus: { JobIteration: unlessZero('Index', iteration), LastExecution: time(executed) } }),
    ...more,
  };
}

/** The members that `status=true` adds. */
export function statusOf({ now, tasks }: Service): Members {
  const count = (state: string): number => tasks.filter(task => task.state === state).length;
  return { ServiceStatus: { RunningTasks: count('running'), DesiredTasks: modeOf(now.spec).slots, CompletedTasks: count('complete') } };
}

/** Adds the engine's defaults to a Spec (recorded). */
export function withDefaults(spec: Spec): Spec {
  const config = { Parallelism: 1, FailureAction: 'pause', Monitor: 5_000_000_000, MaxFailureRatio: 0, Order: 'stop-first' };
  const { ContainerSpec, ...template } = templateOf(spec);
  return {
    UpdateConfig: config,
    RollbackConfig: config,
    ...spec,
    TaskTemplate: {
      ContainerSpec: { StopGracePeriod: 10_000_000_000, DNSConfig: {}, ...(ContainerSpec as Members) },
      Resources: {},
      Placement: {},
      ...template,
      Runtime: 'container',
    },
  };
}

export function shownTask(task: Task, service: Service, { node }: Places): Value {
  const { id, slot, spec, created, updated, state, desired, iteration, message, error } = task;
  return {
    ID: id,
    Version: { Index: service.version },
    CreatedAt: time(created),
    UpdatedAt: time(updated),
    Labels: {},
    Spec: templateOf(spec),
    ServiceID: service.id,
    ...unlessZero('Slot', slot),
    NodeID: node,
    Status: {
      Timestamp: time(updated),
      State: state,
      Message: message ?? state,
      ...(error !== undefined && { Err: error }),
      PortStatus: {},
    },
    DesiredState: desired,
    ...(iteration !== undefined && { JobIteration: unlessZero('Index', iteration) }),
  };
}
