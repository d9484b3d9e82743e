import { lookup as systemLookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { clock } from '../contract/clock.ts';
import { unlessAborted } from '../contract/unless.ts';
import { nodeTls } from './tls.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}
/** Looks up all addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly Address[]>;

const lookUp: Lookup = host => systemLookup(host, { all: true, order: 'verbatim' });

/** The delay before the next address is tried in parallel, in milliseconds (RFC 8305). */
const headStart = 250;

/**
 * Opens a TCP connection to one of the addresses of `host`. The next address is tried when the previous one failed or
 * is slow. A slow attempt continues in parallel. Node gives it up instead, and then never connects over a link with
 * slow handshakes. Throws the system error, or the signal's reason.
 */
export async function dial(host: string, port: number, signal: AbortSignal, lookup: Lookup = lookUp): Promise<Socket> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(name);
  if (family) return await tcp({ address: name, family }, port, signal);
  const addresses = byTurns(await unlessAborted(signal, lookup(name)));
  return await firstOf(addresses, signal, (address, ends) => tcp(address, port, ends));
}

/** Interleaves the address families, each in the order that the system returned. */
function byTurns(addresses: readonly Address[]): Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return Array.from({ length: Math.max(first.length, others.length) }, (_, at) => [first[at], others[at]])
    .flat()
    .filter(address => address !== undefined);
}

/**
 * Resolves to the result of the first attempt that succeeds, and aborts the others. When all fail, throws the most
 * informative error.
 */
export async function firstOf<C, T extends { destroy(): unknown }>(
  candidates: readonly C[],
  signal: AbortSignal,
  attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const attempts: Promise<T>[] = [];
  let first: T | undefined;
  for (const candidate of candidates) {
    const mine = attempt(candidate, ends).then(result => {
      // Two attempts may succeed at the same moment.
      if (first) result.destroy();
      return (first ??= result);
    });
    attempts.push(mine);
    const failed = mine.then(nothing, nothing);
    const succeeded = Promise.any(attempts).then(nothing, nothing);
    await Promise.race([failed, succeeded, clock.sleep(headStart, ends)]);
    if (first || signal.aborted) break;
  }
  return await Promise.any(attempts)
    .catch((all: AggregateError) => {
      throw signal.aborted ? signal.reason : mostTelling(all.errors as NodeJS.ErrnoException[]);
    })
    // With an explicit reason, because abort() without one creates an exception with a stack each time.
    .finally(() => over.abort('connected'));
}

/**
 * The first error other than an unreachable family: a machine without IPv6 fails that way for every name that has an
 * IPv6 address.
 */
const mostTelling = (errors: readonly NodeJS.ErrnoException[]): NodeJS.ErrnoException =>
  errors.find(({ code }) => !/^(E(NET|HOST)UNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(code ?? '')) ??
  errors[0] ??
  Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' });

const nothing = (): void => undefined;

function tcp({ address, family }: Address, port: number, signal: AbortSignal): Promise<Socket> {
  const options = { host: address, port, family, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, highWaterMark: 64 * 1024 };
  return opened(connect(options), 'connect', signal);
}

/** Opens TLS over a connection. Destroys the connection on failure. */
export function secure(socket: Socket, options: Omit<ConnectionOptions, 'socket'>, signal: AbortSignal): Promise<TLSSocket> {
  return opened(nodeTls().connect({ ...options, ALPNProtocols: ['http/1.1'], socket }), 'secureConnect', signal);
}

/**
 * TLS options for the server name. An IP address cannot be sent as SNI (RFC 6066), but the certificate is still checked
 * against it.
 */
export const serverOf = (host: string): ConnectionOptions => {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(name) ? { host: name } : { host: name, servername: name };
};

/** Resolves to the socket once it is connected. Destroys it when the signal is aborted, and on failure. */
export function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
      socket.destroy();
    };
    const end = (): void => signal.removeEventListener('abort', stop);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    const fail = (error: Error): void => {
      end();
      reject(error);
      // A TLS alert is followed by the end of the stream, and undici would report only the latter.
      socket.destroy();
    };
    // The listener stays: an error before the next owner takes the connection would otherwise be unhandled.
    socket.on('error', fail).once(event, () => (end(), resolve(socket)));
  });
}

/** Runs the job with a signal that is aborted after `ms` with the error that `late` makes. */
export async function inTime<T>(ms: number, late: () => Error, job: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  void clock.sleep(ms, done.signal).then(() => done.signal.aborted || deadline.abort(late()));
  try {
    return await job(deadline.signal);
  } finally {
    done.abort('done');
  }
}
