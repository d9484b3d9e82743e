import { channel } from 'node:diagnostics_channel';
import { request as ask, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { userAgent } from '../version.ts';
import { inTime } from './dial.ts';
import { loginAt, type Reach, type Ways, waysOf } from './reach.ts';

/** One request, to any origin. */
export interface OnceRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Called when there is a connection, before the request is sent. */
  readonly connected?: (() => void) | undefined;
}
export interface OnceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read to its end. Otherwise the connection stays open until the signal is aborted. */
  readonly body: AsyncIterable<Uint8Array>;
}
/** Sends each request over a connection of its own. No redirects, no retries. */
export interface Once extends Pick<Ways, 'routeTo'> {
  /**
   * Throws MISCONFIGURED for a proxy that cannot be used, a Failure for a certificate that is not trusted, otherwise
   * the system error.
   */
  send(request: OnceRequest, signal: AbortSignal): Promise<OnceAnswer>;
}

/** The diagnostics channel that publishes `Sent` before a request goes out. Node's own channels do not carry bodies. */
export const bodies = 'ecr-courier:request:body';
export interface Sent {
  readonly request: ClientRequest;
  readonly body: string;
}
const sending = channel(bodies);

/**
 * A client for occasional requests, or for one in the life of a process. It avoids undici, which takes longer to load
 * than the whole request takes.
 */
export function openOnce(reach: Reach): Once {
  const { connectMs = 10_000 } = reach;
  const ways = waysOf(reach);
  const late = (): Error => Object.assign(new Error(`no connection within ${connectMs / 1000} s`), { code: 'ETIMEDOUT' });
  return {
    routeTo: ways.routeTo,
    async send(request, signal) {
      const { url, headers } = request;
      const { connect, forwardedBy } = ways.to(url);
      const socket = await inTime(connectMs, late, deadline => connect(AbortSignal.any([signal, deadline])));
      request.connected?.();
      if (!forwardedBy) return await exchange(socket, request, signal);
      // Requests for plain HTTP through a proxy carry the whole URL.
      return await exchange(socket, { ...request, path: url.href, headers: { ...headers, ...loginAt(forwardedBy) } }, signal);
    },
  };
}

function exchange(socket: Socket, request: OnceRequest & { readonly path?: string }, signal: AbortSignal): Promise<OnceAnswer> {
  const { method, url, headers, body, path = `${url.pathname}${url.search}` } = request;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(signal.aborted ? (signal.reason as Error) : (error as Error));
      socket.destroy();
    };
    try {
      const asking = ask({
        method,
        path,
        headers: { host: url.host, 'user-agent': userAgent, ...headers },
        createConnection: () => socket,
        signal,
      });
      asking.on('error', fail);
      asking.on('response', (message: IncomingMessage) => {
        const { statusCode = 0, headers: answered } = message;
        resolve({ status: statusCode, headers: answered, body: message });
      });
      if (typeof body === 'string' && sending.hasSubscribers) sending.publish({ request: asking, body } satisfies Sent);
      asking.end(body);
    } catch (error) {
      // A header value is invalid in HTTP.
      fail(error);
    }
  });
}
