import { Readable } from 'node:stream';
import { UndiciHttpHandler, type UndiciHttpHandlerOptions } from '@smithy/undici-http-handler';
import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import type { Secret } from '../contract/secret.ts';
import type { Proxy } from '../io/proxies.ts';

/** From io/http: obeys proxies and extra CAs. Shared by all fetches and never closed here. */
export type Dispatcher = NonNullable<UndiciHttpHandlerOptions['dispatcher']> & {
  /** By which way an origin is reached. */
  routeTo?(origin: string): { readonly proxy?: Proxy | undefined };
};

/** The largest answer that is read. ECR's is 3 kB. */
const largestBody = 1024 * 1024;
/** Of an error answer so much is kept. */
const longestRefusal = 4096;
/** Silence that ends one attempt; the whole fetch has its own deadline. */
const silenceMs = 8000;

/** What to do about an AWS that cannot be reached: it is a way out of a network, hardly ever an address. */
export const wayToAws =
  'Check the way to AWS from where the courier runs: DNS, route and security group, the proxy (HTTPS_PROXY, NO_PROXY), or the VPC endpoints of ECR and STS (PrivateLink).';

/** One request to AWS, as it went. */
export interface Call {
  /** With its port where that is not the usual one. */
  readonly host: string;
  /** What it goes through. */
  readonly proxy?: Proxy | undefined;
  status?: number;
  /** The server's Date header; its distance from our wall clock, positive when the server is ahead. */
  answeredAt?: Date;
  aheadMs?: number;
  retryAfterMs?: number;
  tooLarge?: true;
  /**
   * The text of an error answer: the SDK hides what it cannot parse. A good answer, which may hold a token, is never
   * kept.
   */
  refusal?: string;
}

/** The HTTP side of one fetch: a handler for every AWS client that takes part, and what went over it last. */
export interface Wire {
  readonly handler: Pick<UndiciHttpHandler, 'handle' | 'destroy' | 'updateHttpClientConfig' | 'httpHandlerConfigs'>;
  readonly last: Call | undefined;
  /** Kept from the garbage collector, so that texts are filtered for them. */
  readonly secrets: Secret[];
}

/**
 * A handler of its own around the shared dispatcher, because UndiciHttpHandler has three traps: its `destroy` (which
 * clients call) destroys a dispatcher that it was only lent; clients inside credential providers get no abort signal;
 * and bodies are read without a limit.
 */
export function openWire(dispatcher: Dispatcher, clock: Clock, signal: AbortSignal): Wire {
  const inner = new UndiciHttpHandler({ dispatcher });
  let last: Call | undefined;
  const handle: UndiciHttpHandler['handle'] = async request => {
    const host = request.port ? `${request.hostname}:${request.port}` : request.hostname;
    const call: Call = { host, proxy: dispatcher.routeTo?.(`${request.protocol}//${host}`).proxy };
    last = call;
    const { response } = await inner.handle(request, { abortSignal: signal, requestTimeout: silenceMs });
    call.status = response.statusCode;
    Object.assign(call, timesOf(response.headers, clock.wall()));
    response.body = Readable.from(capped(response.body, call));
    return { response };
  };
  return {
    handler: { handle, destroy: () => undefined, updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}) },
    get last() {
      return last;
    },
    secrets: [],
  };
}

function timesOf(headers: Readonly<Record<string, string | undefined>>, now: number): Partial<Call> {
  const date = Date.parse(headers['date'] ?? '');
  const seconds = Number(headers['retry-after'] || Number.NaN);
  return {
    ...(Number.isFinite(date) && { answeredAt: new Date(date), aheadMs: date - now }),
    ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
  };
}

async function* capped(body: AsyncIterable<Uint8Array>, call: Call): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > largestBody) {
      call.tooLarge = true;
      throw new Error('The answer is too large.');
    }
    if ((call.status ?? 0) >= 400 && size < longestRefusal) call.refusal = `${call.refusal ?? ''}${Buffer.from(chunk).toString()}`;
    yield chunk;
  }
}

/**
 * Runs the work with a signal that ends with the caller's, or after `ms`. Does not wait for work that ignores it (a
 * credential process has no timeout of its own). Throws TIMEOUT; `waiting` says for whom.
 */
export async function within<T>(
  ms: number,
  clock: Clock,
  caller: AbortSignal,
  waiting: () => string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopped = (): Failure =>
    caller.reason instanceof Failure
      ? caller.reason
      : new Failure('TIMEOUT', `Stopped while ${waiting()}.`, { remedy: 'Nothing to do: the next fetch begins anew.' });
  if (caller.aborted) throw stopped();
  const deadline = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([caller, deadline.signal]);
  const cut = Promise.withResolvers<never>();
  const stop = (): void =>
    cut.reject(
      caller.aborted ? stopped() : new Failure('TIMEOUT', `No end within ${ms / 1000} s while ${waiting()}.`, { remedy: wayToAws }),
    );
  signal.addEventListener('abort', stop);
  void clock.sleep(ms, done.signal).then(() => deadline.abort());
  try {
    return await Promise.race([cut.promise, work(signal)]);
  } finally {
    signal.removeEventListener('abort', stop);
    done.abort();
  }
}
