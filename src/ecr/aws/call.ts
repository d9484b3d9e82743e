import { isClockSkewError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../../contract/clock.ts';
import type { Keys } from '../keys/place.ts';
import type { Patience } from './endpoints.ts';
import { refusalOf } from './refusal.ts';
import type { Reply, Wire } from './wire.ts';

/** One action of an AWS API. Without keys the request is sent unsigned. */
interface Action {
  /** The signing name of the service. */
  readonly service: 'ecr' | 'ecr-public' | 'sts' | 'lambda';
  /** The IAM right that the action needs, such as `sts:AssumeRole`. */
  readonly right: string;
  readonly region: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly keys?: Keys | undefined;
  /** The deadline of one attempt in milliseconds. Default: that of all calls. */
  readonly attemptMs?: number | undefined;
}
export interface Ways {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly patience: Patience;
}

/**
 * The skew, in milliseconds, from which the clock may be the reason for a refused signature (value of the AWS SDK for
 * JavaScript).
 */
const skewThatMatters = 240_000;
/** The longest pause, in milliseconds. A server that asks for a longer one is not called again within the fetch. */
const longestPause = 5_000;
/** The most attempts of a call that gets no response at all. */
const attemptsInTheDark = 2;

/**
 * Sends the request and returns the successful response. Retries where AWS wants that: by default up to three attempts
 * for transient errors, and one more after the clock is corrected. Throws the error of the last attempt, either an
 * error with AWS's name for it and `$metadata`, or the system's error.
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

/** An error that AWS answered with, or one of the system. */
type Thrown = Error & { readonly $metadata?: { readonly httpStatusCode?: number } };

/** How far the server's clock is ahead in milliseconds. undefined: the clock is not the reason for the error. */
function skewOf(error: Error, { wire, patience }: Ways): number | undefined {
  const { aheadMs = 0 } = wire.last ?? {};
  const matters = patience.corrects === 'clock' && patience.attempts > 1 && isClockSkewError(error as never);
  return matters && Math.abs(aheadMs) >= skewThatMatters ? aheadMs : undefined;
}

/** The pause before the next attempt in milliseconds, with jitter. undefined: there is no next attempt. */
function pauseAfter(error: Thrown, attempt: number, { wire, patience }: Ways): number | undefined {
  const [throttled, passes] = [isThrottlingError(error as never), isTransientError(error as never)];
  const most = error.$metadata === undefined ? Math.min(attemptsInTheDark, patience.attempts) : patience.attempts;
  const asked = wire.last?.retryAfterMs ?? 0;
  if (!(throttled || passes) || attempt >= most || asked > longestPause) return undefined;
  return Math.max(asked, Math.random() * (throttled ? 1_000 : 50) * 2 ** (attempt - 1));
}
