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

const [comma, bracket, brace] = [...Buffer.from(',[{')];
/** What V8 takes for a value, and for a list or map, empty or not. 16 MiB of `{},` became 600 MiB in Node 24. */
const bytesOfValue = 16;
const bytesOfMap = 100;

/** So much of each call is counted by its length alone. Mostly it is a receipt, and thousands may come in a second. */
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

const inForce = new AsyncLocalStorage<Budget>();

/** A class for its shared method: each of hundreds of deliveries has one. */
class CallBudget implements Budget {
  readonly #bytes: number;
  #left: number;
  #length = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  spend(chunk: Buffer, asked: string): void {
    this.#length += chunk.length;
    this.#left -= this.#length <= unweighed ? chunk.length : weightOf(chunk);
    if (this.#left >= 0) return;
    const most = `${this.#bytes / mebibyte} MiB`;
    const text = `${asked}: with this answer, all answers together take more than ${most} of memory.`;
    throw new Failure('TOO_LARGE', text, { remedy: 'Check that the address is the manager itself, and how much it lists.' });
  }
}

/**
 * Where no budget is in force. Whoever comes back from here finds the context that was there before; `run` of the
 * storage makes another one for that, and hundreds of deliveries keep theirs.
 */
const outside = new AsyncResource('outside of all calls');

/** Runs the job with a budget of its own for all requests that it makes, however deep. */
export function withBudget<T>(bytes: number, job: () => Promise<T>): Promise<T> {
  return outside.runInAsyncScope(() => {
    inForce.enterWith(new CallBudget(bytes));
    return job();
  });
}

/** Of the call that is under way here; undefined outside of one. */
export const budgetInForce = (): Budget | undefined => inForce.getStore();
