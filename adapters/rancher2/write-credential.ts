import type { Deps } from '../../src/contract/adapter.ts';
import type { Credential } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Receipt, Rehearsal } from '../../src/contract/target.ts';
import { ask, management, projectPath, refusal, segment } from './api.ts';
import { gone, textOf } from './data.ts';
import { onlyLogin } from './dockerconfig.ts';
import type { Code } from './findings.ts';
import { orRefusal } from './lists.ts';
import { reviewed } from './right.ts';
import type { CredentialRef, SecretRef } from './slots.ts';
import type { Task } from './task.ts';
import { readStored, writeSecret } from './write-secret.ts';

/** The registries of a dockerCredential. */
type Registries = Readonly<Record<string, Entry | null>>;
interface Entry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
}
/** A dockerCredential, as Norman returns it. */
export interface Norman {
  readonly name?: unknown;
  readonly registries?: Registries | null;
}

const rightIn = (project: string) => ({ cluster: management, right: `manage secrets in project ${project}` });

/** The one entry that a PUT of Norman replaces. */
interface Replacement {
  readonly address: string;
  readonly held: Entry;
  readonly credential: Credential;
}

/** Writes the given credentials into a dockerCredential, or into the Secret behind it. */
export async function writeCredential(task: Task, ref: CredentialRef): Promise<Receipt> {
  const plan = await planFor(task, ref);
  if (plan === 'fresh') return { change: 'unchanged' };
  return (plan !== 'in its Secret' && (await put(task, ref, plan))) || writeSecret(task, behind(ref));
}

/** Says what `writeCredential` would do. Throws FORBIDDEN where the user of the token may not. */
export async function rehearseCredential(task: Task, ref: CredentialRef, deps: Pick<Deps<Code>, 'finding'>): Promise<Rehearsal> {
  const plan = await planFor(task, ref);
  if (plan === 'fresh') return { change: 'unchanged' };
  if (plan === 'in its Secret') return writeSecret(task, behind(ref));
  const { namespace, name } = behind(ref);
  return reviewed(task, rightIn(ref.project), { verb: 'update', namespace, name }, 'updated', deps);
}

/**
 * Decides how to write. Norman replaces the whole map of registries and shows no passwords, so only a map of one can be
 * sent without loss.
 */
async function planFor(task: Task, ref: CredentialRef): Promise<'fresh' | 'in its Secret' | Replacement> {
  const registries = await replacedBy(task, ref);
  if (!registries) return 'in its Secret';
  const [address] = Object.keys(registries);
  const credential = address === undefined ? undefined : task.credentialFor(address);
  if (address === undefined || !credential) throw gone(`The credential ${behind(ref).name} of project ${ref.project}`);
  const held = registries[address] ?? {};
  return holds(held, credential) ? 'fresh' : { address, held, credential };
}

/** The Secret that Norman shows as this dockerCredential. */
function behind({ id }: CredentialRef): SecretRef {
  const [namespace = '', name = ''] = id.split(':');
  return { kind: 'secret', cluster: management, namespace, name };
}

const pathOf = ({ project, id }: CredentialRef): string => `${projectPath(project)}/${segment(id)}`;

/**
 * The registries that a PUT of Norman would replace, read right before it. undefined: the PUT would lose more than
 * these. The Secret, where it can be read, shows more than Norman does.
 */
async function replacedBy({ api, signal }: Task, ref: CredentialRef): Promise<Registries | undefined> {
  const { project, visible } = ref;
  const stored = visible ? await readStored(api, behind(ref), signal).catch(orRefusal) : undefined;
  if (!stored || stored instanceof Failure) {
    // For a credential that belongs to no project any more, Norman answers 200 and null.
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

/**
 * Writes through Norman. undefined: the Secret has the old type, which Norman would change, although types cannot be
 * changed.
 */
async function put(
  { api, signal }: Task,
  ref: CredentialRef,
  { address, held: { password: _password, auth: _auth, ...shown }, credential: { username, password } }: Replacement,
): Promise<Receipt | undefined> {
  const body = { registries: { [address]: { ...shown, username, password: password.reveal() } } };
  const answer = await api.http('PUT', pathOf(ref), { signal, body });
  if (answer.status === 422 && /field is immutable/.test(answer.text)) return undefined;
  if (answer.status !== 200) throw refusal(api, answer, rightIn(ref.project));
  if (answer.json<Norman | null>()?.registries?.[address]?.username !== username)
    throw new Failure(
      'UNEXPECTED',
      `Rancher answered 200 for the credential ${behind(ref).name} of project ${ref.project} but did not store the user name.`,
    );
  return { change: 'updated' };
}
