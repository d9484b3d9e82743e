import type { Credential, Credentials } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Memory } from '../../src/contract/memory.ts';
import { parseAddress, type Registry } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Prove, Source, Verify } from '../../src/contract/source.ts';
import type { Discovery, Receipt, Slot, Target } from '../../src/contract/target.ts';
import { type Courier, createCourier } from '../../src/courier/courier.ts';
import type { CourierEvent } from '../../src/courier/events.ts';
import type { ManagedTarget } from '../../src/courier/ledger.ts';
import { cronSchedule } from '../../src/courier/schedule.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';

export const seconds = 1000;
export const minutes = 60 * seconds;
export const hours = 60 * minutes;

export function registry(account = '123456789012', region = 'eu-west-1'): Registry {
  const address = parseAddress(`${account}.dkr.ecr.${region}.amazonaws.com`);
  if (!address) throw new Error('not a registry');
  return address.registry;
}

/** Returns a generator of numbers from 0 to 1. The same seed gives the same numbers (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * An AWS identity for tests, with a token lifetime and faults that the test sets. Its clock is the true time,
 * independent of our wall clock.
 */
export interface TestSource extends Source {
  /** The moment of each fetch, in awake time. */
  readonly asked: number[];
  readonly issued: Credential[];
  lifeMs: number;
  /** The error that the next fetches throw. */
  failure: Failure | undefined;
  /** Whether fetches return the same token as before. */
  stuck: boolean;
  /** The account that the response names as the identity's own. */
  account: string | undefined;
}

export function testSource(clock: VirtualClock, name = 'default'): TestSource {
  const asked: number[] = [];
  const issued: Credential[] = [];
  const source: TestSource = {
    name,
    asked,
    issued,
    lifeMs: 12 * hours,
    failure: undefined,
    stuck: false,
    account: undefined,
    scope: ({ region, service }) => `${name}/${region}/${service}`,
    async fetch(asking) {
      asked.push(clock.mono());
      if (source.failure) throw source.failure;
      const last = issued.at(-1);
      const issuedAt = new Date(clock.truth());
      if (source.stuck && last) return { ...last, issuedAt };
      const credential: Credential = {
        username: 'AWS',
        password: new Secret(`token+/${name}-${asking.region}-${issued.length + 1}-${'x'.repeat(40)}`),
        issuedAt,
        expiresAt: new Date(issuedAt.getTime() + source.lifeMs),
        source: name,
        scope: source.scope(asking),
        ...(source.account !== undefined && { own: registry(source.account, asking.region) }),
      };
      issued.push(credential);
      return credential;
    },
  };
  return source;
}

export interface Write {
  readonly at: number;
  readonly slot: string;
  readonly passwords: ReadonlyMap<string, string>;
}

/**
 * An in-memory manager in which an abandoned write goes on for two minutes. `rows`: the slots that it reports, by id;
 * `stored`: passwords by slot and host. Hooks inject faults.
 */
export interface TestTarget {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly rows: Map<string, Slot>;
  readonly stored: Map<string, Map<string, string>>;
  readonly discoveries: number[];
  readonly writes: Write[];
  /** Runs before a write is stored; may throw, wait, or return a receipt in place of storing. */
  onDeliver: ((slot: Slot, store: () => void, signal: AbortSignal) => Promise<Receipt | void>) | undefined;
  onDiscover: ((signal: AbortSignal) => Promise<Partial<Discovery> | void>) | undefined;
  managed: ManagedTarget;
  target: Target;
}

export function testTarget(clock: VirtualClock, name: string, rows: readonly Slot[], more: Partial<ManagedTarget> = {}): TestTarget {
  const self: TestTarget = {
    name,
    clock,
    rows: new Map(rows.map(row => [row.id, row])),
    stored: new Map(),
    discoveries: [],
    writes: [],
    onDeliver: undefined,
    onDiscover: undefined,
    target: {
      address: `test://${name}`,
      async discover(signal) {
        self.discoveries.push(clock.mono());
        const slots = [...self.rows.values()];
        const changed = await self.onDiscover?.(signal);
        return { slots, findings: [], ...changed };
      },
      async deliver(slot, credentials, signal) {
        const write = { at: clock.mono(), slot: slot.id, passwords: reveal(credentials) };
        self.writes.push(write);
        const store = () => {
          const row = self.rows.get(slot.id);
          if (row) self.rows.set(slot.id, { ...row, state: 'present' });
          self.stored.set(slot.id, new Map([...(self.stored.get(slot.id) ?? []), ...write.passwords]));
        };
        const receipt = await self.onDeliver?.(slot, store, signal);
        if (receipt) return receipt;
        store();
        return { change: slot.state === 'absent' ? 'created' : 'updated' };
      },
    },
    managed: {
      name,
      kind: 'test',
      required: true,
      create: false,
      paused: false,
      limits: { concurrency: 4, discoverMs: 30 * seconds, deliverMs: 60 * seconds, lingerMs: 2 * minutes },
      findings: {},
      open: async () => self.target,
      ...more,
    },
  };
  return self;
}

