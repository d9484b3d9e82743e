import { inspect } from 'node:util';
import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { CourierEvent } from '../../src/courier/events.ts';
import type { Ledger } from '../../src/courier/ledger.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import {
  hours,
  minutes,
  randomFrom,
  registry,
  row,
  seconds,
  startRig,
  type TestSource,
  type TestTarget,
  testSource,
  testTarget,
} from './rig.ts';

/**
 * The longest pause that the engine makes on its own (30 min plus a quarter of it), plus the linger of a late write.
 */
const patience = 45 * minutes;

/** Collects the output of a run (log, metrics, status), which is searched for secrets. */
export interface Observer {
  event(event: CourierEvent): void;
  look(ledger: Ledger): Promise<void> | void;
  texts(): readonly string[];
}

export interface SoakReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly writes: number;
  readonly fetches: number;
  readonly faults: number;
}

interface Fault {
  readonly name: string;
  begin(): void;
  end(): void;
}

/** The number of active faults, and since when there are none, in awake time. */
interface Health {
  faults: number;
  since: number;
}

/**
 * Runs a courier for `length` milliseconds of virtual time under random faults of AWS, of targets, of clocks and of
 * other writers. Then checks the promises of the engine: no slot held an expired token while a good one was available,
 * no hot loop, one outcome per attempt, no timer left, no secret in any output.
 */
export async function soak(seed: number, length: number, observers: readonly Observer[]): Promise<SoakReport> {
  const random = randomFrom(seed);
  const clock = createVirtualClock();
  const life = [12 * hours, 12 * hours, 1 * hours, 10 * minutes][Math.floor(random() * 4)] ?? 12 * hours;
  const sources = ['default', 'other'].map(name => Object.assign(testSource(clock, name), { lifeMs: life }));
  const targets = Array.from({ length: 4 }, (_, at) => newTarget(clock, at, random));
  const violations = new Set<string>();
  const outcomes: CourierEvent[] = [];
  const observe = [plainObserver(), ...observers];
  const rig = await startRig({
    targets,
    sources,
    seed,
    keepsEvents: false,
    onEvent(event) {
      if (event.kind === 'delivered' || event.kind === 'delivery-failed') outcomes.push(event);
      for (const observer of observe) observer.event(event);
    },
  });

  const health = new Map<object, Health>([...sources, ...targets].map(thing => [thing, { faults: 0, since: 0 }]));
  const active = new Set<{ until: number; fault: Fault; of: Health | undefined }>();
  let faults = 0;
  while (clock.mono() < length) {
    if (random() < 0.03) {
      faults++;
      const thing = pick([...sources, ...targets, clock], random);
      const fault = newFault(thing, rig.clock, random);
      const of = health.get(thing);
      fault.begin();
      if (of) of.faults++;
      else for (const each of health.values()) each.since = clock.mono(); // after a clock fault, every health starts over
      active.add({ until: clock.mono() + random() ** 3 * 8 * hours, fault, of });
    }
    for (const one of active) {
      if (one.until > clock.mono()) continue;
      one.fault.end();
      if (one.of) Object.assign(one.of, { faults: one.of.faults - 1, since: clock.mono() });
      active.delete(one);
    }
    await clock.advance(1 * minutes);
    for (const found of expired(sources, targets, health, clock)) violations.add(found);
    if (random() < 0.01) for (const observer of observe) await observer.look(rig.courier.ledger);
  }
  await rig.stop();

  for (const found of hotLoops(sources, targets)) violations.add(found);
  const writes = targets.reduce((sum, target) => sum + target.writes.length, 0);
  if (outcomes.length !== writes) violations.add(`${writes} attempts, ${outcomes.length} outcomes`);
  await clock.advance(10 * minutes); // the fakes' late writes end
  if (clock.sleepers > 0) violations.add(`${clock.sleepers} timers are left`);
  for (const found of leaks(sources, observe)) violations.add(found);
  const fetches = sources.reduce((sum, source) => sum + source.asked.length, 0);
  return { seed, violations: [...violations], writes, fetches, faults };
}

function newTarget(clock: VirtualClock, at: number, random: () => number): TestTarget {
  const rows = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, nr) => {
    const region = pick(['eu-west-1', 'us-east-1'], random);
    return { ...row(String(nr), registry(String(111111111111 * (1 + (nr % 3))), region)), source: pick(['default', 'other'], random) };
  });
  return testTarget(clock, `t${at}`, rows);
}

function newFault(thing: TestSource | TestTarget | VirtualClock, clock: VirtualClock, random: () => number): Fault {
  if ('asked' in thing) return sourceFault(thing, random);
  if ('rows' in thing) return targetFault(thing, clock, random);
  return pick<Fault>(
    [
      { name: 'suspend', begin: () => thing.suspend(random() * 10 * hours), end: nothing },
      { name: 'clock forward', begin: () => thing.stepWall(random() * 8 * hours), end: nothing },
      { name: 'clock back', begin: () => thing.stepWall(-random() * 8 * hours), end: nothing },
    ],
    random,
  );
}

function sourceFault(source: TestSource, random: () => number): Fault {
  const code = pick<FailureCode>(['UNREACHABLE', 'TIMEOUT', 'BUSY', 'AUTH', 'FORBIDDEN', 'UNEXPECTED'], random);
  const says = (): string => quoting(source.issued.at(-1)?.password.reveal() ?? '');
  const refusing: Fault = {
    name: code,
    begin: () => (source.failure = new Failure(code, `refused: ${says()}`, code === 'BUSY' ? { retryAfterMs: 20 * minutes } : {})),
    end: () => (source.failure = undefined),
  };
  const stuck: Fault = { name: 'stuck', begin: () => (source.stuck = true), end: () => (source.stuck = false) };
  return random() < 0.8 ? refusing : stuck;
}

