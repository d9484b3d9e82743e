import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate authority for tests. It needs no external program. Its certificates are valid for a day. */
export interface Authority {
  /** The certificate of the authority, in PEM, for clients to trust. */
  readonly ca: string;
  /** Returns the key and certificate of a server for this host name. The certificate is issued once. */
  certificateFor(host: string): { readonly key: string; readonly cert: string };
  /** Issues a client certificate with this common name. */
  certificateOf(name: string): { readonly key: string; readonly cert: string };
}

/** Encodes one DER element (ITU-T X.690): tag, length and contents. Go accepts only the shortest form of a length. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const [high, low] = [body.length >> 8, body.length & 0xff];
  const size = body.length < 0x80 ? [low] : high === 0 ? [0x81, low] : [0x82, high, low];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const sequence = (...members: readonly Uint8Array[]): Buffer => der(0x30, ...members);
const bits = (bytes: Uint8Array): Buffer => der(0x03, Buffer.of(0), bytes);
const yes = der(0x01, Buffer.of(0xff));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const low = (value: number): number[] => (value < 0x80 ? [value] : [...low(value >> 7).map(byte => byte | 0x80), value & 0x7f]);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(low)]));
}

const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
const nameOf = (common: string): Buffer => sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(common)))));
const time = (ms: number): Buffer => der(0x18, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')));
const extension = (id: string, value: Uint8Array, ...critical: readonly Uint8Array[]): Buffer =>
  sequence(oid(id), ...critical, der(0x04, value));
const pem = (bytes: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${(
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END CERTIFICATE-----\n`;

const day = 86_400_000;

function certify(subject: string, publicKey: Uint8Array, issuer: string, issuerKey: string, extensions: readonly Uint8Array[]): string {
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1), randomBytes(8)),
    algorithm,
    nameOf(issuer),
    sequence(time(Date.now() - day), time(Date.now() + day)),
    nameOf(subject),
    publicKey,
    der(0xa3, sequence(...extensions)),
  );
  return pem(sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, createPrivateKey(issuerKey)))));
}

const newKeys = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

const issuer = 'Test authority';

export function createAuthority(): Authority {
  const own = newKeys();
  const leaf = newKeys();
  const made = new Map<string, string>();
  const ca = certify(issuer, own.publicKey, issuer, own.privateKey, [extension('2.5.29.19', sequence(yes), yes)]);
  return {
    ca,
    certificateFor(host) {
      const alternative = extension('2.5.29.17', sequence(der(0x82, Buffer.from(host))));
      const cert = made.get(host) ?? certify('front', leaf.publicKey, issuer, own.privateKey, [alternative]);
      made.set(host, cert);
      return { key: leaf.privateKey, cert };
    },
    certificateOf(name) {
      const clientAuthentication = extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.2')));
      const cert = certify(name, leaf.publicKey, issuer, own.privateKey, [clientAuthentication]);
      return { key: leaf.privateKey, cert };
    },
  };
}
