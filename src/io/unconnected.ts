import { Failure, type FailureFacts } from '../contract/failures.ts';
import { capital } from '../contract/text.ts';
import type { Exception } from './no-proxy.ts';
import { nameOf, type Proxy, wayPast } from './proxies.ts';
import { askedForCertificate, type OptionNames } from './tls.ts';
import { Unreadable } from './unreadable.ts';

/** Where the requests of a client go, and how. */
export interface Route {
  /** Safe to print. */
  readonly origin: string;
  readonly proxy?: Proxy | undefined;
  /** The NO_PROXY entry that makes requests bypass the proxy. */
  readonly exception?: Exception | undefined;
  readonly names: OptionNames;
  /** Whether we present a client certificate. */
  readonly certified: boolean;
}

/** Why there is no connection, by error code of Node and undici; nothing was sent in any of these cases. */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known to DNS',
  EAI_AGAIN: 'DNS does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it was cut',
  UND_ERR_SOCKET: 'it was cut',
  EHOSTUNREACH: 'there is no route',
  ENETUNREACH: 'there is no route',
  ETIMEDOUT: 'no answer to the connection attempt',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the connection attempt',
};
/** A TimeoutError says how long the attempt took. */
const why = (thrown: unknown, code: string): string =>
  thrown instanceof Error && thrown.name === 'TimeoutError' ? thrown.message : `${reasons[code] ?? 'it broke'} (${code})`;

/** The error code. The parser of undici gives some of its errors none. */
export function codeOf(thrown: unknown): string {
  const { code, name }: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown));
  return code ?? (name === 'HTTPParserError' ? 'HPE_INVALID' : 'unknown');
}

export const isNoTls = (code: string): boolean => /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(code);
const isUntrusted = (code: string): boolean => /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code);
/**
 * TLS alerts with which a server rejects our certificate, or the lack of one. Without one, handshakes fail with them
 * for other reasons too.
 */
const aboutOurCertificate =
  /^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)$/;

const aboutProxy = (proxy: Proxy): string => `Check ${proxy.variable}, or ${wayPast(proxy)}.`;
const askForWay = (proxy: Proxy, origin: string): string =>
  `Ask whoever runs the proxy whether it lets ${origin} through. ${aboutProxy(proxy)}`;
/** How a proxy that wants TLS is written, where plain HTTP was spoken to it. */
const perhapsTls = ({ origin, variable }: Proxy): string =>
  origin.startsWith('http:') ? ` If the proxy itself wants TLS, begin ${variable} with https://.` : '';

/** Whether a message is about the proxy itself, and not about what is behind it. */
export const isAboutProxy = (message: string): boolean => /^(The proxy|No connection to the proxy) /.test(message);

/** Adds the proxy to a failure that does not name it yet, except where the failure is about a local file. */
export function named(failure: Failure, proxy: Proxy | undefined): Failure {
  if (!proxy || failure.message.includes(proxy.origin) || failure.facts.cause instanceof Unreadable) return failure;
  const { code, message, facts } = failure;
  return new Failure(code, `${message.replace(/\.$/, '')} (through ${nameOf(proxy)}).`, facts);
}

/** The message of a failure without the proxy that `named` has added. */
export const unnamed = (message: string): string => message.replace(/ \(through (?:[^()]|\([^()]*\))*\)\.$/, '.');

/**
 * The failure when the connection could not be made, or its TLS handshake failed. undefined: the connection was made,
 * and broke later.
 */
export function unconnected(thrown: unknown, route: Route, sent: boolean): Failure | undefined {
  const { origin, exception, proxy } = route;
  const code = codeOf(thrown);
  if (isNoTls(code))
    return new Failure('MISCONFIGURED', `${origin} does not speak TLS (${code}).`, {
      // A proxy may send a page of its own after it has confirmed the tunnel.
      remedy: proxy
        ? `Name the https port in the address. If that is right, ${nameOf(proxy)} answers in the place of the server: ${wayPast(proxy)}.`
        : 'Write http:// in the address, or name the https port.',
    });
  if (aboutOurCertificate.test(code)) return certificateWanted(code, route);
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return new Failure('UNREACHABLE', `The TLS handshake with ${origin} failed (${code}).`);
  if (sent) return undefined;
  const remedy = exception
    ? `It is reached directly because of ${exception.text} in NO_PROXY: take that out if only the proxy leads there.`
    : proxy && askForWay(proxy, origin);
  return new Failure('UNREACHABLE', `No connection to ${origin}: ${why(thrown, code)}.`, { ...(remedy && { remedy }) });
}

