import type { Clock } from '../contract/clock.ts';
import { asToldFailure } from '../contract/failures.ts';
import type { FindingSpecs, Pruned, Receipt, Sighting, Target } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import { asPruned } from './pruned.ts';
import { asDiscovery, asReceipt, asRehearsal, asSighting, asSightings, type Terms } from './reports.ts';
import { demand, demandMap, isText, type Look, lookFor, missing } from './shape.ts';

/** What an adapter made, on its way to the engine. */
export interface Made {
  /** Of the adapter. */
  readonly kind: string;
  /** Its table; without one, any code will do. */
  readonly findings?: FindingSpecs | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** The registry that a host stands for. */
  readonly registry: Terms['registry'];
  /** Closes what the target was lent; after the target's own end, or soon. */
  dispose(): Promise<void>;
}

/** In milliseconds: an adapter's own end is not waited for any longer. */
const disposeMs = 1000;
const longestAddress = 500;
/** So many sightings are taken before others have their turn. */
const atOnce = 100;

/**
 * The border between the engine and an adapter. What an adapter returns is looked at here once, and nowhere behind: the
 * compiler has not seen an adapter in plain JavaScript, and one that answers nonsense must not stop the other targets.
 * What is wrong becomes UNEXPECTED of this target, naming the member. Names that the manager gave are cut and made fit
 * for people. There may be 100,000 slots: one that is as it should be is handed on as it is.
 */
export function acrossBorder(made: unknown, { kind, findings, clock, registry, dispose }: Made): Target {
  const look = lookFor(kind);
  const target = look('create', made, asTarget);
  const { watch, rehearse, prune } = target;
  const terms: Terms = { findings, registry, known: new WeakSet() };
  const receiptLook: Look<Receipt> = (value, at) => asReceipt(value, at, findings);
  const lookAtReceipt = (receipt: unknown): Receipt => look('deliver', receipt, receiptLook);
  const sightingLook: Look<Sighting> = (value, at) => asSighting(value, at, terms);
  async function* told<T>(method: string, seen: AsyncIterable<unknown>, signal: AbortSignal, lookAtOne: Look<T>): AsyncIterable<T> {
    try {
      let count = 0;
      for await (const one of untilAborted(seen, signal)) {
        yield look(method, one, lookAtOne);
        // One that never waits for anything would leave no time to anybody else.
        if (++count % atOnce === 0) await clock.sleep(1, signal);
      }
    } catch (thrown) {
      throw asToldFailure(thrown);
    }
  }
  return {
    address: label(withoutLogin(target.address), longestAddress),
    discover: async signal => look('discover', await answerOf(() => target.discover(signal)), (value, at) => asDiscovery(value, at, terms)),
    // No async function: hundreds of deliveries can be under way, and what is kept of each counts.
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
        // It cannot be watched now.
        return missing(seen) ? undefined : told('watch', look('watch', seen, asSightings), signal, sightingLook);
      },
    }),
    ...(prune && {
      prune(way, signal) {
        const seen: unknown = madeBy(() => prune.call(target, way, signal));
        return told<Pruned>('prune', look('prune', seen, asSightings), signal, asPruned);
      },
    }),
    async [Symbol.asyncDispose]() {
      await endOf(target, clock);
      await dispose();
    },
  };
}

/** An address is shown to everybody. */
const withoutLogin = (address: string): string => address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');

/** Ends when the signal is aborted, whether the other side looks at it or not. */
async function* untilAborted(seen: AsyncIterable<unknown>, signal: AbortSignal): AsyncIterable<unknown> {
  const iterator = seen[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } finally {
    // One that hangs hangs here as well.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/**
 * undefined: aborted before. One promise that ends with the signal would keep something of every sighting, for as long
 * as the watch goes on.
 */
function unlessAborted<T>(step: PromiseLike<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const abort = (): void => resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  Promise.resolve(step).then(resolve, reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

/** What the adapter makes at once, or throws in a form in which it can be told. */
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

/** What the adapter answers, or throws in a form in which it can be told. */
async function answerOf<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw asToldFailure(thrown);
  }
}

/** Ends in time whatever it does. A target that cannot be closed is no reason to stop. */
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
  for (const method of ['watch', 'rehearse', 'prune', Symbol.asyncDispose] as const) {
    const member = (value as Readonly<Record<PropertyKey, unknown>>)[method];
    demand(missing(member) || typeof member === 'function', `${at}.${String(method)}`, 'a function, or missing', member);
  }
  return value as unknown as Target;
}
