import type { TLSSocket } from 'node:tls';
import { Failure } from '../contract/failures.ts';
import type { HttpBase } from '../contract/http.ts';
import { nameOf, type Proxy } from './proxies.ts';
import type { Route } from './unconnected.ts';

/** Loaded when a connection needs it: whoever asks once over plain HTTP does not. */
export const nodeTls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');

/**
 * Whom to trust beside the authorities that Node knows. `caFile`: PEM, added to them, as are the `authorities` that an
 * adapter knows. `fingerprint`: SHA-256 of the one certificate to accept, whoever signed it.
 */
export interface Trust {
  readonly caFile?: string | undefined;
  readonly authorities?: string | undefined;
  readonly serverName?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/**
 * Whom to trust, and the certificate that we show where a server asks for one: both files in PEM, both or none, or else
 * that which an adapter knows.
 */
export interface TlsOptions extends Trust {
  readonly certificate?: HttpBase['certificate'];
  readonly clientCertFile?: string | undefined;
  readonly clientKeyFile?: string | undefined;
}

/** The options that name files. */
export const fileOptions = ['caFile', 'clientCertFile', 'clientKeyFile'] as const;

/**
 * What a person writes to set an option: `PORTAINER_CA_FILE`, or `caFile` in a file. An option without a name is not
 * offered as a way out.
 */
export type OptionNames = Readonly<
  Partial<Record<(typeof fileOptions)[number] | 'serverName' | 'fingerprint' | 'allowHttp' | 'headers', string>>
>;

/** The line that a person pastes: NAME=value for a variable, name: value for a file. */
export function setting(name: string, value: string): string {
  if (/^[A-Z0-9_]+$/.test(name)) return `${name}=${value}`;
  return `${name}: ${value === 'true' ? value : JSON.stringify(value)}`;
}

/**
 * Sixty-four hex digits in upper case, as pairs. Takes openssl's spelling (`sha256 Fingerprint=aa:bb...`) and bare
 * digits too. Throws MISCONFIGURED.
 */
export function pinOf(fingerprint: string, names: OptionNames): string {
  const digits = fingerprint
    .replace(/^.*[=\s]|^sha256:/i, '')
    .replaceAll(':', '')
    .toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits))
    throw new Failure(
      'MISCONFIGURED',
      `${names.fingerprint ?? 'The fingerprint'} is no SHA-256 fingerprint: 32 pairs of hex digits are expected.`,
    );
  return (digits.match(/../g) ?? []).join(':');
}

/** Origins that asked for a certificate of ours: those that have not answered yet, and those that were content. */
const asking = new Set<string>();
const content = new Set<string>();

/** OpenSSL has these only where the server asked. Some servers send no alert, and cut the connection afterwards. */
export function noteRequest(socket: TLSSocket, origin: string): void {
  if (socket.getSharedSigalgs().length > 0 && !content.has(origin)) asking.add(origin);
}
export function noteAnswer(origin: string): void {
  if (asking.delete(origin)) content.add(origin);
}

export const askedForCertificate = (origin: string): boolean => asking.has(origin);

/**
 * Looks at a connection whose handshake is done, before anything is sent over it. undefined: trusted.
 * Node has verified chain and name by then but was told to leave the verdict to us: a refused handshake would not show
 * the certificate, and a person needs its fingerprint.
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
  // The type says Error; Node sets the code (tls.TLSSocket, `onConnectSecure`).
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
      remedy: `If the proxy shows certificates of its own, put the host into NO_PROXY. If the server got a new one, look up its fingerprint there and change ${pin}.`,
    });
  return new Failure('MISCONFIGURED', `${start}: expected ${expected}, seen ${seen ?? 'none'}. Nothing was sent.`, {
    remedy: `If the server got a new certificate, check its fingerprint there and change ${pin}; if it did not, somebody may be in between.`,
  });
}

const filesOfAuthorities = (names: OptionNames): string => [names.caFile, 'NODE_EXTRA_CA_CERTS'].filter(Boolean).join(' or ');

/** No fingerprint is offered: it may be that of the proxy, which would then read everything. */
function signedByProxy(origin: string, code: string, proxy: Proxy, names: OptionNames): Failure {
  return new Failure(
    'MISCONFIGURED',
    `${origin} shows, through ${nameOf(proxy)}, a certificate that no known authority signed (${code}).`,
    {
      remedy: `The certificate may be one of the proxy: put the host into NO_PROXY. Or put the certificate of the authority that signed it into a file and name it in ${filesOfAuthorities(names)}.`,
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