/** The server demands a client certificate, or rejects the one that it got. */
export function certificateWanted(what: string, { origin, names, certified }: Route): Failure {
  const remedy = certificateRemedy(names, certified);
  if (certified)
    return new Failure('MISCONFIGURED', `${origin} does not accept the client certificate of ${certOf(names)} (${what}).`, { remedy });
  const may = /HANDSHAKE_FAILURE/.test(what)
    ? 'broke off the TLS handshake: it may demand a client certificate'
    : 'demands a client certificate';
  return new Failure('MISCONFIGURED', `${origin} ${may} (${what}).`, { remedy });
}

const certOf = ({ clientCertFile = 'clientCertFile' }: OptionNames): string => clientCertFile;

function certificateRemedy(names: OptionNames, certified: boolean): string {
  return certified
    ? `Look whether the certificate in ${certOf(names)} is still valid and signed by the authority that this server asks for.`
    : `Name the files of a certificate for the courier and of its key in ${certOf(names)} and ${names.clientKeyFile ?? 'clientKeyFile'}.`;
}

/** The failure of an established connection. Some servers that want a certificate, or another one, simply cut it. */
export function cut(asked: string, code: string, { origin, names, certified, proxy }: Route, facts: FailureFacts): Failure {
  const text = `${asked}: the connection broke before the answer was complete (${code}).`;
  if (!askedForCertificate(origin))
    return new Failure('UNREACHABLE', text, { ...facts, ...(proxy && { remedy: askForWay(proxy, origin) }) });
  const which = certified ? `may not accept the one of ${certOf(names)}` : 'may demand one';
  return new Failure('UNREACHABLE', `${text} ${origin} asked for a client certificate before, and ${which}.`, {
    ...facts,
    remedy: certificateRemedy(names, certified),
  });
}

/** The failure of a connection to the proxy, or of the tunnel to the server. */
export function brokenByProxy(thrown: unknown, proxy: Proxy, origin: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const code = codeOf(thrown);
  const name = nameOf(proxy);
  if (isNoTls(code))
    return new Failure('MISCONFIGURED', `${capital(name)} does not speak TLS (${code}).`, {
      remedy: `Write http:// in ${proxy.variable}, or name the port that speaks TLS.`,
    });
  if (isUntrusted(code))
    return new Failure('MISCONFIGURED', `${capital(name)} shows a certificate that is not trusted (${code}).`, {
      remedy: `Name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS, and use the name of the certificate in ${proxy.variable}.`,
    });
  if (code.startsWith('HPE_'))
    return new Failure('MISCONFIGURED', `${capital(name)} does not speak HTTP (${code}).`, {
      remedy: `Name an HTTP proxy in ${proxy.variable}; begin it with https:// if the proxy wants TLS.`,
    });
  return new Failure('UNREACHABLE', `No connection to ${name} on the way to ${origin}: ${why(thrown, code)}.`, {
    remedy: `${aboutProxy(proxy)}${code === 'ECONNRESET' ? perhapsTls(proxy) : ''}`,
  });
}

/** A proxy's response to a request for a tunnel, or for a page. wants: its header `Proxy-Authenticate`. */
interface Refusal {
  readonly status: number;
  readonly wants: string | undefined;
}

/** The authentication schemes that a proxy offers, such as NTLM. Each one begins a challenge. */
const schemesIn = (wants: string): string[] =>
  wants.split(',').flatMap(part => /^\s*([A-Za-z][\w-]*)(?:\s+[^\s=]|\s*$)/.exec(part)?.[1] ?? []);

/** The failure when the proxy has rejected a request for a tunnel, or for a page. */
export function refusedByProxy({ status, wants = '' }: Refusal, proxy: Proxy, origin: string): Failure {
  const name = nameOf(proxy);
  if (status !== 407)
    return new Failure(
      status === 403 ? 'MISCONFIGURED' : 'UNREACHABLE',
      `${capital(name)} did not connect to ${origin}: it answered ${status}.`,
      { remedy: `${askForWay(proxy, origin)}${status === 400 ? perhapsTls(proxy) : ''}` },
    );
  const schemes = schemesIn(wants);
  if (schemes.length > 0 && !schemes.some(scheme => /^basic$/i.test(scheme)))
    return new Failure(
      'MISCONFIGURED',
      `${capital(name)} wants a login by ${schemes.join(' or ')} on the way to ${origin} (407), and the courier can log in by Basic alone.`,
      {
        remedy: `Let the proxy take Basic or no login from the courier, name a helper that logs in (such as cntlm) in ${proxy.variable}, or ${wayPast(proxy)}.`,
      },
    );
  const given = proxy.authorization !== undefined;
  return new Failure(
    'MISCONFIGURED',
    `${capital(name)} ${given ? 'does not accept our user and password' : 'wants a user and a password'} on the way to ${origin} (407).`,
    {
      remedy: `Write http://USER:PASSWORD@HOST:PORT in ${proxy.variable}${given ? '; in a password write % as %25, # as %23, / as %2F' : ''}.`,
    },
  );
}
