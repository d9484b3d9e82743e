import assert from 'node:assert/strict';
import type { Choice } from '../../../adapters/common/swarm/choice.ts';
import { swarm } from '../../../adapters/swarm.ts';
import type { Clock } from '../../../src/contract/clock.ts';
import type { Credentials } from '../../../src/contract/credential.ts';
import type { Memory } from '../../../src/contract/memory.ts';
import { Secret } from '../../../src/contract/secret.ts';
import type { Slot } from '../../../src/contract/target.ts';
import type { ServerOptions } from '../../fakes/server.ts';
import type { Members } from '../../fakes/swarm/exact-json.ts';
import { type FakeSwarm, type SwarmOptions, startFakeSwarm } from '../../fakes/swarm.ts';
import { host, type Rig, rigOn } from '../rig.ts';

export const hour = 3_600_000;
const longestNap = 1_000;

/**
 * A clock that jumps ahead by each sleep of up to one second instead of waiting. Longer sleeps are deadlines: they last
 * until their signal aborts.
 */
export interface LeapingClock extends Clock {
  leap(ms: number): void;
}
export function leapingClock(start = Date.UTC(2026, 0, 1)): LeapingClock {
  let now = start;
  return {
    wall: () => now,
    mono: () => now - start,
    leap: ms => void (now += ms),
    async sleep(ms, signal) {
      if (ms > longestNap) return await new Promise(resolve => signal.addEventListener('abort', () => resolve()));
      now += ms;
      await new Promise(setImmediate);
    },
  };
}

interface Shape {
  readonly image?: string;
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly container?: Members;
  readonly mode?: Members;
  readonly template?: Members;
}
export const enabled = { 'ecr-courier.enable': 'true' };

/** Makes the Spec of a service as a user deploys it. */
export const specOf = (name: string, shape: Shape = {}): Members => {
  const { image = `${host}/team/app:1`, replicas = 1, labels = enabled, container = {}, mode, template = {} } = shape;
  return {
    Name: name,
    Labels: labels,
    TaskTemplate: { ContainerSpec: { Image: image, ...container }, ...template },
    Mode: mode ?? { Replicated: { Replicas: replicas } },
  };
};
export const loginOf = (password: string) => ({ username: 'AWS', password });

/** Makes credentials that expire twelve hours after `now`. */
export function givenAt(now: number, password: string, ...hosts: readonly string[]): Credentials {
  const [issuedAt, expiresAt] = [new Date(now), new Date(now + 12 * hour)];
  const credential = { username: 'AWS', password: new Secret(password), issuedAt, expiresAt, source: 's', scope: 'k' };
  return new Map((hosts.length > 0 ? hosts : [host]).map(name => [name, credential]));
}

export type SwarmRig = Rig<FakeSwarm, null> & {
  readonly clock: LeapingClock;
  slot(name: string): Promise<Slot<null>>;
  /** Discovers, and delivers a password to the service of that name. */
  give(name: string, password: string): ReturnType<Rig<FakeSwarm, null>['deliver']>;
  /** Returns the requests that may write. Those to version 0, which no service has, do not. */
  updates(): string[];
};

export interface Setup extends SwarmOptions, ServerOptions {
  readonly choice?: Choice;
  readonly memory?: Memory;
  readonly clock?: LeapingClock;
  readonly publicSource?: 'configured';
  readonly wanted?: readonly string[];
  /** A suffix of the engine's address. */
  readonly end?: string;
}

/** Opens the adapter on a fake Swarm, without the engine of the courier. */
export async function rig({
  choice = 'labelled',
  memory,
  publicSource,
  wanted,
  end,
  clock = leapingClock(),
  ...setup
}: Setup = {}): Promise<SwarmRig> {
  const registries = [{ host, user: 'AWS', password: 'token-1', images: { 'team/app:1': 'sha256:one', 'team/app:2': 'sha256:two' } }];
  const fake = await startFakeSwarm({ registries, clock, ...setup });
  return await around(fake, { choice, memory, publicSource, wanted, end, clock });
}

/** Opens a target on the same Swarm, as another process would. Its disposal leaves the Swarm running. */
export async function restarted({ fake }: SwarmRig, clock: LeapingClock, memory?: Memory): Promise<SwarmRig> {
  return await around(
    { ...fake, [Symbol.asyncDispose]: async () => undefined },
    { choice: 'labelled', memory, publicSource: undefined, wanted: undefined, end: undefined, clock },
  );
}

interface Around extends Pick<Setup, 'memory' | 'publicSource' | 'wanted' | 'end'> {
  readonly choice: Choice;
  readonly clock: LeapingClock;
}
async function around(
  fake: FakeSwarm,
  { choice, clock, end = '', ...setting }: { [K in keyof Around]: Around[K] | undefined } & Pick<Around, 'choice' | 'clock'>,
): Promise<SwarmRig> {
  const made = await rigOn(fake, deps => swarm.create({ url: `${fake.url}${end}`, services: choice }, deps), {
    ...setting,
    clock,
    aside: /version$/,
  });
  const slot = async (name: string): Promise<Slot<null>> => {
    const { slots } = await made.discover();
    return slots.find(({ title }) => title === name) ?? assert.fail(`there is no slot of ${name}`);
  };
  return Object.assign(made, {
    clock,
    slot,
    give: async (name: string, password: string) => await made.deliver(await slot(name), givenAt(clock.wall(), password)),
    updates: () => made.asked().filter(line => line.startsWith('POST') && !line.endsWith('version=0')),
  });
}
