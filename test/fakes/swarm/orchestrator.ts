import type { SwarmNode } from './node.ts';
import { modeOf, rollOutOf } from './spec.ts';
import type { Given, Progress, Service, Task, UpdateStatus } from './state.ts';
import { isDirty, launch, stop, tasksIn } from './tasks.ts';

/** No service is brought further at once: its tasks may fail for ever. */
const mostSteps = 50;

/** Changes services, and does what follows. Everything that is due comes with the next `settle`, in its order. */
export interface Orchestrator {
  /** Another Spec, with a login; the former ones are kept. */
  change(service: Service, next: Given): void;
  /** All of them at once: they have the same version afterwards, and nothing else is new. */
  commit(services: readonly Service[]): void;
  /** The former Spec and its login are back. */
  rollBack(service: Service): void;
  settle(service: Service): void;
}

/** restless: every update replaces all tasks. patient: a task that fails in a roll-out counts after its `Monitor`. */
export interface Quirks {
  restless: boolean;
  patient: boolean;
}

export function makeOrchestrator(node: SwarmNode, wall: () => number, quirks: Quirks): Orchestrator {
  function change(service: Service, next: Given): void {
    const { spec, auth } = service.now;
    service.previous = service.version === 0 ? undefined : { spec, auth };
    service.now = next;
    service.status = undefined;
    service.rolling = undefined;
    if (modeOf(next.spec).kind.endsWith('job')) {
      if (service.version > 0) service.iteration++;
      service.executed = wall();
    }
    written(service);
    reconcile(service, 'update');
  }

  function rollBack(service: Service): void {
    const { previous, now } = service;
    if (!previous) throw new Error('there is nothing to roll back to');
    service.previous = now;
    service.now = previous;
    service.status = { state: 'rollback_started', message: 'manually requested rollback', started: wall() };
    written(service);
    reconcile(service, 'rollback');
  }

  function written(service: Service): void {
    service.version = nextVersion();
    service.updated = wall();
  }

  function reconcile(service: Service, way: 'update' | 'rollback'): void {
    const { kind, slots } = modeOf(service.now.spec);
    if (kind.endsWith('job')) return runJob(service, slots);
    const first = kind === 'global' ? 0 : 1;
    const wanted = Array.from({ length: slots }, (_, at) => at + first);
    service.tasks = service.tasks.filter(({ slot }) => wanted.includes(slot));
    const former = wanted.filter(slot => tasksIn(service, slot).length > 0);
    const dirty = former.filter(slot => quirks.restless || isDirty(service, slot));
    for (const slot of wanted) if (!former.includes(slot)) launch(service, slot, node, wall());
    if (dirty.length === 0 && way === 'update') return;
    if (way === 'update') progress(service, 'updating', 'update in progress');
    const plan = rollOutOf(service.now.spec, way === 'update' ? 'UpdateConfig' : 'RollbackConfig');
    service.rolling = { plan, way, slots: dirty, nextAt: wall() };
    settle(service);
  }

  /** A job runs as often as it is changed. */
  function runJob(service: Service, slots: number): void {
    const isGlobal = modeOf(service.now.spec).kind === 'global-job';
    if (isGlobal) service.tasks = [];
    for (let slot = 0; slot < slots; slot++) launch(service, slot, node, wall());
  }

  function progress(service: Service, state: Progress, message: string): void {
    const started = service.status?.started ?? wall();
    const status: UpdateStatus = { state, message, started, ...(state.endsWith('completed') && { completed: wall() }) };
    service.status = status;
    written(service);
  }

  function settle(service: Service): void {
    for (let step = 0; step < mostSteps; step++) {
      const now = wall();
      const { rolling } = service;
      if (rolling && rolling.nextAt <= now) roll(service, rolling);
      else {
        const ended = service.tasks.find(({ restartAt = Infinity }) => restartAt <= now);
        if (!ended) return;
        delete ended.restartAt;
        launch(service, ended.slot, node, now, ended.attempt + 1);
      }
    }
  }

  function roll(service: Service, rolling: NonNullable<Service['rolling']>): void {
    const { plan, way, slots } = rolling;
    if (rolling.failed) return failed(service, rolling, rolling.failed);
    const batch = slots.splice(0, plan.parallelism);
    if (batch.length === 0) {
      service.rolling = undefined;
      return way === 'update'
        ? progress(service, 'completed', 'update completed')
        : progress(service, 'rollback_completed', 'rollback completed');
    }
    for (const slot of batch) {
      for (const task of tasksIn(service, slot)) stop(task, wall());
      const task = launch(service, slot, node, wall());
      if (task.state === 'running' || plan.onFailure === 'continue') continue;
      if (!quirks.patient) return failed(service, rolling, task);
      rolling.failed = task;
      rolling.nextAt += plan.monitorMs;
      return;
    }
    rolling.nextAt += slots.length > 0 ? plan.delayMs : batch.length > 0 ? plan.monitorMs : 0;
  }

  function failed(service: Service, { plan, way }: NonNullable<Service['rolling']>, { id }: Task): void {
    const cause = `due to failure or early termination of task ${id}`;
    service.rolling = undefined;
    if (plan.onFailure !== 'rollback' || way === 'rollback' || !service.previous)
      return progress(service, way === 'update' ? 'paused' : 'rollback_paused', `update paused ${cause}`);
    service.now = service.previous;
    service.previous = undefined;
    progress(service, 'rollback_started', `update rolled back ${cause}`);
    reconcile(service, 'rollback');
  }

  let version = 10;
  // Every object of a Swarm counts on by the same index.
  const nextVersion = (): number => (version += 3);

  function commit(services: readonly Service[]): void {
    const shared = nextVersion();
    for (const service of services) Object.assign(service, { version: shared, updated: wall() });
  }

  return { change, commit, rollBack, settle };
}
