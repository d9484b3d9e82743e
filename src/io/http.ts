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
  /** A path in it stands before every request's path. */
  readonly url: string;
  /** Ends the path of every request (`?token=...`). Neither it nor the path in `url` is ever named. */
  readonly query?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Record<string, string> | undefined;
  /** Names of headers that single requests bring. */
  readonly sets?: readonly string[] | undefined;
  /** Sent with every request, too: what the configuration asks for. They replace none of the others. */
  readonly configured?: readonly Header[] | undefined;
  readonly allowHttp?: boolean | undefined;
  /** Asked before each request that may change something; where it may not, that throws before a byte is sent. */
  readonly writes?: (() => Writes) | undefined;
  /** Of one answer, or of one line of a stream (16 MiB). */
  readonly maxBytes?: number | undefined;
  /**
   * Makes the connections in the place of one of its own, and is not closed with the client: for many clients that ask
   * once.
   */
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * A client of one server. No redirects, cookies, retries or HTTP/2; the caller's signal is the one deadline, for the
 * whole answer.
 * Throws MISCONFIGURED for an address that cannot be used and for a configured header that we set; everything else, an
 * unreadable CA file too, fails the request.
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
   * Reads have connections of their own, and one more than there are writes at a time: so a discovery does not wait for
   * deliveries that hang. Writes have no connection to spare: undici would send each over another one, and each would
   * fall idle in between, which costs a tenth of a write.
   */
  function roadOf({ write }: Call): Dispatcher {
    if (options.dispatcher) return options.dispatcher;
    if (write) return (writes ??= roads.to(origin));
    return (reads ??= openRoads({ ...options, connections: connections + 1 }).to(origin));
  }

  /** `taker` hears of whatever comes of it. `idleMs`: longest silence; 0 leaves it to the signal. */
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

  /** One promise for all: thousands of requests can be under way, and what is kept of each counts. */
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
    // Whoever stops reading ends the request.
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

/** Connections to AWS, for whoever asks it often. */
export function awsDispatcher(policy: Policy): ReturnType<typeof everywhere> {
  const limits = { headersTimeout: 10_000, bodyTimeout: 10_000, maxResponseSize: 1024 * 1024 };
  return everywhere(openRoads(reachAws(policy), limits));
}
