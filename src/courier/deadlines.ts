import type { Limits } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { type AttemptEnd, type Health, hasHung, hungMs, isHealthy } from './health.ts';

/** The shortest deadline. Most managers answer a write within it. */
const shortestMs = 250;
/** A short deadline is this many times as long as most answers take. That of a slot that was cut grows by it. */
const growth = 4;

/**
 * The deadlines of attempts at the slots of one target. While healthy slots hang, an attempt that takes far longer than
 * most is cut, so that the others do not wait for each slot that hangs. It is repeated with more time.
 */
export interface Deadlines {
  /** Whether a healthy slot has hung in the last two minutes (twice the whole deadline). */
  readonly areShort: boolean;
  /** The deadline of the next attempt at a slot. cutMs: the deadline that has cut its last one. */
  next(health: Health, cutMs: number | undefined): number;
  /** Learns from an attempt at a slot of this health. */
  learn(health: Health, end: AttemptEnd): void;
}

export function createDeadlines(limits: () => Pick<Limits, 'deliverMs'>, clock: Pick<Clock, 'mono'>): Deadlines {
  /** When an attempt at an answered or untried slot has hung or was cut, in monotonic time. */
  let hungAt = Number.NEGATIVE_INFINITY;
  let shortMs = hungMs;
  /** How long successful attempts take, smoothed. */
  let answerMs = 0;

  const areShort = (): boolean => clock.mono() < hungAt + 2 * limits().deliverMs;

  function lengthen(ms: number): void {
    answerMs += (ms - answerMs) / 4;
    shortMs = Math.max(shortMs, growth * answerMs);
  }

  /** Halves the deadline that was too short for the attempt. So attempts that began together count once. */
  function shorten({ deadlineMs }: AttemptEnd): void {
    if (!areShort()) shortMs = Math.max(hungMs, growth * answerMs);
    shortMs = Math.max(shortestMs, Math.min(shortMs, deadlineMs / 2));
    hungAt = clock.mono();
  }

  return {
    get areShort() {
      return areShort();
    },
    next(health, cutMs) {
      const { deliverMs } = limits();
      if (isHealthy(health)) return areShort() ? Math.min(deliverMs, shortMs) : deliverMs;
      return cutMs === undefined ? deliverMs : Math.min(deliverMs, Math.max(shortMs, growth * cutMs));
    },
    learn(health, end) {
      if (end.result === 'delivered') lengthen(end.ms);
      else if ((health === 'answered' || health === 'untried') && (end.result === 'cut' || hasHung(end))) shorten(end);
    },
  };
}
