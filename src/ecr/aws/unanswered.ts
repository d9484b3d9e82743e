import { Failure } from '../../contract/failures.ts';
import { capital, quote } from '../../contract/text.ts';
import { nameOf, wayPast } from '../../io/proxies.ts';
import { isNoTls } from '../../io/unconnected.ts';
import type { Attempt } from './denied.ts';
import { type Call, wayToAws } from './wire.ts';

export const somebodyElse = 'Does a proxy, a captive portal or an endpoint override answer in place of AWS?';

/** Why there is no connection, by error code of Node and undici. */
const noConnection: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known; does the region exist, and does DNS work here?',
  EAI_AGAIN: 'DNS does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  EHOSTUNREACH: 'there is no route',
  ENETUNREACH: 'there is no route',
  ETIMEDOUT: 'no answer to the connection attempt',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the connection attempt',
};
const certificate = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO)/;

/** An error with the fields that the SDK and undici add. */
type SdkError = NodeJS.ErrnoException & { readonly $metadata?: { readonly httpStatusCode?: number } };

export const asError = (thrown: unknown): SdkError => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** The code of an error, empty where it is not a string: an abort has a numeric code. */
function codeIn(thrown: unknown): string {
  const { code } = asError(thrown) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** The Failure for a request that got no connection, or no answer. */
export function unconnected(thrown: unknown, call: Call | undefined): Failure | undefined {
  const { name, message } = asError(thrown);
  const { host = 'AWS', proxy } = call ?? {};
  const code = codeIn(thrown);
  if (Object.hasOwn(noConnection, code))
    return new Failure('UNREACHABLE', `No connection to ${host}: ${noConnection[code]} (${code}).`, { remedy: wayToAws });
  if (name === 'TimeoutError' && call && !call.connected)
    return new Failure('UNREACHABLE', `No connection to ${host}: ${message}.`, { remedy: wayToAws });
  if (name === 'TimeoutError' || name === 'AbortError')
    return new Failure('TIMEOUT', `${host} ${proxy ? 'did not answer the request' : 'took the request and did not answer'}.`, {
      remedy: wayToAws,
    });
  if (isNoTls(code))
    return new Failure('UNREACHABLE', `${host} does not speak TLS (${code}).`, {
      remedy: proxy
        ? `${capital(nameOf(proxy))} may answer in the place of ${host}: ${wayPast(proxy)}, or ask whoever runs the proxy.`
        : `${somebodyElse} If AWS_ENDPOINT_URL or one of its kin sets that address, write http:// there or name the https port.`,
    });
  if (!certificate.test(code)) return undefined;
  return new Failure('UNREACHABLE', `The TLS handshake with ${host} failed (${code}).`, {
    remedy:
      'If a proxy or a private endpoint shows its own certificate, name its authority in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS; check the clock.',
  });
}

/**
 * The Failure for a request that was not sent or got no response, which must not be blamed on a server. The
 * configuration has validated the variables, but a profile can still hold values that they may not.
 */
export function unsent(thrown: unknown, { action, region, call }: Attempt): Failure | undefined {
  const { name, message, $metadata } = asError(thrown);
  const code = codeIn(thrown);
  if (name === 'EndpointError') return undefined;
  if (code.startsWith('HPE_'))
    return new Failure('UNREACHABLE', `What ${call?.host ?? 'AWS'} sent is not HTTP (${code}).`, { remedy: somebodyElse });
  if ($metadata?.httpStatusCode !== undefined || call?.status !== undefined) return undefined;
  if (/^UND_ERR_\w+_TIMEOUT$/.test(code))
    return new Failure('TIMEOUT', `${call?.host ?? 'AWS'} took the request and did not answer (${code}).`, { remedy: wayToAws });
  if (onTheWay.test(code))
    return new Failure('UNREACHABLE', `The connection to ${call?.host ?? 'AWS'} failed (${code}).`, { remedy: wayToAws });
  return new Failure('MISCONFIGURED', `${action} in ${region} could not be sent: ${quote(message)}`, {
    remedy: settingsToLookAt,
    short: `${action} in ${region} could not be sent`,
  });
}

/** Codes of the system and of undici that concern the connection. All others mean that the request itself was wrong. */
const onTheWay = /^(E[A-Z]{3,}|UND_ERR_(?!INVALID|NOT_SUPPORTED)\w+)$/;

const settingsToLookAt =
  'Nothing left this machine. Look at the settings that shape the request: the keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), AWS_ENDPOINT_URL and its kin, and the same options of the profile.';
