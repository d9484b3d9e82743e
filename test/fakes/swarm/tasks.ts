import { canonical } from './exact-json.ts';
import { loginIn } from './login.ts';
import type { SwarmNode } from './node.ts';
import { modeOf, restartOf, templateOf } from './spec.ts';
import { newId, type Service, type Task } from './state.ts';

/** The number of tasks kept per slot, unless the restart policy limits attempts. */
const history = 5;

const isLive = ({ desired }: Task): boolean => desired === 'running';
export const tasksIn = ({ tasks }: Service, slot: number): Task[] => tasks.filter(task => task.slot === slot);

/** Starts a task in a slot. A task that fails or completes immediately has already ended when this returns. */
export function launch(service: Service, slot: number, node: SwarmNode, now: number, attempt = 0): Task {
  const { spec, auth } = service.now;
  const { kind } = modeOf(spec);
  const isJob = kind.endsWith('job');
  const iteration = isJob ? service.iteration : undefined;
  const task: Task = {
    id: newId(),
    slot,
    spec,
    auth,
    created: now,
    updated: now,
    attempt,
    iteration,
    state: 'running',
    desired: 'running',
    message: 'started',
  };
  const started = node.start(spec, auth === undefined ? undefined : loginIn(auth));
  if ('missing' in started) Object.assign(task, { state: 'rejected', error: `No such image: ${started.missing}`, message: 'preparing' });
  else {
    task.image = started.image;
    if (started.end === 'failed') Object.assign(task, { state: 'failed', error: 'task: non-zero exit (1)' });
    if (started.end === 'complete') Object.assign(task, { state: 'complete', message: 'finished' });
  }
  service.tasks.push(task);
  if (task.state !== 'running') end(task, now);
  prune(service, slot);
  return task;
}

/** Ends a task and schedules its replacement, if its restart policy says so. */
function end(task: Task, now: number): void {
  const { condition, delayMs, mostAttempts } = restartOf(task.spec);
  const isJob = task.iteration !== undefined;
  task.desired = isJob && task.state === 'complete' ? 'complete' : 'shutdown';
  const isWanted = task.state === 'complete' ? condition === 'any' && !isJob : condition !== 'none';
  if (isWanted && (mostAttempts === 0 || task.attempt < mostAttempts)) task.restartAt = now + delayMs;
}

export function stop(task: Task, now: number): void {
  delete task.restartAt;
  if (task.state === 'running') Object.assign(task, { state: 'shutdown', desired: 'shutdown', updated: now, message: 'shutdown' });
}

/** Replaces a task whose machine is gone by one with the current Spec and login of the service. */
export function lose(service: Service, task: Task, node: SwarmNode, now: number): void {
  Object.assign(task, { state: 'failed', desired: 'shutdown', updated: now, error: 'task: non-zero exit (137)' });
  launch(service, task.slot, node, now);
}

/** Removes the oldest ended tasks of a slot. If attempts are limited, it keeps only as many tasks as that needs. */
function prune(service: Service, slot: number): void {
  const { mostAttempts } = restartOf(service.now.spec);
  const most = mostAttempts > 0 ? mostAttempts + 1 : history;
  const old = tasksIn(service, slot).filter(task => !isLive(task));
  const surplus = new Set(old.slice(0, Math.max(0, tasksIn(service, slot).length - most)));
  service.tasks = service.tasks.filter(task => !surplus.has(task));
}

/**
 * Whether an update replaces the task in a slot. Another template always does; another login only if no task runs. This
 * includes a task that has completed and would not be restarted (recorded).
 */
export function isDirty(service: Service, slot: number): boolean {
  const newest = tasksIn(service, slot).findLast(isLive) ?? tasksIn(service, slot).at(-1);
  if (!newest) return false;
  const { spec, auth } = service.now;
  if (canonical(templateOf(newest.spec)) !== canonical(templateOf(spec))) return true;
  return newest.state !== 'running' && newest.auth !== auth;
}
