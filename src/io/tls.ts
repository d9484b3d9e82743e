import type { TLSSocket } from 'node:tls';
import { Failure } from '../contract/failures.ts';
import type { HttpBase } from '../contract/http.ts';
import { nameOf, type Proxy, wayPast } from './proxies.ts';
import type { Route } from './unconnected.ts';

/** Loads node:tls on demand: a process that sends one request over plain HTTP does not need it. */
export const nodeTls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');

/**
 * What to trust in addition to Node's authorities. `caFile` (PEM) and the `authorities` that an adapter knows are added
 * to them. `fingerprint`: the SHA-256 of the only certificate to accept, whoever signed it.
 */
interface Trust {
  readonly caFile?: string | undefined;
  readonly authorities?: string | undefined;
  readonly serverName?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/**
 * What to trust, and the client certificate to present: both files in PEM, both or neither, or else the certificate
 * that an adapter knows.
 */
export interface TlsOptions extends Trust {
  readonly certificate?: HttpBase['certificate'];
  readonly clientCertFile?: string | undefined;
  readonly clientKeyFile?: string | undefined;
}

/** The options that name files. */
export const fileOptions = ['caFile', 'clientCertFile', 'clientKeyFile'] as const;

/**
 * How the user sets an option: `PORTAINER_CA_FILE`, or `caFile` in a file. An option without a name is not suggested as
 * a remedy.
 */
export type OptionNames = Readonly<
  Partial<Record<(typeof fileOptions)[number] | 'serverName' | 'fingerprint' | 'allowHttp' | 'headers', string>>
>;

/** The line to paste: NAME=value for a variable, name: value for a file. */
export function setting(name: string, value: string): string {
  if (/^[A-Z0-9_]+$/.test(name)) return `${name}=${value}`;
  return `${name}: ${value === 'true' ? value : JSON.stringify(value)}`;
}

/**
 * Normalizes a fingerprint to 64 hex digits in upper case, separated into pairs by colons. Also accepts openssl's
 * notation (`sha256 Fingerprint=aa:bb...`) and bare digits. Throws MISCONFIGURED.
 */
export function pinOf(fingerprint: string, names: OptionNames): string {
  const digits = fingerprint
    .replace(/^.*[=\s]|^sha256:/i, '')
    .replaceAll(':', '')
    .toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits))
    throw new Failure(
      'MISCONFIGURED',
      `${names.fingerprint ?? 'The fingerprint'} is not a SHA-256 fingerprint: 32 pairs of hex digits are expected.`,
    );
  return (digits.match(/../g) ?? []).join(':');
}

/** Origins that requested our certificate: those that have not answered yet, and those that have. */
const asking = new Set<string>();
const content = new Set<string>();

/**
 * Notes whether the server requested a certificate: only then does OpenSSL have shared signature algorithms. Some
 * servers send no alert when the certificate is missing, and cut the connection afterwards.
 */
export function noteRequest(socket: TLSSocket, origin: string): void {
  if (socket.getSharedSigalgs().length > 0 && !content.has(origin)) asking.add(origin);
}
export function noteAnswer(origin: string): void {
  if (asking.delete(origin)) content.add(origin);
}

export const askedForCertificate = (origin: string): boolean => asking.has(origin);

/**
 * Checks a connection after its handshake, before anything is sent. Returns undefined when it is trusted.
 * Node has verified chain and name, but was told to leave the verdict to us: a handshake that Node rejects does not
 * expose the certificate, and the user needs its fingerprint.
 */
export function distrust(
  socket: TLSSocket,
  trust: Trust,
  names: OptionNames,
  { origin, proxy }: Pick<Route, 'origin' | 'proxy'>,
): Failure | undefined {
  const seen = socket.getPeerX509Certificate();
  if (trust.fingerprint) {
    const expected = pinOf(trust.fingerprint, names);
    return seen?.fingerprint256 === expected ? undefined : notPinned({ expected, seen: seen?.fingerprint256, origin, proxy }, names);
  }
  if (socket.authorized || trust.insecureSkipVerify) return undefined;
  // The type says Error, but Node sets the code (tls.TLSSocket, `onConnectSecure`).
  const code = String(socket.authorizationError);
  if (code === 'CERT_HAS_EXPIRED')
    return new Failure('UNREACHABLE', `The certificate of ${origin} expired on ${seen?.validTo}.`, {
      remedy: 'Renew the certificate of the server.',
    });
  if (code === 'CERT_NOT_YET_VALID')
    return new Failure('UNREACHABLE', `The certificate of ${origin} is valid from ${seen?.validFrom} on.`, {
      remedy: 'Check the clocks of both machines.',
    });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Failure(
      'MISCONFIGURED',
      `The certificate of ${origin} is for another name: ${seen?.subjectAltName ?? seen?.subject ?? 'none'}.`,
      {
        remedy: `Use one of these names in the address${names.serverName ? `, or set ${names.serverName} to one of them` : ''}.`,
      },
    );
  if (proxy) return signedByProxy(origin, code, proxy, names);
  return unknownSigner(origin, code, seen?.fingerprint256, names);
}

function notPinned(
  { expected, seen, origin, proxy }: Pick<Route, 'origin' | 'proxy'> & { expected: string; seen: string | undefined },
  names: OptionNames,
): Failure {
  const start = `${origin} shows another certificate than the pinned one`;
  const pin = names.fingerprint ?? 'the fingerprint';
  if (proxy)
    return new Failure('MISCONFIGURED', `${start}, through ${nameOf(proxy)}: expected ${expected}. Nothing was sent.`, {
      remedy: `If the proxy shows certificates of its own, ${wayPast(proxy)}. If the server got a new one, look up its fingerprint there and change ${pin}.`,
    });
  return new Failure('MISCONFIGURED', `${start}: expected ${expected}, seen ${seen ?? 'none'}. Nothing was sent.`, {
    remedy: `If the server got a new certificate, check its fingerprint there and change ${pin}; if it did not, somebody may be in between.`,
  });
}

const filesOfAuthorities = (names: OptionNames): string => [names.caFile, 'NODE_EXTRA_CA_CERTS'].filter(Boolean).join(' or ');

/** Offers no fingerprint: it may be that of the proxy, which could then read everything. */
function signedByProxy(origin: string, code: string, proxy: Proxy, names: OptionNames): Failure {
  return new Failure(
    'MISCONFIGURED',
    `${origin} shows, through ${nameOf(proxy)}, a certificate that no known authority signed (${code}).`,
    {
      remedy: `The certificate may be one of the proxy: ${wayPast(proxy)}. Or put the certificate of the authority that signed it into a file and name it in ${filesOfAuthorities(names)}.`,
    },
  );
}

function unknownSigner(origin: string, code: string, seen: string | undefined, names: OptionNames): Failure {
  const pin = seen && names.fingerprint && setting(names.fingerprint, seen);
  const ways = [
    ...(pin ? [`compare the fingerprint with the server's own and set ${pin}`] : []),
    `put the certificate of the authority that signed it into a file and name it in ${filesOfAuthorities(names)}`,
  ].join(', or ');
  const text = `${origin} shows a certificate that no known authority signed (${code}), SHA-256 fingerprint ${seen ?? 'unknown'}.`;
  return new Failure('MISCONFIGURED', pin ? `${text} To accept exactly this one: ${pin}` : text, {
    remedy: `${ways[0]?.toUpperCase()}${ways.slice(1)}.`,
  });
}
