import type { Answer } from '../contract/adapter.ts';
import { clock } from '../contract/clock.ts';
import { Failure, type FailureCode, type FailureFacts } from '../contract/failures.ts';
import { isHtml, quote } from '../contract/text.ts';

/** One request on its way. `write`: it may change something there. `sent`: it was handed to an open connection. */
export interface Call {
  /** For people: `PUT /api/registries/7 at https://portainer:9443`. */
  readonly asked: string;
  readonly origin: string;
  readonly write: boolean;
  sent: boolean;
}

const day = 86_400_000;

const byStatus: Readonly<Record<number, FailureCode>> = {
  400: 'REJECTED',
  401: 'AUTH',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  407: 'MISCONFIGURED',
  408: 'BUSY',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  422: 'REJECTED',
  429: 'BUSY',
  502: 'UNREACHABLE',
  503: 'BUSY',
  504: 'UNREACHABLE',
};

/** Why there is no connection, by error code of Node and undici; nothing was sent in any of these cases. */
const noConnection: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known to DNS',
  EAI_AGAIN: 'DNS does not answer',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no route',
  ENETUNREACH: 'there is no route',
  ETIMEDOUT: 'no answer to the connection attempt',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the connection attempt',
  UND_ERR_PRX_CONN: 'the proxy broke the connection',
  UND_ERR_PRX_TLS: 'the certificate of the proxy is not trusted',
};

const aboutProxies = 'Check HTTPS_PROXY (with user and password if the proxy wants them), or put the host into NO_PROXY.';

/** The usual reading of a status. `call` is missing for an answer that did not come from this client. */
export function failureOf(answer: Answer, call: Call | undefined, message?: string): Failure {
  const { status } = answer;
  const asked = call?.asked ?? 'The request';
  const said = isHtml(answer) ? 'an HTML page. Is this the right address?' : quote(answer.text);
  const text = `${message ?? `${asked} was answered with ${status}`}${said && `: ${said}`}`;
  if (status >= 300 && status < 400) return redirected(answer, asked);
  if (/HTTP request (was sent )?to (an )?HTTPS (server|port)/i.test(answer.text))
    return new Failure('MISCONFIGURED', `${call?.origin ?? 'The address'} speaks https, not http.`, {
      remedy: 'Write https:// in the address.',
    });
  return new Failure(byStatus[status] ?? 'UNEXPECTED', text, factsOf(answer, call));
}

function factsOf(answer: Answer, call: Call | undefined): FailureFacts {
  // A proxy answered in place of the manager, which may still be at work (520 to 527 are a CDN's).
  const { status } = answer;
  if (status === 502 || status === 504 || (status >= 520 && status <= 527)) return call?.write ? { mayLand: true } : {};
  const wait = retryAfterMs(answer);
  return byStatus[answer.status] === 'BUSY' && wait !== undefined ? { retryAfterMs: wait } : {};
}

function redirected(answer: Answer, asked: string): Failure {
  const location = answer.headers.get('location') ?? '';
  const where = URL.canParse(location) ? new URL(location).origin : location ? 'another path there' : 'nowhere';
  return new Failure('MISCONFIGURED', `${asked} was redirected (${answer.status}) to ${where}; redirects are not followed.`, {
    remedy: 'Check scheme, host, port and path of the address: it must be the server itself.',
  });
}

/** Seconds or a date; a date is counted from the server's own clock. Never more than a day. */
function retryAfterMs(answer: Answer): number | undefined {
  const value = answer.headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, day);
  const now = Date.parse(answer.headers.get('date') ?? '');
  const wait = Date.parse(value) - (Number.isNaN(now) ? clock.wall() : now);
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), day);
}

/** What was thrown instead of an answer. Without `cause`: errors of the HTTP parser hold raw bytes of the answer. */
export function broken(thrown: unknown, call: Call, signal: AbortSignal): Failure {
  const { asked, origin } = call;
  const facts: FailureFacts = call.write && call.sent ? { mayLand: true } : {};
  if (signal.aborted) return givenUp(signal.reason, asked, facts);
  if (thrown instanceof Failure) return new Failure(thrown.code, thrown.message, { ...thrown.facts, ...facts });
  const { code = 'unknown', message }: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return new Failure('MISCONFIGURED', `${origin} does not speak TLS (${code}).`, {
      remedy: 'Write http:// in the address, or name the https port.',
    });
  const proxy = /Proxy response \((\d+)\)|Proxy Authentication Required \((407)\)/.exec(message);
  if (proxy) return proxyRefused(proxy[1] ?? proxy[2], origin);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return new Failure('TIMEOUT', `${asked}: silence.`, facts);
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return new Failure('UNREACHABLE', `The TLS handshake with ${origin} failed (${code}).`);
  if (!call.sent) return unconnected(thrown, code, origin);
  return new Failure('UNREACHABLE', `${asked}: the connection broke before the answer was complete (${code}).`, facts);
}

function givenUp(reason: unknown, asked: string, facts: FailureFacts): Failure {
  if (reason instanceof Failure) return new Failure(reason.code, `${reason.message} (${asked})`, { ...reason.facts, ...facts });
  return new Failure('TIMEOUT', `${asked} was given up: ${reason instanceof Error ? reason.message : 'aborted'}`, facts);
}

function unconnected(thrown: unknown, code: string, origin: string): Failure {
  const why = `${noConnection[code] ?? 'it broke'} (${code}).`;
  if (!concernsProxy(thrown, new URL(origin))) return new Failure('UNREACHABLE', `No connection to ${origin}: ${why}`);
  return new Failure('UNREACHABLE', `No connection to the proxy on the way to ${origin}: ${why}`, { remedy: aboutProxies });
}

/** Node's errors name the host or port that was tried, each address on its own where a name has several. */
function concernsProxy(thrown: unknown, server: URL): boolean {
  const error = thrown instanceof AggregateError ? (thrown.errors[0] as unknown) : thrown;
  const { hostname = server.hostname, port } = error as { hostname?: string; port?: number };
  const own = Number(server.port || (server.protocol === 'https:' ? 443 : 80));
  return hostname !== server.hostname || (port ?? own) !== own;
}

function proxyRefused(status: string | undefined, origin: string): Failure {
  const text = `The proxy did not connect to ${origin}: it answered ${status}.`;
  return new Failure(status === '407' || status === '403' ? 'MISCONFIGURED' : 'UNREACHABLE', text, { remedy: aboutProxies });
}
