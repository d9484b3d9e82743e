import { isClockSkewError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../../contract/clock.ts';
import type { Keys } from '../keys/place.ts';
import type { Patience } from './endpoints.ts';
import { refusalOf } from './refusal.ts';
import type { Reply, Wire } from './wire.ts';

/** One action of an API of AWS. Without keys it is sent unsigned. */
export interface Action {
  /** As signatures name it. */
  readonly service: 'ecr' | 'ecr-public' | 'sts' | 'lambda';
  /** That it needs, such as `sts:AssumeRole`. */
  readonly right: string;
  readonly region: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly keys?: Keys | undefined;
  /** How long one attempt may take, in milliseconds; as for all calls unless said. */
  readonly attemptMs?: number | undefined;
}
export interface Ways {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly patience: Patience;
}

/** In milliseconds: from here on the clock may be why a signature was refused, as AWS's SDK for JavaScript has it. */
const skewThatMatters = 240_000;
/** In milliseconds: whoever asks for a longer pause is not asked again within one fetch. */
const longestPause = 5_000;
/** A call that gets no answer at all is tried so often. */
const attemptsInTheDark = 2;

/**
 * A good answer. Tries again where AWS wants that: three attempts for what passes, one more for a clock
 * that is put right. Throws what the last attempt came to: an error with the name that AWS gave it and `$metadata`, or
 * what the system says.
 */
export async function callAws(action: Action, ways: Ways): Promise<Reply> {
  const { wire, clock } = ways;
  let aheadMs = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await send(action, aheadMs, ways);
    } catch (error) {
      const corrected = aheadMs === 0 ? skewOf(error as Error, ways) : undefined;
      const pause = corrected === undefined ? pauseAfter(error as Thrown, attempt, ways) : 0;
      if (pause === undefined || wire.signal.aborted) throw error;
      aheadMs = corrected ?? aheadMs;
      await clock.sleep(pause, wire.signal);
    }
  }
}

async function send(action: Action, aheadMs: number, { wire, clock }: Ways): Promise<Reply> {
  const { service, right, region, url, headers, body, keys, attemptMs } = action;
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port && { port: Number(url.port) }),
    path: url.pathname,
    query: {},
    headers: { host: url.host, ...headers },
    body,
  };
  const signer = keys && new SignatureV4({ service, region, credentials: keys, sha256: Hash.bind(null, 'sha256') });
  const signed = signer ? await signer.sign(request, { signingDate: new Date(clock.wall() + aheadMs) }) : request;
  const reply = await wire.send({ method: 'POST', url, headers: signed.headers, body }, { attemptMs, right });
  if (reply.status >= 200 && reply.status < 300) return reply;
  throw refusalOf(reply);
}

/** What AWS threw, or the system. */
type Thrown = Error & { readonly $metadata?: { readonly httpStatusCode?: number } };

/** How far the server's clock is ahead, where that may be why it refused. */
function skewOf(error: Error, { wire, patience }: Ways): number | undefined {
  const { aheadMs = 0 } = wire.last ?? {};
  const matters = patience.corrects === 'clock' && patience.attempts > 1 && isClockSkewError(error as never);
  return matters && Math.abs(aheadMs) >= skewThatMatters ? aheadMs : undefined;
}

/** In milliseconds, with jitter; undefined: there is no next attempt. */
function pauseAfter(error: Thrown, attempt: number, { wire, patience }: Ways): number | undefined {
  const [throttled, passes] = [isThrottlingError(error as never), isTransientError(error as never)];
  const most = error.$metadata === undefined ? Math.min(attemptsInTheDark, patience.attempts) : patience.attempts;
  const asked = wire.last?.retryAfterMs ?? 0;
  if (!(throttled || passes) || attempt >= most || asked > longestPause) return undefined;
  return Math.max(asked, Math.random() * (throttled ? 1_000 : 50) * 2 ** (attempt - 1));
}
