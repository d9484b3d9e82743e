import type { Ways } from './call.ts';
import type { Keys } from './place.ts';
import { elementOf } from './refusal.ts';
import { askSts, type StsAt } from './sts.ts';

/** Who asks is told for people only: an STS that does not answer must not hold up a token. */
const patienceMs = 4_000;

/**
 * What `GetCallerIdentity` says of the keys; no right is needed for it. undefined: STS cannot be reached, or gives no
 * proper answer.
 */
export async function callerOf(keys: Keys, sts: () => StsAt, ways: Ways): Promise<string | undefined> {
  const ended = new AbortController();
  const late = ways.clock.sleep(patienceMs, ended.signal).then(() => undefined);
  const asked = ask(keys, sts, ways).catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    ended.abort();
  }
}

async function ask(keys: Keys, sts: () => StsAt, ways: Ways): Promise<string | undefined> {
  const once: Ways = { ...ways, patience: { ...ways.patience, attempts: 1 } };
  const arn = elementOf(await askSts({ Action: 'GetCallerIdentity' }, sts(), keys, once), 'Arn');
  return arn && /^arn:[\w:/+=,.@-]{10,2048}$/.test(arn) ? arn : undefined;
}
