/** A resource in Cattle's processes. `next` lists the states to come, each with its time (ms of the clock). */
export interface Living {
  state: string;
  next: { readonly state: string; readonly at: number }[];
  /** When the resource was removed, in ms of the clock. */
  removed?: number | undefined;
  /** Set by a test: the process is stuck with this message. */
  trouble?: string | undefined;
}

/** The states from which an action starts, and the states that it goes through. The last one is final. */
const processes: Readonly<Record<string, { readonly from: readonly string[]; readonly through: readonly string[] }>> = {
  create: { from: ['requested'], through: ['registering', 'activating', 'active'] },
  activate: { from: ['registering', 'inactive'], through: ['activating', 'active'] },
  deactivate: { from: ['registering', 'activating', 'active', 'updating-active'], through: ['deactivating', 'inactive'] },
  remove: { from: ['registering', 'inactive', 'updating-inactive'], through: ['removing', 'removed'] },
  purge: { from: ['removed'], through: ['purging', 'purged'] },
};

export const isAction = (name: string): boolean => name === 'update' || (name !== 'create' && Object.hasOwn(processes, name));

/** Returns the actions that a resource offers. They were not recorded for the states of an update. */
export function actionsOf({ state }: Living): string[] {
  const started = Object.entries(processes).flatMap(([name, { from }]) => (from.includes(state) ? [name] : []));
  return ['active', 'inactive'].includes(state) ? [...started, 'update'] : started;
}

export const isMoving = ({ next }: Living): boolean => next.length > 0;

/** Starts an offered action. Every state but the last one lasts `stageMs`. */
export function begin(thing: Living, action: string, now: number, stageMs: number): void {
  const { state } = thing;
  const through = action === 'update' ? [`updating-${state}`, state] : (processes[action]?.through ?? []);
  const [first = state, ...rest] = through;
  thing.state = first;
  thing.next = rest.map((later, at) => ({ state: later, at: now + stageMs * (at + 1) }));
}

/** Advances a resource to its current state. Returns true once, when it is purged. */
export function settle(thing: Living, now: number): boolean {
  let purged = false;
  while (thing.next[0] && thing.next[0].at <= now && thing.trouble === undefined) {
    const { state, at } = thing.next[0];
    thing.state = state;
    thing.next = thing.next.slice(1);
    if (state === 'removed') thing.removed = at;
    purged ||= state === 'purged';
  }
  return purged;
}
