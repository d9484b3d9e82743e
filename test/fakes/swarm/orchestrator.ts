import type { SwarmNode } from './node.ts';
import { modeOf, rollOutOf } from './spec.ts';
import type { Given, Progress, Service, Task, UpdateStatus } from './state.ts';
import { isDirty, launch, stop, tasksIn } from './tasks.ts';

/** The limit of steps in one `settle`, because tasks may fail forever. */
const mostSteps = 50;

/** Changes services and does what follows from that. Everything that is due happens in the next `settle`, in order. */
export interface Orchestrator {
  /** Sets another Spec with a login and keeps the former ones. */
  change(service: Service, next: Given): void;
  /** Commits all services at once. They get the same version and update time, and nothing else changes. */
  commit(services: readonly Service[]): void;
  /** Restores the former Spec and its login. */
  rollBack(service: Service): void;
  settle(service: Service): void;
}

/**
 * restless: every update replaces all tasks. patient: a task that fails in a roll-out counts only after its `Monitor`.
 */
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

  /** Runs a job. A job runs again after each change. */
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
  // All objects of a Swarm share one index, so versions have gaps.
  const nextVersion = (): number => (version += 3);

  function commit(services: readonly Service[]): void {
    const shared = nextVersion();
    for (const service of services) Object.assign(service, { version: shared, updated: wall() });
  }

  return { change, commit, rollBack, settle };
}
