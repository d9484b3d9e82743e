import { createHash } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { Failure } from '../contract/failures.ts';
import { readText } from './files.ts';
import { fileOptions, nodeTls, type OptionNames, type TlsOptions } from './tls.ts';
import { Unreadable } from './unreadable.ts';

type FileOption = (typeof fileOptions)[number];
type Texts = Partial<Record<FileOption | 'authorities', string>>;

/** The size limit: a larger file is a wrong path, not a list of certificates. */
const mostBytes = 4 * 1024 * 1024;

/**
 * Reads the files of these options. Throws MISCONFIGURED for a file that cannot be read. The cause of every failure in
 * this file is an Unreadable.
 */
export async function readTlsFiles(tls: TlsOptions, names: OptionNames): Promise<Texts> {
  const read = async (option: FileOption): Promise<readonly [FileOption, string]> => {
    const file = tls[option] ?? '';
    try {
      return [option, await readText(file, mostBytes)];
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const remedy = error.remedy ?? `Put the file there, or name another one in ${names[option] ?? kinds[option]}.`;
      throw problem(option, { tls, names }, error.why, remedy, error);
    }
  };
  return Object.fromEntries(await Promise.all(fileOptions.filter(option => tls[option]).map(read)));
}

/**
 * The TLS context with the trusted authorities and the client certificate. Resolves to undefined where Node's own
 * authorities suffice (they include NODE_EXTRA_CA_CERTS). Reads the files again on each call. Throws MISCONFIGURED.
 */
export async function secureContextOf(tls: TlsOptions, names: OptionNames): Promise<SecureContext | undefined> {
  const { authorities, certificate, clientCertFile } = tls;
  const texts: Texts = {
    ...(await readTlsFiles(tls, names)),
    ...(authorities !== undefined && { authorities }),
    ...(certificate && !clientCertFile && { clientCertFile: certificate.chain, clientKeyFile: certificate.key.reveal() }),
  };
  if (Object.keys(texts).length === 0) return undefined;
  check(texts, { tls, names });
  return contextFor(texts, { tls, names });
}

/** The options that the files belong to, for messages. */
interface Named {
  readonly tls: TlsOptions;
  readonly names: OptionNames;
}

const kinds: Readonly<Record<FileOption, string>> = {
  caFile: 'The CA file',
  clientCertFile: 'clientCertFile',
  clientKeyFile: 'clientKeyFile',
};

/** How messages refer to what an adapter gave in place of a file. */
const given: Readonly<Record<FileOption, string>> = {
  caFile: 'The authorities that come with the target',
  clientCertFile: 'The client certificate that comes with the target',
  clientKeyFile: 'The key of the client certificate that comes with the target',
};

/** The Unreadable as the cause marks the failure as one of a local file, so that no proxy is named in it. */
function problem(
  option: FileOption,
  { tls, names }: Named,
  what: string,
  remedy?: string,
  cause = new Unreadable(tls[option] ?? given[option], 'WRONG', what, remedy),
): Failure {
  const named = tls[option] ? `${names[option] ?? kinds[option]}: ` : '';
  return new Failure('MISCONFIGURED', `${named}${cause.message}.`, { ...(remedy && { remedy }), cause });
}

function check({ caFile, clientCertFile, clientKeyFile }: Texts, named: Named): void {
  const without = (text: string | undefined, what: RegExp): boolean => text !== undefined && !what.test(text);
  if (without(caFile, /-----BEGIN CERTIFICATE-----/)) throw problem('caFile', named, 'holds no certificate in PEM');
  if (without(clientCertFile, /-----BEGIN CERTIFICATE-----/)) throw problem('clientCertFile', named, 'holds no certificate in PEM');
  if (without(clientKeyFile, /-----BEGIN [A-Z ]*PRIVATE KEY-----/)) throw problem('clientKeyFile', named, 'holds no private key in PEM');
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(clientKeyFile ?? ''))
    throw problem('clientKeyFile', named, 'holds an encrypted key', 'Write it without a passphrase: openssl pkey -in KEY -out NEW.');
}

/** The size of the cache: one context for each set of files in use, and a few former ones. */
const contextsKept = 32;
/** Keyed by a digest of the texts. */
const contexts = new Map<string, SecureContext>();

/** Returns a cached context for the same texts: loading Node's list of authorities takes some 30 ms of CPU time. */
function contextFor(texts: Texts, named: Named): SecureContext {
  const digest = createHash('sha256').update(JSON.stringify(texts)).digest('base64');
  const context = contexts.get(digest) ?? makeContext(texts, named);
  contexts.delete(digest);
  contexts.set(digest, context);
  for (const oldest of contexts.keys()) if (contexts.size > contextsKept) contexts.delete(oldest);
  return context;
}

function makeContext({ caFile, authorities, clientCertFile, clientKeyFile }: Texts, named: Named): SecureContext {
  const added = [caFile, authorities].filter(text => text !== undefined);
  // `ca` replaces Node's list, so the list is included.
  const ca = added.length === 0 ? {} : { ca: [...nodeTls().getCACertificates('default'), ...added] };
  const trusted = attempt(
    () => nodeTls().createSecureContext(ca),
    () => problem('caFile', named, 'holds a certificate that cannot be decoded'),
  );
  if (clientCertFile === undefined) return trusted;
  attempt(
    () => nodeTls().createSecureContext({ cert: clientCertFile }),
    () => problem('clientCertFile', named, 'holds a certificate that cannot be decoded'),
  );
  if (clientKeyFile === undefined) throw problem('clientCertFile', named, 'is of no use without a key');
  attempt(
    () => nodeTls().createSecureContext({ key: clientKeyFile }),
    () => problem('clientKeyFile', named, 'holds a key that cannot be decoded'),
  );
  const belongs = `does not belong to the certificate${named.tls.clientCertFile ? ` in ${named.tls.clientCertFile}` : ''}`;
  return attempt(
    () => nodeTls().createSecureContext({ ...ca, cert: clientCertFile, key: clientKeyFile }),
    () => problem('clientKeyFile', named, belongs),
  );
}

function attempt<T>(job: () => T, otherwise: () => Failure): T {
  try {
    return job();
  } catch {
    throw otherwise();
  }
}
