import type { Receipt } from '../../src/contract/adapter.ts';
import type { Credential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { ask, management, projectPath, refusal, segment } from './api.ts';
import { gone, textOf } from './data.ts';
import { onlyLogin } from './dockerconfig.ts';
import { orRefusal } from './lists.ts';
import type { CredentialRef, SecretRef } from './slots.ts';
import type { Task } from './task.ts';
import { readStored, writeSecret } from './write-secret.ts';

/** Of a dockerCredential. */
type Registries = Readonly<Record<string, Entry | null>>;
interface Entry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
}
/** A dockerCredential, as Norman answers it. */
export interface Norman {
  readonly name?: unknown;
  readonly registries?: Registries | null;
}

export const rightIn = (project: string) => ({ cluster: management, right: `manage secrets in project ${project}` });

/**
 * Writes what is given into a dockerCredential. Norman replaces the whole map of registries and shows no passwords, so
 * only a map of one can be sent without loss. Any other is written into the Secret behind it.
 */
export async function writeCredential(task: Task, ref: CredentialRef): Promise<Receipt> {
  const { project, id } = ref;
  const [namespace = '', name = ''] = id.split(':');
  const secret: SecretRef = { kind: 'secret', cluster: management, namespace, name };
  const registries = await replacedBy(task, ref, secret);
  if (!registries) return writeSecret(task, secret);
  const [address] = Object.keys(registries);
  const credential = address === undefined ? undefined : task.credentialFor(address);
  if (address === undefined || !credential) throw gone(`The credential ${name} of project ${project}`);
  const held = registries[address] ?? {};
  const isFresh = holds(held, credential);
  if (isFresh || task.way === 'rehearsed') return { change: isFresh ? 'unchanged' : 'updated' };
  return (await put(task, ref, address, held, credential)) ?? writeSecret(task, secret);
}

const pathOf = ({ project, id }: CredentialRef): string => `${projectPath(project)}/${segment(id)}`;

/**
 * The registries that a PUT of Norman would replace, read right before it. undefined: it would lose more than these.
 * Its Secret tells more than Norman does.
 */
async function replacedBy({ api, signal }: Task, ref: CredentialRef, secret: SecretRef): Promise<Registries | undefined> {
  const { project, visible } = ref;
  const stored = visible ? await readStored(api, secret, signal).catch(orRefusal) : undefined;
  if (!stored || stored instanceof Failure) {
    // A credential that belongs to no project any more is answered with 200 and null.
    const registries = (await ask(api, rightIn(project), 'GET', pathOf(ref), { signal })).json<Norman | null>()?.registries ?? {};
    return Object.keys(registries).length > 1 ? undefined : registries;
  }
  if (stored.metadata.annotations?.['field.cattle.io/projectId'] !== project) return {};
  const login = onlyLogin(textOf(stored) ?? '');
  if (!login) return undefined;
  return { [login.address]: JSON.parse(Buffer.from(login.text, 'latin1').toString()) as Entry };
}

function holds(held: Entry, { username, password }: Credential): boolean {
  const plain = password.reveal();
  return held.username === username && held.password === plain && held.auth === Buffer.from(`${username}:${plain}`).toString('base64');
}

/** Undefined: the Secret has the type of old, which Norman would change, and nobody can. */
async function put(
  { api, signal }: Task,
  ref: CredentialRef,
  address: string,
  { password: _password, auth: _auth, ...shown }: Entry,
  { username, password }: Credential,
): Promise<Receipt | undefined> {
  const body = { registries: { [address]: { ...shown, username, password: password.reveal() } } };
  const answer = await api.http('PUT', pathOf(ref), { signal, body });
  if (answer.status === 422 && /field is immutable/.test(answer.text)) return undefined;
  if (answer.status !== 200) throw refusal(api, answer, rightIn(ref.project));
  if (answer.json<Norman | null>()?.registries?.[address]?.username !== username)
    throw new Failure(
      'UNEXPECTED',
      `Rancher answered 200 for the credential ${ref.id.split(':')[1]} of project ${ref.project} but did not store the user name.`,
    );
  return { change: 'updated' };
}
