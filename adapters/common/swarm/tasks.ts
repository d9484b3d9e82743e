import { mapOf, textOf } from '../../../src/contract/shapes.ts';

/** The parsed part of a task. */
export interface Task {
  readonly id: string;
  /** Equal for tasks that replace one another: the number of the replica, or the node of a global service. */
  readonly place: string;
  readonly state: string;
  readonly desired: string;
  /**
   * The time of its creation; `since`: of its last change of state. In milliseconds since the epoch; NaN if unknown.
   */
  readonly made: number;
  readonly since: number;
  /** Why it does not run; empty if it runs. */
  readonly error: string;
}

/** Parses an element of `GET /tasks`; undefined if it is not a task. */
export function readTask(value: unknown): Task | undefined {
  const { ID, Slot, NodeID, CreatedAt, DesiredState, Status } = mapOf(value);
  if (textOf(ID) === '') return undefined;
  const { State, Timestamp, Err } = mapOf(Status);
  return {
    id: textOf(ID),
    place: typeof Slot === 'number' && Slot > 0 ? String(Slot) : textOf(NodeID),
    state: textOf(State),
    desired: textOf(DesiredState),
    made: Date.parse(textOf(CreatedAt)),
    since: Date.parse(textOf(Timestamp)),
    error: textOf(Err),
  };
}

const isRunning = ({ state, desired }: Task): boolean => state === 'running' && desired === 'running';
/** End states of a task that was not stopped from outside. */
const endedByItself: readonly string[] = ['complete', 'failed', 'rejected', 'orphaned'];

export const runningIn = (tasks: readonly Task[]): readonly Task[] => tasks.filter(isRunning);

/** Tasks that ran before and were replaced since, or will be. A task that ended by itself does not count. */
export function replacedSince(before: readonly Task[], after: readonly Task[]): readonly Task[] {
  const known = new Set(before.map(({ id }) => id));
  const fresh = new Set(after.filter(({ id }) => !known.has(id)).map(({ place }) => place));
  return runningIn(before).filter(task => {
    const now = after.find(({ id }) => id === task.id);
    if (!now) return true;
    return !endedByItself.includes(now.state) && (now.desired !== 'running' || fresh.has(task.place));
  });
}

/** The latest task of each place, if it failed or was rejected. */
export function failingIn(tasks: readonly Task[]): readonly Task[] {
  const places = [...Map.groupBy(tasks, ({ place }) => place).values()];
  const latest = places.flatMap(all => all.toSorted((a, b) => b.made - a.made).slice(0, 1));
  return latest.filter(({ state }) => state === 'failed' || state === 'rejected');
}

/** Whether Swarm wants the task to run. */
const isLive = ({ desired }: Task): boolean => desired === 'running' || desired === 'ready';
const ran: readonly string[] = ['complete', 'failed'];

/**
 * Whether a task has ended, with success or not, and Swarm does not restart it. An update would (recorded), which is
 * only right for a task whose image was refused. If enough tasks are live, ended ones are left over from scaling down.
 * replicas: as in `Service`.
 */
export function isAtEnd(tasks: readonly Task[], replicas = Number.POSITIVE_INFINITY): boolean {
  const places = [...Map.groupBy(tasks, ({ place }) => place).values()];
  const [live, idle] = [places.filter(all => all.some(isLive)), places.filter(all => !all.some(isLive))];
  if (live.length >= replicas) return false;
  return idle.some(all => {
    const [newest] = all.toSorted((a, b) => b.made - a.made);
    return newest !== undefined && ran.includes(newest.state);
  });
}

/** A pull hardly ever takes longer, in milliseconds. */
const longestPull = 30 * 60_000;

/**
 * Whether a task seems to be pulling its image, which an update would abort and start over. A task whose predecessor
 * was rejected does not count, because it may lack the login. now: milliseconds since the epoch.
 */
export function isPulling(tasks: readonly Task[], now: number): boolean {
  const rejected = new Set(tasks.filter(({ state }) => state === 'rejected').map(({ place }) => place));
  return tasks.some(
    ({ state, desired, place, since }) =>
      state === 'preparing' && desired !== 'shutdown' && desired !== 'remove' && !rejected.has(place) && now - since < longestPull,
  );
}