function targetFault(target: TestTarget, clock: VirtualClock, random: () => number): Fault {
  const end = () => {
    target.onDeliver = undefined;
    target.onDiscover = undefined;
  };
  const code = pick<FailureCode>(['UNREACHABLE', 'BUSY', 'AUTH', 'MISCONFIGURED', 'UNEXPECTED', 'TIMEOUT'], random);
  const throwing = async (): Promise<never> => {
    throw new Failure(code, `no: ${quoting([...(target.stored.values().next().value?.values() ?? [])].join())}`);
  };
  const faults: Fault[] = [
    { name: code, begin: () => Object.assign(target, { onDeliver: throwing, onDiscover: throwing }), end },
    {
      name: 'some writes fail',
      begin: () => {
        const codes: FailureCode[] = ['CONFLICT', 'REJECTED', 'FORBIDDEN', 'NOT_FOUND', 'CREDENTIAL_REFUSED', 'TOO_LARGE'];
        target.onDeliver = async () => {
          if (random() < 0.5) throw new Failure(pick(codes, random), 'not this one');
        };
      },
      end,
    },
    {
      name: 'writes land late',
      begin: () => {
        target.onDeliver = (_, store, signal) => {
          void clock.sleep(random() * 170 * seconds, new AbortController().signal).then(store);
          const waiting = new Failure('TIMEOUT', 'no answer', { mayLand: true });
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(waiting)));
        };
      },
      end,
    },
    {
      name: 'another hand',
      begin: () => {
        target.onDiscover = async () => ({ slots: [...target.rows.values()].map(slot => ({ ...slot, state: 'drifted' as const })) });
      },
      end,
    },
    {
      name: 'rows vanish',
      begin: () => {
        target.onDiscover = async () => ({ slots: [...target.rows.values()].filter(() => random() < 0.5) });
      },
      end,
    },
  ];
  return pick(faults, random);
}

function* expired(
  sources: readonly TestSource[],
  targets: readonly TestTarget[],
  health: ReadonlyMap<object, Health>,
  clock: VirtualClock,
) {
  const issued = new Map(sources.flatMap(source => source.issued.map(credential => [credential.password.reveal(), credential] as const)));
  const well = (thing: object, least: number) => {
    const state = health.get(thing);
    return state?.faults === 0 && clock.mono() - state.since > least;
  };
  for (const target of targets) {
    for (const [id, passwords] of target.stored) {
      for (const password of passwords.values()) {
        const credential = issued.get(password);
        const source = sources.find(candidate => candidate.name === credential?.source);
        if (!credential || !source) yield `${target.name}/${id} holds what nobody issued`;
        else if (well(source, patience) && well(target, patience) && credential.expiresAt.getTime() < clock.truth() - 2 * minutes)
          yield `${target.name}/${id} holds a token that ended at ${credential.expiresAt.toISOString()}`;
      }
    }
  }
}

/** Each fault starts its own short series of retries at a pause of a second, and faults can follow each other. */
const mostLooks = 60;

function* hotLoops(sources: readonly TestSource[], targets: readonly TestTarget[]) {
  for (const target of targets) {
    if (busiest(target.discoveries) > mostLooks) yield `${target.name} was discovered ${busiest(target.discoveries)} times in ten minutes`;
    for (const id of target.rows.keys()) {
      const most = busiest(target.writes.filter(write => write.slot === id).map(write => write.at));
      if (most > 20) yield `${target.name}/${id} was written ${most} times in ten minutes`;
    }
  }
  // Each source serves two regions.
  for (const source of sources)
    if (busiest(source.asked) > 40) yield `${source.name} was asked ${busiest(source.asked)} times in ten minutes`;
}

/** The largest number of these times within any ten minutes. */
function busiest(times: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) > 10 * minutes) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/**
 * The length of the prefix of a secret that is searched for. Most secrets share their beginning, so few prefixes stand
 * for all of them.
 */
const piece = 16;

function* leaks(sources: readonly TestSource[], observers: readonly Observer[]) {
  const forms = sources.flatMap(source => source.issued.flatMap(({ password }) => Secret.forms(password)));
  const pieces = new Set(forms.map(form => form.slice(0, piece)));
  for (const text of observers.flatMap(observer => observer.texts()))
    for (const begin of pieces)
      if (text.includes(begin)) yield `a secret shows: ${text.slice(Math.max(0, text.indexOf(begin) - 80)).slice(0, 160)}`;
}

/** An error message as a careless server might send it: the password in its usual encodings. */
function quoting(password: string): string {
  return [password, encodeURIComponent(password), Buffer.from(`AWS:${password}`).toString('base64'), JSON.stringify({ password })].join(
    ' ',
  );
}

/** Collects everything that an event or the ledger would print, by `inspect` and, for events, as JSON. */
function plainObserver(): Observer {
  const seen = new Set<string>();
  return {
    event: event => void seen.add(inspect(event, { depth: 8 })).add(JSON.stringify(event)),
    look: ledger => void seen.add(inspect([...ledger.targets.values()], { depth: 12 })),
    texts: () => [...seen],
  };
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}

function nothing(): void {}
