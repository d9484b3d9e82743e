import assert from 'node:assert/strict';
import { clock } from '../../../src/contract/clock.ts';
import { Failure } from '../../../src/contract/failures.ts';

/** How long an attempt may go on after it met a fault, so that an effect of the fault itself still shows. */
const lingerMs = 100;
/**
 * The bound as a multiple of the time that a stage takes to start: a machine that starts slowly is slow at everything.
 */
const slowness = 50;
const mostMs = 60_000;
const leastMs = 500;

/** Bounds every wait of a suite. */
export interface Patience {
  /**
   * Asks `question` with a signal that aborts as the engine aborts an attempt: after the bound, or shortly after `end`
   * resolves. `over` aborts when the caller no longer waits for the answer.
   */
  ask<T>(what: string, question: (signal: AbortSignal, over: AbortSignal) => Promise<T>, end?: Promise<unknown>): Promise<T>;
  /** Waits for `work` of the stage itself, and fails after the bound. */
  within<T>(what: string, work: Promise<T>): Promise<T>;
  /** Polls `isSo` until it holds, and fails after the bound. */
  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits for the start of a stage, and raises the bound on a slow machine. */
  start<T>(work: Promise<T>): Promise<T>;
}

/**
 * Makes a patience whose bound halves with each timeout, so that a suite ends within minutes whatever the adapter does.
 */
export function makePatience(givenMs = 10_000): Patience {
  let boundMs = givenMs;
  const shorten = (ms: number): void => void (boundMs = Math.max(leastMs, Math.min(boundMs, ms / 2)));

  async function within<T>(what: string, work: Promise<T>, ms = boundMs): Promise<T> {
    const over = new AbortController();
    const late = clock.sleep(ms, over.signal).then(() => {
      if (over.signal.aborted) return work;
      shorten(ms);
      return assert.fail(`${what} did not end within ${Math.round(ms)} ms`);
    });
    return await Promise.race([work, late]).finally(() => over.abort());
  }

  return {
    within: (what, work) => within(what, work),

    async ask(what, question, end) {
      const attempt = new AbortController();
      const over = new AbortController();
      const ms = boundMs;
      const bound = clock.sleep(ms, over.signal).then(() => over.signal.aborted || shorten(ms));
      const soon = end?.then(() => clock.sleep(lingerMs, over.signal));
      const work = question(attempt.signal, over.signal);
      try {
        await Promise.race([work.catch(() => undefined), bound, ...(soon ? [soon] : [])]);
        attempt.abort(new Failure('TIMEOUT', 'no answer until the deadline'));
        return await within(`${what}: its signal was aborted, and it`, work, Math.max(leastMs, ms / 4));
      } finally {
        over.abort();
      }
    },

    async until(what, isSo) {
      const ms = boundMs;
      const { signal } = new AbortController();
      for (const since = clock.mono(); !(await isSo()); await clock.sleep(10, signal)) {
        if (clock.mono() - since <= ms) continue;
        shorten(ms);
        assert.fail(`not so within ${Math.round(ms)} ms: ${what}`);
      }
    },

    async start(work) {
      const since = clock.mono();
      const started = await within('the start of the stage', work, mostMs);
      boundMs = Math.max(boundMs, Math.min(mostMs, (clock.mono() - since) * slowness));
      return started;
    },
  };
}
