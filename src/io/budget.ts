import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { Failure } from '../contract/failures.ts';

/** What all answers to one call of an adapter may take in memory, in bytes: a list may have any number of pages. */
export interface Budget {
  /** Throws TOO_LARGE when this is more than what is left. `asked`: the request, for people. */
  spend(chunk: Buffer, asked: string): void;
}

const mebibyte = 1024 * 1024;
/** Enough for some 100,000 rows; our own limits of memory leave room for it once. */
export const discoveryBytes = 128 * mebibyte;
/** A write is answered with what was written. */
export const deliveryBytes = 16 * mebibyte;
/**
 * All calls under way, of all targets: half of the memory that this process may have, but never less than one discovery
 * and never more than 100,000 rows at once.
 */
export const processBytes = Math.max(discoveryBytes, Math.min(256 * mebibyte, (process.constrainedMemory() || Infinity) / 2));

const [comma, bracket, brace] = [...Buffer.from(',[{')];
/** What V8 takes for a value, and for a list or map, empty or not. 16 MiB of `{},` became 600 MiB in Node 24. */
const bytesOfValue = 16;
const bytesOfMap = 100;

/**
 * So much of each call is counted by its length alone, and for this call alone. Mostly it is a receipt, and thousands
 * may come in a second.
 */
const unweighed = 64 * 1024;

function weightOf(chunk: Buffer): number {
  let weight = chunk.length;
  // By index: walking over a buffer takes ten times as long.
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at];
    if (byte === comma) weight += bytesOfValue;
    else if (byte === brace || byte === bracket) weight += bytesOfMap;
  }
  return weight;
}

/** The calls under way that have had long answers, and what these take together. */
const long = { calls: 0, bytes: 0 };

const inForce = new AsyncLocalStorage<CallBudget>();

/** A class for its shared method: each of hundreds of deliveries has one. */
class CallBudget implements Budget {
  readonly #bytes: number;
  #left: number;
  #length = 0;
  readonly #signal: AbortSignal | undefined;
  /** What is taken counts for all calls together. */
  #counts = false;
  /** Settles when the call is over. */
  call: Promise<unknown> | undefined;

  constructor(bytes: number, signal: AbortSignal | undefined) {
    this.#bytes = bytes;
    this.#left = bytes;
    this.#signal = signal;
  }

  spend(chunk: Buffer, asked: string): void {
    const before = this.#length;
    this.#length += chunk.length;
    const isLong = this.#length > unweighed;
    if (isLong && before <= unweighed) this.#enter();
    const weight = isLong ? weightOf(chunk) : chunk.length;
    this.#left -= weight;
    if (this.#counts) long.bytes += weight;
    if (this.#left < 0) throw tooMuch(this.#bytes, asked);
    // Whoever takes less than its share is not to blame, and goes on.
    if (long.bytes > processBytes && this.#taken > processBytes / long.calls) throw tooMuchTogether(asked);
  }

  get #taken(): number {
    return this.#bytes - this.#left;
  }

  /** Only from here on the end of the call matters to others: a promise more for each short one would cost. */
  #enter(): void {
    long.calls++;
    long.bytes += this.#taken;
    this.#counts = true;
    const leave = (): void => this.#leave();
    this.call?.then(leave, leave);
    // An adapter may go on after it was told to stop; its requests do not.
    this.#signal?.addEventListener('abort', leave);
  }

  #leave(): void {
    if (!this.#counts) return;
    this.#counts = false;
    long.calls--;
    long.bytes -= this.#taken;
  }
}

const tooMuch = (bytes: number, asked: string): Failure =>
  new Failure('TOO_LARGE', `${asked}: with this answer, all answers together take more than ${bytes / mebibyte} MiB of memory.`, {
    remedy: 'Check that the address is the manager itself, and how much it lists.',
  });

/** It is tried again soon: the others may be the ones who take too much. */
const tooMuchTogether = (asked: string): Failure =>
  new Failure(
    'TOO_LARGE',
    `${asked}: at this moment the answers of all managers take more than ${Math.round(processBytes / mebibyte)} MiB of memory together, and those to this call more than its share.`,
    {
      remedy: 'It is asked again in a minute. If it lasts, check that each address is the manager itself, and how much it lists.',
      retryAfterMs: 60_000,
    },
  );

/**
 * Where no budget is in force. Whoever comes back from here finds the context that was there before; `run` of the
 * storage makes another one for that, and hundreds of deliveries keep theirs.
 */
const outside = new AsyncResource('outside of all calls');

/**
 * Runs the job with a budget of its own for all requests that it makes, however deep. signal: ends these requests.
 */
export function withBudget<T>(bytes: number, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return outside.runInAsyncScope(() => {
    const budget = new CallBudget(bytes, signal);
    inForce.enterWith(budget);
    const call = job();
    budget.call = call;
    return call;
  });
}

/** Of the call that is under way here; undefined outside of one. */
export const budgetInForce = (): Budget | undefined => inForce.getStore();
