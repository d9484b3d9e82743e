import { channel } from 'node:diagnostics_channel';
import { request as ask, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { userAgent } from '../version.ts';
import { inTime } from './dial.ts';
import { loginAt, type Reach, type Ways, waysOf } from './reach.ts';

/** One request, to whatever origin. */
export interface OnceRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}
export interface OnceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end, or left: then the connection is cut by the signal. */
  readonly body: AsyncIterable<Uint8Array>;
}
/** Requests that have each a connection of their own. No redirects, no second attempts. */
export interface Once extends Pick<Ways, 'routeTo'> {
  /**
   * Throws MISCONFIGURED for a proxy that cannot be used, a Failure for a certificate that is not trusted, else what
   * the system says.
   */
  send(request: OnceRequest, signal: AbortSignal): Promise<OnceAnswer>;
}

/** The diagnostics channel on which `Sent` is told before a request goes out. Node's own channels have no bodies. */
export const bodies = 'ecr-courier:request:body';
export interface Sent {
  readonly request: ClientRequest;
  readonly body: string;
}
const sending = channel(bodies);

/**
 * For those who ask once in a while, or once in the life of a process: without undici, whose loading takes longer than
 * the whole request.
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
      if (!forwardedBy) return await exchange(socket, request, signal);
      // A proxy is asked for plain HTTP by the whole address.
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
      // A header that HTTP cannot carry.
      fail(error);
    }
  });
}
