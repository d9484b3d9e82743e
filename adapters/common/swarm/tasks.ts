import { mapOf, textOf } from '../shapes.ts';

/** What is read of a task of a service. */
export interface Task {
  readonly id: string;
  /** Equal for those that stand in for one another: the number of the replica, or the node of a global service. */
  readonly place: string;
  readonly state: string;
  readonly desired: string;
  /** When it was made, and since when it is in its state. In milliseconds since the epoch; NaN: that is not told. */
  readonly made: number;
  readonly since: number;
  /** Why it does not run; empty where it does. */
  readonly error: string;
}

/** An element of `GET /tasks`; undefined for what is no task. */
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
/** The states of a task that nobody has stopped. */
const endedByItself: readonly string[] = ['complete', 'failed', 'rejected', 'orphaned'];

export const runningIn = (tasks: readonly Task[]): readonly Task[] => tasks.filter(isRunning);

/**
 * Those that ran before and that somebody has replaced since, or is about to. One that ended by itself is replaced as
 * well, and by nobody's fault.
 */
export function replacedSince(before: readonly Task[], after: readonly Task[]): readonly Task[] {
  const known = new Set(before.map(({ id }) => id));
  const fresh = new Set(after.filter(({ id }) => !known.has(id)).map(({ place }) => place));
  return runningIn(before).filter(task => {
    const now = after.find(({ id }) => id === task.id);
    if (!now) return true;
    return !endedByItself.includes(now.state) && (now.desired !== 'running' || fresh.has(task.place));
  });
}

/** The latest of each place, where that failed or was not let start. */
export function failingIn(tasks: readonly Task[]): readonly Task[] {
  const places = [...Map.groupBy(tasks, ({ place }) => place).values()];
  const latest = places.flatMap(all => all.toSorted((a, b) => b.made - a.made).slice(0, 1));
  return latest.filter(({ state }) => state === 'failed' || state === 'rejected');
}

/** Wanted by Swarm: it runs, or is to run. */
const isLive = ({ desired }: Task): boolean => desired === 'running' || desired === 'ready';
const ran: readonly string[] = ['complete', 'failed'];

/**
 * Whether a task has run to its end, well or not, and Swarm does not start it again by itself. An update does
 * (recorded), which is right for a task that was refused its image, and for no other. Where as many are wanted as there
 * are, those at their end were left over when somebody scaled the service down. replicas: as of a service.
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

/** A pull takes longer hardly ever. In milliseconds. */
const longestPull = 30 * 60_000;

/**
 * Whether a task is pulling its image, as far as anybody can tell: an update would end that pull, and another one would
 * begin. Where the task before it was rejected, the login may be what it lacks. now: milliseconds since the epoch.
 */
export function isPulling(tasks: readonly Task[], now: number): boolean {
  const rejected = new Set(tasks.filter(({ state }) => state === 'rejected').map(({ place }) => place));
  return tasks.some(
    ({ state, desired, place, since }) =>
      state === 'preparing' && desired !== 'shutdown' && desired !== 'remove' && !rejected.has(place) && now - since < longestPull,
  );
}
