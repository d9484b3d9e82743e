import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { Failure } from '../contract/failures.ts';

/** The memory for all answers to one call of an adapter, in bytes: a list may have any number of pages. */
export interface Budget {
  /** Throws TOO_LARGE when the chunk exceeds the rest of the budget. `asked`: describes the request in the message. */
  spend(chunk: Buffer, asked: string): void;
}

const mebibyte = 1024 * 1024;
/** Enough for some 100,000 rows. Our own memory limits leave room for it once. */
export const discoveryBytes = 128 * mebibyte;
/** A write is answered with the object that was written. */
export const deliveryBytes = 16 * mebibyte;
/**
 * The budget for all calls under way, of all targets: half of the memory limit of this process, but at least one
 * discovery and at most 256 MiB.
 */
export const processBytes = Math.max(discoveryBytes, Math.min(256 * mebibyte, (process.constrainedMemory() || Infinity) / 2));

const [comma, bracket, brace] = [...Buffer.from(',[{')];
/** What V8 needs for a value, and for a list or map, empty or not. 16 MiB of `{},` became 600 MiB in Node 24. */
const bytesOfValue = 16;
const bytesOfMap = 100;

/**
 * Up to this length, in bytes, the answers to a call are counted by their length only, and only against that call. Most
 * are short receipts, and thousands may arrive in a second.
 */
const unweighed = 64 * 1024;

function weightOf(chunk: Buffer): number {
  let weight = chunk.length;
  // A loop over the index, because iterating over a buffer takes ten times as long.
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at];
    if (byte === comma) weight += bytesOfValue;
    else if (byte === brace || byte === bracket) weight += bytesOfMap;
  }
  return weight;
}

/** The number of calls under way with long answers, and what these answers take together. */
const long = { calls: 0, bytes: 0 };

const inForce = new AsyncLocalStorage<CallBudget>();

/** A class so that methods are shared: each of hundreds of deliveries has an instance. */
class CallBudget implements Budget {
  readonly #bytes: number;
  #left: number;
  #length = 0;
  readonly #signal: AbortSignal | undefined;
  /** Whether this call counts towards the total of all calls. */
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
    // A call that takes less than its share is not the cause, and continues.
    if (long.bytes > processBytes && this.#taken > processBytes / long.calls) throw tooMuchTogether(asked);
  }

  get #taken(): number {
    return this.#bytes - this.#left;
  }

  /** Registers for the end of the call only from here on: an extra promise for each short call would be costly. */
  #enter(): void {
    long.calls++;
    long.bytes += this.#taken;
    this.#counts = true;
    const leave = (): void => this.#leave();
    this.call?.then(leave, leave);
    // An adapter may ignore its signal, but its requests do not.
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

/** Retried soon, because other calls may be the ones that take too much. */
const tooMuchTogether = (asked: string): Failure =>
  new Failure(
    'TOO_LARGE',
    `${asked}: the answers of all managers take more than ${Math.round(processBytes / mebibyte)} MiB of memory together, and this call takes more than its share.`,
    {
      remedy: 'It is asked again in a minute. If it lasts, check that each address is the manager itself, and how much it lists.',
      retryAfterMs: 60_000,
    },
  );

/**
 * The async context without a budget. `runInAsyncScope` restores the caller's context on return; `run` of the storage
 * would create another context for that, which each of hundreds of deliveries would retain.
 */
const outside = new AsyncResource('outside of all calls');

/**
 * Runs the job with a budget for all requests that it makes, at any depth. signal: the signal that ends these requests.
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

/** The budget of the current call; undefined outside of a call. */
export const budgetInForce = (): Budget | undefined => inForce.getStore();
