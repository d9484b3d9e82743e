import type { Credential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { type Entry, entriesOf, forms, isOfEcr, mostLogins, renewed, replaceEntries } from './dockerconfig.ts';

/** The parts of a Secret that are read. The data is in base64. */
export interface Data {
  readonly type: string;
  readonly data?: Readonly<Record<string, string>> | null;
}
type CredentialFor = (address: string) => Credential | undefined;
type Changes = Readonly<Record<string, string>>;

export const gone = (what: string): Failure => new Failure('NOT_FOUND', `${what} does not hold this registry any more.`);

const formOf = ({ type }: Data) => (Object.hasOwn(forms, type) ? forms[type] : undefined);

/**
 * The text in which a Secret holds entries. undefined: its type has none. Each byte becomes one character, so that
 * foreign content is preserved even where it is not UTF-8.
 */
export function textOf(secret: Data): string | undefined {
  const form = formOf(secret);
  return form && decoded(secret.data?.[form.key]).toString('latin1');
}

/** The entries of a Secret. undefined: its type holds none. */
export function entriesIn(secret: Data): Entry[] | undefined {
  const form = formOf(secret);
  return form && entriesOf(textOf(secret) ?? '', form.path);
}

/** Whether a Secret that holds one user name and password holds a login as ECR requires it. */
export function isWholeLogin({ data }: Data): boolean {
  const { username, password, auth } = data ?? {};
  const login = `${decoded(username).toString()}:${decoded(password).toString()}`;
  return isOfEcr(login) && (auth === undefined || isOfEcr(decoded(auth).toString()));
}

/**
 * The keys of a Secret's data that change, in base64. undefined: it is up to date. `login` is the host that it serves,
 * if it holds one user name and password. Throws NOT_FOUND when it holds none of the registries, REJECTED for a type
 * that holds no login.
 */
export function renewedData(what: string, secret: Data, login: string | undefined, credentialFor: CredentialFor): Changes | undefined {
  const form = formOf(secret);
  if (!form) {
    if (login === undefined) throw gone(what);
    return loginData(what, secret, credentialFor(login));
  }
  const text = textOf(secret) ?? '';
  const changes = changesIn(what, entriesOf(text, form.path), credentialFor);
  if (changes.length === 0) return undefined;
  const changed = replaceEntries(text, changes);
  if (changed.length > mostBytes) throw overfull(what);
  return { [form.key]: Buffer.from(changed, 'latin1').toString('base64') };
}

/** Kubernetes takes as much data in one Secret, in bytes. */
const mostBytes = 1024 * 1024;

const overfull = (what: string): Failure =>
  new Failure('TOO_LARGE', `With fresh logins ${what} would be larger than Kubernetes takes (1 MiB). Nothing was sent.`, {
    remedy: 'Take entries out of it, or distribute them among several Secrets.',
  });

/** The entries that change, with their new values. Throws NOT_FOUND for no entry of ours, TOO_LARGE for too many. */
function changesIn(what: string, entries: readonly Entry[], credentialFor: CredentialFor) {
  const ours = entries.flatMap(entry => {
    const credential = credentialFor(entry.address);
    return credential ? [{ entry, credential }] : [];
  });
  if (ours.length === 0) throw gone(what);
  if (ours.length > mostLogins) throw overfull(what);
  return ours.flatMap(({ entry, credential: { username, password } }) => {
    const value = renewed(entry, username, password.reveal());
    return value === undefined ? [] : [{ entry, value }];
  });
}

/**
 * The changes for a registry of a provisioned cluster: user name and password are separate, and `auth`, if present,
 * joins the two.
 */
function loginData(what: string, { type, data: held }: Data, credential: Credential | undefined): Changes | undefined {
  if (type !== 'rke.cattle.io/auth-config' && type !== 'kubernetes.io/basic-auth')
    throw new Failure('REJECTED', `${what} is of the type ${type}, which holds no login that the courier knows.`);
  if (!credential) return undefined;
  const data = held ?? {};
  const { username } = credential;
  const password = credential.password.reveal();
  const plain = { username, password, ...('auth' in data && { auth: `${username}:${password}` }) };
  const encoded = Object.entries(plain).map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const);
  return encoded.every(([key, value]) => data[key] === value) ? undefined : Object.fromEntries(encoded);
}

const decoded = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64');
