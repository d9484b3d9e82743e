import type { Credential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { entriesOf, forms, renewed, replaceMembers } from './dockerconfig.ts';

/** Of a Secret; the data in base64. */
export interface Data {
  readonly type: string;
  readonly data?: Readonly<Record<string, string>> | null;
}
type CredentialFor = (address: string) => Credential | undefined;
type Changes = Readonly<Record<string, string>>;

export const gone = (what: string): Failure => new Failure('NOT_FOUND', `${what} does not hold this registry any more.`);

/**
 * The keys of a Secret's data that change, in base64; undefined: it holds all of it already. login: the host that it serves where it holds one user name and
 * password. Throws NOT_FOUND when it holds none of the registries, REJECTED for a type that holds no login.
 */
export function renewedData(
  what: string,
  { type, data: held }: Data,
  login: string | undefined,
  credentialFor: CredentialFor,
): Changes | undefined {
  const data = held ?? {};
  const form = Object.hasOwn(forms, type) ? forms[type] : undefined;
  if (!form) {
    if (login === undefined) throw gone(what);
    return loginData(what, { type, data }, credentialFor(login));
  }
  // As bytes, so that what is not ours stays as it is even where it is no UTF-8.
  const text = Buffer.from(data[form.key] ?? '', 'base64').toString('latin1');
  const values = Object.entries(entriesOf(text, form.path) ?? {}).flatMap(([address, old]) => {
    const credential = credentialFor(address);
    return credential ? [{ address, old, entry: renewed(old, credential.username, credential.password.reveal()) }] : [];
  });
  if (values.length === 0) throw gone(what);
  if (values.every(({ old, entry }) => JSON.stringify(old) === JSON.stringify(entry))) return undefined;
  const next = replaceMembers(text, form.path, new Map(values.map(({ address, entry }) => [address, entry])));
  return { [form.key]: Buffer.from(next, 'latin1').toString('base64') };
}

/** Of a registry of a provisioned cluster: user name and password stand by themselves, and `auth`, if there, joins the two. */
function loginData(what: string, { type, data }: { type: string; data: Changes }, credential: Credential | undefined): Changes | undefined {
  if (type !== 'rke.cattle.io/auth-config' && type !== 'kubernetes.io/basic-auth')
    throw new Failure('REJECTED', `${what} is of the type ${type}, which holds no login that the courier knows.`);
  if (!credential) return undefined;
  const { username } = credential;
  const password = credential.password.reveal();
  const plain = { username, password, ...('auth' in data && { auth: `${username}:${password}` }) };
  const encoded = Object.entries(plain).map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const);
  return encoded.every(([key, value]) => data[key] === value) ? undefined : Object.fromEntries(encoded);
}
