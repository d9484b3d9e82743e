import type { FindingSpecs, Receipt, Sighting, Target } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { asToldFailure } from '../contract/failures.ts';
import { label } from '../contract/text.ts';
import { asDiscovery, asReceipt, asRehearsal, asSighting, asSightings } from './reports.ts';
import { demand, demandMap, isText, type Look, lookFor, missing } from './shape.ts';

/** What an adapter made, on its way to the engine. */
export interface Made {
  /** Of the adapter. */
  readonly kind: string;
  /** Its table; without one, any code will do. */
  readonly findings?: FindingSpecs | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Closes what the target was lent; after the target's own end, or soon. */
  dispose(): Promise<void>;
}

/** In milliseconds: an adapter's own end is not waited for any longer. */
const disposeMs = 1000;
const longestAddress = 500;

/**
 * The border between the engine and an adapter. What an adapter returns is looked at here once, and nowhere behind: the
 * compiler has not seen an adapter in plain JavaScript, and one that answers nonsense must not stop the other targets.
 * What is wrong becomes UNEXPECTED of this target, naming the member. Names that the manager gave are cut and made fit
 * for people. There may be 100,000 slots: one that is as it should be is handed on as it is.
 */
export function acrossBorder(made: unknown, { kind, findings, clock, dispose }: Made): Target {
  const look = lookFor(kind);
  const target = look('create', made, asTarget);
  const { watch, rehearse } = target;
  const receiptLook: Look<Receipt> = (value, at) => asReceipt(value, at, findings);
  const lookAtReceipt = (receipt: unknown): Receipt => look('deliver', receipt, receiptLook);
  async function* told(sightings: AsyncIterable<unknown>): AsyncIterable<Sighting> {
    try {
      for await (const sighting of sightings) yield look('watch', sighting, (value, at) => asSighting(value, at, findings));
    } catch (thrown) {
      throw asToldFailure(thrown);
    }
  }
  return {
    address: label(target.address, longestAddress),
    discover: async signal =>
      look('discover', await answerOf(() => target.discover(signal)), (value, at) => asDiscovery(value, at, findings)),
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
        const seen = sightingsOf(() => watch.call(target, signal), look);
        return seen && told(seen);
      },
    }),
    async [Symbol.asyncDispose]() {
      await endOf(target, clock);
      await dispose();
    },
  };
}

/** undefined: it cannot be watched now. */
function sightingsOf(ask: () => unknown, look: ReturnType<typeof lookFor>): AsyncIterable<unknown> | undefined {
  let made: unknown;
  try {
    made = ask();
  } catch (thrown) {
    throw asToldFailure(thrown);
  }
  return missing(made) ? undefined : look('watch', made, asSightings);
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
  for (const method of ['watch', 'rehearse', Symbol.asyncDispose] as const) {
    const member = (value as Readonly<Record<PropertyKey, unknown>>)[method];
    demand(missing(member) || typeof member === 'function', `${at}.${String(method)}`, 'a function, or missing', member);
  }
  return value as unknown as Target;
}
