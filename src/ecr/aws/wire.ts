import type { Clock } from '../../contract/clock.ts';
import { Failure } from '../../contract/failures.ts';
import type { Secret } from '../../contract/secret.ts';
import { inTime } from '../../io/dial.ts';
import type { Once, OnceAnswer, OnceRequest } from '../../io/once.ts';
import type { Proxy } from '../../io/proxies.ts';
import { refusedByProxy } from '../../io/unconnected.ts';

/** The largest response body that is read, in bytes. ECR's is 3 kB. */
const largestBody = 1024 * 1024;
/** How much of an error response is kept, in characters. */
const longestRefusal = 4096;
/**
 * The deadline of one attempt in milliseconds, from resolving the host to the last byte of the response. The whole
 * fetch has its own.
 */
const usualAttemptMs = 5000;

/** The remedy for an AWS that cannot be reached. The cause is the way out of a network, hardly ever an address. */
export const wayToAws =
  'Check the way to AWS from where the courier runs: DNS, route and security group, the proxy (HTTPS_PROXY, NO_PROXY), or the VPC ECR endpoints and STS (PrivateLink).';

/** One request to AWS, and how it went. */
export interface Call {
  /** Includes the port where that is not the usual one. */
  readonly host: string;
  /** The proxy that the request goes through. */
  readonly proxy?: Proxy | undefined;
  /** The IAM right that the request needs, such as `sts:AssumeRole`. Missing for requests of the SDK. */
  readonly right?: string | undefined;
  /** Missing: the request was not sent. */
  connected?: true;
  status?: number;
  /** The server's Date header. `aheadMs` is its distance from our wall clock, positive when the server is ahead. */
  answeredAt?: Date;
  aheadMs?: number;
  retryAfterMs?: number;
  tooLarge?: true;
  /** Our own verdict on the connection (a certificate, a file, a proxy), which the SDK would hide in its words. */
  verdict?: Failure | undefined;
  /**
   * The text of an error response, because the SDK hides what it cannot parse. A successful response may hold a token
   * and is never kept.
   */
  refusal?: string;
}

/** The HTTP side of one fetch: it sends all requests and remembers the last one. */
export interface Wire {
  /**
   * Returns the response, whatever its status. Throws the system's error, or one named TimeoutError after `attemptMs`
   * (default 5 s).
   */
  send(request: OnceRequest, about?: { readonly attemptMs?: number | undefined; readonly right?: string }): Promise<Reply>;
  readonly last: Call | undefined;
  /** Aborted when the fetch ends. */
  readonly signal: AbortSignal;
  /** Kept alive so that texts are filtered for them. */
  readonly secrets: Secret[];
}
export interface Reply extends Omit<OnceAnswer, 'body'> {
  readonly text: string;
}

export function openWire(once: Once, clock: Clock, signal: AbortSignal): Wire {
  let last: Call | undefined;
  return {
    async send(request, { attemptMs = usualAttemptMs, right } = {}) {
      signal.throwIfAborted();
      const call: Call = { host: request.url.host, proxy: once.routeTo(request.url.origin).proxy, right };
      last = call;
      const late = (): Error => Object.assign(new Error(`no answer within ${attemptMs / 1000} s`), { name: 'TimeoutError' });
      return await inTime(attemptMs, late, async deadline => {
        const connected = (): void => void (call.connected = true);
        const answer = once.send({ ...request, connected }, AbortSignal.any([signal, deadline]));
        const { status, headers, body } = await answer.catch((error: unknown) => {
          if (error instanceof Failure) call.verdict = error;
          throw error;
        });
        call.status = status;
        Object.assign(call, timesOf(headers, clock.wall()));
        const text = await textOf(body, call);
        call.verdict = refusalOfProxy(request.url, status, headers, call.proxy);
        if (call.verdict) throw call.verdict;
        return { status, headers, text };
      });
    },
    get last() {
      return last;
    },
    signal,
    secrets: [],
  };
}

/** The Failure for an answer of the proxy itself, to a request for plain HTTP that it was to pass on. */
function refusalOfProxy({ origin }: URL, status: number, headers: OnceAnswer['headers'], proxy: Proxy | undefined): Failure | undefined {
  const wants = [headers['proxy-authenticate'] ?? []].flat().join(', ') || undefined;
  return status === 407 && proxy ? refusedByProxy({ status, wants }, proxy, origin) : undefined;
}

function timesOf(headers: OnceAnswer['headers'], now: number): Partial<Call> {
  const date = Date.parse(String(headers['date']));
  const seconds = Number(headers['retry-after'] || Number.NaN);
  return {
    ...(Number.isFinite(date) && { answeredAt: new Date(date), aheadMs: date - now }),
    ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
  };
}

async function textOf(body: AsyncIterable<Uint8Array>, call: Call): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestBody) {
      call.tooLarge = true;
      throw new Error('The answer is too large.');
    }
  }
  const text = Buffer.concat(chunks).toString();
  if ((call.status ?? 0) >= 400) call.refusal = text.slice(0, longestRefusal);
  return text;
}

/**
 * A step that is waited for, in words for people. `late` is what to do when it does not end. Default: check the way to
 * AWS.
 */
export interface Step {
  readonly name: string;
  readonly late?: string | undefined;
  /** The IAM right that the pending request needs. */
  readonly right?: string | undefined;
}

/**
 * Runs `work` with a signal that ends with the caller's, or after `ms`. Does not wait for work that ignores the signal
 * (a credential process has no timeout of its own). Throws TIMEOUT, with the step that `waiting` names.
 */
export async function within<T>(
  ms: number,
  clock: Clock,
  caller: AbortSignal,
  waiting: () => Step,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopped = (): Failure =>
    caller.reason instanceof Failure
      ? caller.reason
      : new Failure('TIMEOUT', `Stopped while ${waiting().name}.`, { remedy: 'Nothing to do: the next fetch begins anew.' });
  if (caller.aborted) throw stopped();
  const deadline = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([caller, deadline.signal]);
  const cut = Promise.withResolvers<never>();
  function tooLate(): Failure {
    const { name, late = wayToAws, right } = waiting();
    const asked = right === undefined ? {} : { asked: { right } };
    return new Failure('TIMEOUT', `No end within ${ms / 1000} s while ${name}.`, { remedy: late, ...asked });
  }
  const stop = (): void => cut.reject(caller.aborted ? stopped() : tooLate());
  signal.addEventListener('abort', stop);
  void clock.sleep(ms, done.signal).then(() => deadline.abort());
  try {
    return await Promise.race([cut.promise, work(signal)]);
  } finally {
    signal.removeEventListener('abort', stop);
    done.abort();
  }
}