function reveal(credentials: Credentials): Map<string, string> {
  return new Map([...credentials].map(([host, credential]) => [host, credential.password.reveal()]));
}

/** Like `testTarget`, but an abandoned write never lands later, so no second write is needed after a start. */
export function promptTarget(clock: VirtualClock, name: string, rows: readonly Slot[], more: Partial<ManagedTarget> = {}): TestTarget {
  const limits = { concurrency: 4, discoverMs: 30 * seconds, deliverMs: 60 * seconds, lingerMs: 0 };
  return testTarget(clock, name, rows, { limits, ...more });
}

export function row(id: string, ...registries: readonly Registry[]): Slot {
  return { id, title: `row ${id}`, registries: registries.length > 0 ? registries : [registry()], state: 'present', ref: null };
}

export interface Rig extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly courier: Courier;
  readonly events: CourierEvent[];
  readonly sources: readonly TestSource[];
  of<K extends CourierEvent['kind']>(kind: K): Extract<CourierEvent, { kind: K }>[];
  stop(): Promise<void>;
  /** Stops the courier and aborts what is under way immediately. */
  readonly cut: AbortController;
}

export interface RigOptions {
  readonly clock?: VirtualClock;
  readonly sources?: readonly TestSource[];
  readonly targets: readonly TestTarget[];
  readonly prove?: Prove;
  readonly verify?: Verify;
  readonly memory?: Memory;
  readonly seed?: number;
  readonly cron?: string;
  readonly tickMs?: number;
  readonly rehearse?: boolean;
  readonly keepsEvents?: boolean;
  onEvent?(event: CourierEvent): void;
}

/** Starts a courier on a virtual clock. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const clock = options.targets[0]?.clock ?? options.clock ?? createVirtualClock();
  const sources = options.sources ?? [testSource(clock)];
  const events: CourierEvent[] = [];
  const courier = createCourier({
    clock,
    random: randomFrom(options.seed ?? 1),
    nextDiscovery: cronSchedule(options.cron ?? '* * * * *'),
    emit: event => {
      options.onEvent?.(event);
      if (options.keepsEvents ?? true) events.push(event);
    },
    ...(options.prove && { prove: options.prove }),
    ...(options.verify && { verify: options.verify }),
    memory: options.memory,
    ...(options.tickMs && { tickMs: options.tickMs }),
    ...(options.rehearse && { rehearse: true }),
  });
  const only = sources[0];
  courier.use(
    {
      all: sources,
      choose: (wanted, slot) => (wanted.service === 'ecr' ? (sources.find(source => source.name === slot?.source) ?? only) : undefined),
    },
    options.targets.map(target => target.managed),
  );
  const stopping = new AbortController();
  const cut = new AbortController();
  const running = courier.run(stopping.signal, cut.signal);
  let stopped = false;
  const stop = async () => {
    if (stopped) return running;
    stopped = true;
    stopping.abort();
    await clock.advance(10 * seconds);
    return running;
  };
  await clock.advance(0);
  return {
    clock,
    courier,
    events,
    sources,
    of: kind => events.filter((event): event is Extract<CourierEvent, { kind: typeof kind }> => event.kind === kind),
    stop,
    cut,
    [Symbol.asyncDispose]: stop,
  };
}

export function only<T>(items: readonly T[]): T {
  if (items.length !== 1) throw new Error(`one expected, ${items.length} there`);
  return items[0] as T;
}

/** Returns the differences between consecutive times. */
export function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

export function failing(code: ConstructorParameters<typeof Failure>[0], facts?: ConstructorParameters<typeof Failure>[2]): Failure {
  return new Failure(code, `as ordered: ${code}`, facts);
}
