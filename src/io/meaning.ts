import { clock } from '../contract/clock.ts';
import { Failure, type FailureCode, type FailureFacts } from '../contract/failures.ts';
import type { Answer } from '../contract/http.ts';
import { isHtml } from '../contract/text.ts';
import { wordsOf } from './page.ts';
import { certificateWanted, codeOf, cut, named, type Route, refusedByProxy, unconnected } from './unconnected.ts';

/** One request. `write`: whether it may change something on the server. `sent`: whether an open connection took it. */
export interface Call {
  /** Describes the request for people: `PUT /api/registries/7 at https://portainer:9443`. */
  readonly asked: string;
  readonly route: Route;
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

/** Whether a proxy or a CDN (520 to 530) answered in place of the manager, which may still be at work. */
const isInBetween = (status: number): boolean => status === 502 || status === 504 || (status >= 520 && status <= 530);

/** The default interpretation of a status. `call` is missing for an answer that did not come from this client. */
export function failureOf(answer: Answer, call: Call | undefined, message?: string): Failure {
  return named(meaningOf(answer, call, message), call?.route.proxy);
}

function meaningOf(answer: Answer, call: Call | undefined, message?: string): Failure {
  const { status } = answer;
  const asked = call?.asked ?? 'The request';
  if (status >= 300 && status < 400) return redirected(answer, asked);
  if (status === 407 && call?.route.proxy)
    return refusedByProxy({ status, wants: answer.headers.get('proxy-authenticate') }, call.route.proxy, call.route.origin);
  if (call && wantsTls.test(answer.text))
    return new Failure('MISCONFIGURED', `${call.route.origin} speaks https, not http.`, { remedy: 'Write https:// in the address.' });
  if (call && wantsCertificate.test(answer.text)) return certificateWanted(`status ${status}`, call.route);
  const said = wordsOf(answer);
  const text = `${message ?? `${asked} was answered with ${status}`}${said && `: ${said}`}`;
  const place = call && (isHtml(answer) || isInBetween(status)) && !text.includes(call.route.origin) ? ` (${asked})` : '';
  return new Failure(isInBetween(status) ? 'UNREACHABLE' : (byStatus[status] ?? 'UNEXPECTED'), `${text}${place}`, factsOf(answer, call));
}

/** How Go, nginx and Apache answer a client that speaks plain HTTP to a TLS port. */
const wantsTls = /HTTP request (was sent )?to (an )?HTTPS (server|port)|speaking plain HTTP to an SSL-enabled server port/i;
/** How nginx and IIS answer a client without a certificate, or with one that they do not accept. */
const wantsCertificate = /No required SSL certificate was sent|The SSL certificate error|client certificate (is )?required/i;

function factsOf(answer: Answer, call: Call | undefined): FailureFacts {
  const { status } = answer;
  if (isInBetween(status)) return { remedy: nobodyBehind, ...(call?.write && { mayLand: true }) };
  const wait = retryAfterMs(answer);
  return byStatus[status] === 'BUSY' && wait !== undefined ? { retryAfterMs: wait } : {};
}

const nobodyBehind = 'Something in front of the manager answered in its place: look whether the manager runs, and whether that reaches it.';

function redirected(answer: Answer, asked: string): Failure {
  const location = answer.headers.get('location') ?? '';
  const where = URL.canParse(location) ? new URL(location).origin : location ? 'another path there' : 'nowhere';
  return new Failure('MISCONFIGURED', `${asked} was redirected (${answer.status}) to ${where}; redirects are not followed.`, {
    remedy: 'Check scheme, host, port and path of the address: it must be the server itself.',
  });
}

/** Parses Retry-After: seconds, or a date, which is relative to the server's own clock. At most one day. */
function retryAfterMs(answer: Answer): number | undefined {
  const value = answer.headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, day);
  const now = Date.parse(answer.headers.get('date') ?? '');
  const wait = Date.parse(value) - (Number.isNaN(now) ? clock.wall() : now);
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), day);
}

/**
 * Converts what was thrown instead of an answer. Drops `cause`, because errors of the HTTP parser hold raw bytes of the
 * answer.
 */
export function broken(thrown: unknown, call: Call, signal: AbortSignal): Failure {
  return named(failureFrom(thrown, call, signal), call.route.proxy);
}

function failureFrom(thrown: unknown, call: Call, signal: AbortSignal): Failure {
  const { asked } = call;
  const facts: FailureFacts = call.write && call.sent ? { mayLand: true } : {};
  if (signal.aborted) return givenUp(signal.reason, asked, facts);
  if (thrown instanceof Failure) return new Failure(thrown.code, thrown.message, { ...thrown.facts, ...facts });
  const code = codeOf(thrown);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return new Failure('TIMEOUT', `${asked}: the server stopped responding.`, facts);
  if (code.startsWith('HPE_')) return new Failure('UNREACHABLE', `${asked}: the answer is not HTTP (${code}).`, facts);
  return unconnected(thrown, call.route, call.sent) ?? cut(asked, code, call.route, facts);
}

function givenUp(reason: unknown, asked: string, facts: FailureFacts): Failure {
  if (reason instanceof Failure) {
    // What was asked goes in front of the full stop.
    const [, said = reason.message, stop = ''] = /^(.*?)(\.?)$/s.exec(reason.message) ?? [];
    return new Failure(reason.code, `${said} (${asked})${stop}`, { ...reason.facts, ...facts });
  }
  return new Failure('TIMEOUT', `${asked} was given up: ${reason instanceof Error ? reason.message : 'aborted'}`, facts);
}
