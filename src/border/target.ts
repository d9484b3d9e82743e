import type { Clock } from '../contract/clock.ts';
import { asToldFailure } from '../contract/failures.ts';
import type { FindingSpecs, Pruned, Receipt, Sighting, Target } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import { asPruned } from './pruned.ts';
import { asDiscovery, asReceipt, asRehearsal, asSighting, asSightings, type Terms } from './reports.ts';
import { demand, demandMap, isText, type Look, lookFor, missing } from './shape.ts';

/** How to wrap what an adapter made, and what belongs to it. */
interface Made {
  /** The kind of the adapter. */
  readonly kind: string;
  /** The adapter's table of findings. Without one, every code is accepted. */
  readonly findings?: FindingSpecs | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Resolves a host to its registry. */
  readonly registry: Terms['registry'];
  /** Closes what the target was lent. Called when the target's own dispose has ended, or has timed out. */
  dispose(): Promise<void>;
}

/** How long to wait for an adapter's own dispose, in milliseconds. */
const disposeMs = 1000;
const longestAddress = 500;
/** The number of items that are taken from an iterable before yielding to other work. */
const atOnce = 100;

/**
 * The border between the engine and an adapter. What an adapter returns is validated here, and nowhere behind: the
 * compiler has not checked an adapter in plain JavaScript, and an adapter that returns nonsense must not stop the other
 * targets. An invalid value becomes UNEXPECTED of this target, naming the member. Names from the manager are truncated
 * and made safe to print. There may be 100,000 slots, so a valid slot is passed on as the same object.
 */
export function acrossBorder(made: unknown, { kind, findings, clock, registry, dispose }: Made): Target {
  const look = lookFor(kind);
  const target = look('create', made, asTarget);
  const { watch, rehearse, prune, tell } = target;
  const terms: Terms = { findings, registry, known: new WeakSet() };
  const receiptLook: Look<Receipt> = (value, at) => asReceipt(value, at, findings);
  const lookAtReceipt = (receipt: unknown): Receipt => look('deliver', receipt, receiptLook);
  const sightingLook: Look<Sighting> = (value, at) => asSighting(value, at, terms);
  async function* told<T>(method: string, seen: AsyncIterable<unknown>, signal: AbortSignal, lookAtOne: Look<T>): AsyncIterable<T> {
    try {
      let count = 0;
      for await (const one of untilAborted(seen, signal)) {
        yield look(method, one, lookAtOne);
        // An iterable that never waits would starve everything else.
        if (++count % atOnce === 0) await clock.sleep(1, signal);
      }
    } catch (thrown) {
      throw asToldFailure(thrown);
    }
  }
  return {
    address: label(withoutLogin(target.address), longestAddress),
    discover: async signal => look('discover', await answerOf(() => target.discover(signal)), (value, at) => asDiscovery(value, at, terms)),
    // Not an async function: hundreds of deliveries can be under way, and the memory for each counts.
    deliver(slot, credentials, signal) {
      try {
        return Promise.resolve(target.deliver(slot, credentials, signal)).then(lookAtReceipt, raise);
      } catch (error) {
        return Promise.reject(asToldFailure(error));
      }
    },
    ...(rehearse && {
      rehearse: async (slot, credentials, signal) =>
        look('rehearse', await answerOf(() => rehearse.call(target, slot, credentials, signal)), (value, at) =>
          asRehearsal(value, at, findings),
        ),
    }),
    ...(watch && {
      watch(signal) {
        const seen: unknown = madeBy(() => watch.call(target, signal));
        // The target cannot be watched now.
        return missing(seen) ? undefined : told('watch', look('watch', seen, asSightings), signal, sightingLook);
      },
    }),
    ...(prune && {
      prune(way, signal) {
        const seen: unknown = madeBy(() => prune.call(target, way, signal));
        return told<Pruned>('prune', look('prune', seen, asSightings), signal, asPruned);
      },
    }),
    ...(tell && { tell: async (slot, notice, signal) => await answerOf(() => tell.call(target, slot, notice, signal)) }),
    async [Symbol.asyncDispose]() {
      await endOf(target, clock);
      await dispose();
    },
  };
}

/** Removes user info, because the address is public. */
const withoutLogin = (address: string): string => address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');

/** Ends when the signal is aborted, even if the iterable ignores the signal. */
async function* untilAborted(seen: AsyncIterable<unknown>, signal: AbortSignal): AsyncIterable<unknown> {
  const iterator = seen[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: an iterator that hangs would hang here too.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/**
 * Resolves to the next step, or to undefined once the signal is aborted. Racing every step against one long-lived
 * promise would retain memory for each sighting, for as long as the watch lasts.
 */
function unlessAborted<T>(step: PromiseLike<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const abort = (): void => resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  Promise.resolve(step).then(resolve, reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

/** Calls the adapter synchronously. Converts what it throws to a Failure that can be shown. */
function madeBy(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (thrown) {
    throw asToldFailure(thrown);
  }
}

function raise(thrown: unknown): never {
  throw asToldFailure(thrown);
}

/** Awaits the adapter's answer. Converts what it throws to a Failure that can be shown. */
async function answerOf<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw asToldFailure(thrown);
  }
}

/** Disposes of the target, within `disposeMs` and without an error: a target that cannot be closed stops nothing. */
async function endOf(target: Target, clock: Made['clock']): Promise<void> {
  const ended = new AbortController();
  const end = async (): Promise<void> => target[Symbol.asyncDispose]?.();
  await Promise.race([end().catch(() => undefined), clock.sleep(disposeMs, ended.signal)]);
  ended.abort();
}

function asTarget(value: unknown, at: string): Target {
  demandMap(value, at);
  demand(isText(value['address']), `${at}.address`, 'a text', value['address']);
  for (const method of ['discover', 'deliver'] as const)
    demand(typeof value[method] === 'function', `${at}.${method}`, 'a function', value[method]);
  for (const method of ['watch', 'rehearse', 'prune', 'tell', Symbol.asyncDispose] as const) {
    const member = (value as Readonly<Record<PropertyKey, unknown>>)[method];
    demand(missing(member) || typeof member === 'function', `${at}.${String(method)}`, 'a function, or missing', member);
  }
  return value as unknown as Target;
}
