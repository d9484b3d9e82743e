import { randomBytes } from 'node:crypto';
import { type Clock, clock as machineClock } from '../src/contract/clock.ts';
import { fingerprint } from '../src/contract/credential.ts';
import { addressReader } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';
import type { Source } from '../src/contract/source.ts';
import { type Courier, createCourier } from '../src/courier/courier.ts';
import type { CourierEvent } from '../src/courier/events.ts';
import { hour } from '../src/courier/timing.ts';
import type { OpenableTarget } from '../src/target.ts';

/** A password of 2,000 characters, as long as an ECR token. */
export const newPassword = (): string => randomBytes(1500).toString('base64');

/** What a target needs apart from its configuration and the clock. */
export const surroundings = {
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  registry: addressReader(new Map()),
  env: {},
  readonly: false,
};

/** The clock of this machine, whose wall time can leap by hours. */
export function leapingClock() {
  let leapt = 0;
  return {
    ...machineClock,
    wall: () => machineClock.wall() + leapt,
    leap(ms: number): void {
      leapt += ms;
    },
  };
}

/** A running engine whose tokens are made here, each with a new password. */
export interface Engine extends AsyncDisposable {
  readonly courier: Courier;
  /** The newest password. */
  readonly password: string;
  /**
   * Resolves when this many deliveries have written the newest password, with the milliseconds since it was made.
   * Rejects with the first failure.
   */
  delivered(count: number): Promise<number>;
  /** Resolves with the next event that matches. Rejects with the first failure. */
  heard(wanted: (event: CourierEvent) => boolean): Promise<CourierEvent>;
}

/**
 * Starts an engine whose slots become due as in production: the wall clock leaps, the token has lived half its life, a
 * new one is fetched. isTime: resolves when the fetch may return.
 */
export function startEngine(
  targets: readonly OpenableTarget[],
  clock: Clock,
  isTime: () => Promise<unknown> = () => Promise.resolve(),
): Engine {
  let began = 0;
  let password = '';
  /**
   * The fingerprint of the newest credential. After a start, slots may also be written once more with the one that they
   * hold.
   */
  let newest = '';
  const listeners = new Set<(event: CourierEvent) => void>();
  const source: Source = {
    name: 'default',
    scope: () => 'default',
    async fetch() {
      await isTime();
      password = newPassword();
      const issuedAt = new Date(clock.wall());
      const expiresAt = new Date(issuedAt.getTime() + 12 * hour);
      newest = fingerprint({ password: new Secret(password) });
      began = performance.now();
      return { username: 'AWS', password: new Secret(password), issuedAt, expiresAt, source: 'default', scope: 'default' };
    },
  };
  const courier = createCourier({
    clock,
    tickMs: 1000,
    nextDiscovery: () => Number.POSITIVE_INFINITY,
    emit(event) {
      for (const listener of listeners) listener(event);
    },
  });
  courier.use({ all: [source], choose: () => source }, targets);
  const stopping = new AbortController();
  const running = courier.run(stopping.signal);

  function heard(wanted: (event: CourierEvent) => boolean): Promise<CourierEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<CourierEvent>();
    const listener = (event: CourierEvent): void => {
      if ('failure' in event) reject(event.failure);
      if (wanted(event)) resolve(event);
    };
    listeners.add(listener);
    return promise.finally(() => listeners.delete(listener));
  }

  return {
    courier,
    heard,
    get password() {
      return password;
    },
    async delivered(count) {
      let left = count;
      await heard(event => event.kind === 'delivered' && event.sent[0]?.fingerprint === newest && --left === 0);
      return performance.now() - began;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}
