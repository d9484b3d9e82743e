import type { Keys } from '../keys/place.ts';
import type { Ways } from './call.ts';
import { elementOf } from './refusal.ts';
import { askSts, type StsAt } from './sts.ts';

/**
 * The deadline, in milliseconds. Only people read the caller's name, so an STS that does not respond must not hold up a
 * token.
 */
const patienceMs = 4_000;

/** The principal that `GetCallerIdentity` names for a set of keys. */
export interface Caller {
  readonly arn: string;
  readonly account: string;
}

/** The ARN of `askCaller`. undefined: STS cannot be reached, is too slow, or gives no valid answer. */
export async function callerOf(keys: Keys, sts: () => StsAt, ways: Ways): Promise<string | undefined> {
  const ended = new AbortController();
  const late = ways.clock.sleep(patienceMs, ended.signal).then(() => undefined);
  const once: Ways = { ...ways, patience: { ...ways.patience, attempts: 1 } };
  const caller = askCaller(keys, sts, once).then(
    ({ arn }) => arn,
    () => undefined,
  );
  try {
    return await Promise.race([caller, late]);
  } finally {
    ended.abort();
  }
}

/** The callers that STS was asked for. The same keys always belong to the same caller. */
const asked = new WeakMap<Keys, Promise<Caller>>();

/**
 * Asks STS which principal the keys belong to, once per `Keys` object. This needs no right. Throws what `callAws`
 * throws.
 */
export async function askCaller(keys: Keys, sts: () => StsAt, ways: Ways): Promise<Caller> {
  const known = asked.get(keys) ?? callerSaid(keys, sts, ways);
  asked.set(keys, known);
  return await known;
}

async function callerSaid(keys: Keys, sts: () => StsAt, ways: Ways): Promise<Caller> {
  const arn = elementOf(await askSts({ Action: 'GetCallerIdentity' }, sts(), keys, ways), 'Arn') ?? '';
  const account = /^arn:[\w-]+:(?:iam|sts)::(?<account>\d{12}):/.exec(arn)?.groups?.['account'];
  if (account !== undefined && /^[\w:/+=,.@-]{10,2048}$/.test(arn)) return { arn, account };
  throw Object.assign(new Error('no identity in the answer'), { name: 'Unknown', $metadata: { httpStatusCode: 200 } });
}
