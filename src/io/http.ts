import { Failure } from '../contract/failures.ts';
import type { Answer, Http, HttpRequest } from '../contract/http.ts';
import { baseOf } from './address.ts';
import { Collector } from './collector.ts';
import { type Dispatcher, everywhere, openRoads, type Policy } from './connect.ts';
import { broken, type Call, failureOf } from './meaning.ts';
import { bodyOf, callOf, type Header, headerWriter, linesOf, readAll, toAnswer } from './message.ts';
import { reachAws } from './reach.ts';
import { pinOf } from './tls.ts';
import { streamer, type Taker, transfer } from './transfer.ts';
import { type Writes, whyNot } from './writes.ts';

export interface HttpOptions extends Policy {
  /** A path in it precedes the path of every request. */
  readonly url: string;
  /**
   * Appended to the path of every request (`?token=...`). Neither this nor the path in `url` ever appears in messages.
   */
  readonly query?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Record<string, string> | undefined;
  /** Names of the headers that individual requests set. */
  readonly sets?: readonly string[] | undefined;
  /** Headers that the configuration adds to every request. They do not replace any others. */
  readonly configured?: readonly Header[] | undefined;
  readonly allowHttp?: boolean | undefined;
  /**
   * Called before each request that may change something. Unless it returns `allowed`, the request fails before it is
   * sent.
   */
  readonly writes?: (() => Writes) | undefined;
  /** The maximum size of one answer, or of one line of a stream (16 MiB). */
  readonly maxBytes?: number | undefined;
  /**
   * A dispatcher to use in place of the client's own connections, shared by many clients that each ask once. It is not
   * closed with the client.
   */
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * A client for one server. No redirects, cookies, retries or HTTP/2. The only deadline is the caller's signal, which
 * covers the whole answer.
 * Throws MISCONFIGURED for an address that cannot be used and for a configured header that the client sets itself. All
 * other errors, such as an unreadable CA file, fail the request.
 */
export function openHttp(options: HttpOptions): Http & AsyncDisposable {
  const { origin, prefix } = baseOf(options);
  const { connections = 16, maxBytes = 16 * 1024 * 1024, query = '', writes: mayWrite = () => 'allowed' } = options;
  if (options.tls?.fingerprint) pinOf(options.tls.fingerprint, options.names ?? {});
  const headersFor = headerWriter(options);
  const roads = openRoads(options);
  const route = roads.routeTo(origin);
  let reads: Dispatcher | undefined;
  let writes: Dispatcher | undefined;

  /**
   * Reads have connections of their own, one more than there are concurrent writes, so a discovery does not wait for
   * deliveries that hang. Writes have no spare connection: undici would rotate through the connections, and each would
   * fall idle in between, which costs a tenth of a write.
   */
  function roadOf({ write }: Call): Dispatcher {
    if (options.dispatcher) return options.dispatcher;
    if (write) return (writes ??= roads.to(origin));
    return (reads ??= openRoads({ ...options, connections: connections + 1 }).to(origin));
  }

  /** `taker` receives the outcome in every case. `idleMs`: the longest silence; 0 leaves the deadline to the signal. */
  function send(method: string, path: string, call: Call, more: HttpRequest, idleMs: number, taker: Taker): void {
    try {
      const barred = call.write ? mayWrite() : 'allowed';
      if (barred !== 'allowed')
        throw new Failure('UNEXPECTED', `${call.asked} would write, and ${whyNot[barred]}. Nothing was sent.`, { barred });
      const headers = headersFor(more);
      const silence = { headersTimeout: idleMs, bodyTimeout: idleMs };
      const request = { origin, path: `${prefix}${path}${query}`, method, headers, body: bodyOf(more), ...silence };
      transfer(roadOf(call), request, call, more.signal, taker);
    } catch (error) {
      taker.fail(error);
    }
  }

  /** A single promise for each exchange: thousands of requests can be under way, and the memory for each counts. */
  function exchange(method: string, path: string, more: HttpRequest): Promise<Answer> {
    const write = method !== 'GET' && method !== 'HEAD' && !more.reads;
    const call: Call = { asked: `${method}${path && ` ${path}`} at ${origin}`, route, write, sent: false };
    return new Promise((resolve, reject) => send(method, path, call, more, 0, new Collector(call, more, maxBytes, { resolve, reject })));
  }

  async function* lines(
    path: string,
    more: { signal: AbortSignal; idleMs: number; headers?: Record<string, string> },
  ): AsyncIterable<string> {
    const call: Call = { asked: `GET ${path} at ${origin}`, route, write: false, sent: false };
    // Ends the request when the consumer stops reading.
    const left = new AbortController();
    const stream = streamer(call);
    const signal = AbortSignal.any([more.signal, left.signal]);
    try {
      send('GET', path, call, { ...more, signal }, more.idleMs, stream.taker);
      const { status, headers } = await stream.head;
      if (status !== 200) throw failureOf(toAnswer(call, status, headers, await readAll(stream.body, maxBytes, call.asked)), call);
      yield* linesOf(stream.body, maxBytes, call.asked);
    } catch (error) {
      throw broken(error, call, more.signal);
    } finally {
      left.abort();
    }
  }

  return Object.assign(exchange, {
    lines,
    failure: (answer: Answer, message?: string) => failureOf(answer, callOf(answer), message),
    [Symbol.asyncDispose]: async () => void (await Promise.all([reads?.destroy(), writes?.destroy()])),
  });
}

/** A dispatcher for AWS, for callers that send many requests. */
export function awsDispatcher(policy: Policy): ReturnType<typeof everywhere> {
  const limits = { headersTimeout: 10_000, bodyTimeout: 10_000, maxResponseSize: 1024 * 1024 };
  return everywhere(openRoads(reachAws(policy), limits));
}
