import type { Answer, Deps, Receipt } from '../../src/contract/adapter.ts';
import type { Credential, Credentials } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { type Api, ask, management, projectPath, refusal, secretsPath, segment, type Where } from './api.ts';
import { type Data, gone, renewedData, textOf } from './data.ts';
import { onlyLogin } from './dockerconfig.ts';
import type { Code } from './findings.ts';
import { projectSlots } from './gaps.ts';
import { orRefusal } from './lists.ts';
import type { CredentialRef, Ref, SecretRef } from './slots.ts';

interface Stored extends Data {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, unknown>> | null;
  };
}
/** Of a dockerCredential. */
type Registries = Readonly<Record<string, Entry | null>>;
interface Entry {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly auth?: unknown;
}
interface Norman {
  readonly name?: unknown;
  readonly registries?: Registries | null;
}

/** A write refused as stale is merged anew so many times in all. */
const attempts = 3;

const whereIs = ({ cluster, namespace }: SecretRef): Where => ({
  cluster,
  right: `get and patch Secrets in namespace ${namespace} of cluster ${cluster}`,
});

/** The Secret in an answer of Kubernetes, of which a proxy on the way could make anything. uid: which it must be. */
function storedIn(answer: Answer, { cluster, namespace, name }: SecretRef, uid?: string): Stored {
  const stored = answer.json<Stored | null>();
  const { metadata } = stored ?? {};
  const isThere = metadata?.name === name && typeof metadata.resourceVersion === 'string' && typeof metadata.uid === 'string';
  if (stored && isThere && (uid === undefined || metadata.uid === uid)) return stored;
  throw new Failure('UNEXPECTED', `Cluster ${cluster} answered 200 with something else than Secret ${namespace}/${name}.`);
}

/** Whether something changes over there. */
type Way = 'written' | 'rehearsed';

/**
 * Writes what is given into the place that `ref` names; `rehearsed` only asks what would happen. What is not given
 * stays.
 */
export function makeWriter(api: Api, { registry, finding }: Deps<Code>) {
  const credentialFor = (address: string, given: Credentials): Credential | undefined => {
    const host = registry(address)?.registry.host;
    return host === undefined ? undefined : given.get(host);
  };

  async function write(ref: Ref, given: Credentials, signal: AbortSignal, way: Way = 'written'): Promise<Receipt> {
    if (ref.kind === 'secret') return intoSecret(ref, given, signal, way);
    if (ref.kind === 'credential') return intoCredential(ref, given, signal, way);
    return way === 'rehearsed' ? { change: 'created' } : add(ref, given, signal);
  }

  async function storedAt(ref: SecretRef, signal: AbortSignal): Promise<Stored> {
    const { cluster, namespace, name } = ref;
    return storedIn(await ask(api, whereIs(ref), 'GET', secretsPath(cluster, namespace, name), { signal }), ref);
  }

  /**
   * The registries that a PUT of Norman would replace, read right before it. undefined: it would lose more than these.
   * Its Secret tells more than Norman does.
   */
  async function replacedBy(
    { project, visible }: CredentialRef,
    path: string,
    secret: SecretRef,
    signal: AbortSignal,
  ): Promise<Registries | undefined> {
    const stored = visible ? await storedAt(secret, signal).catch(orRefusal) : undefined;
    if (!stored || stored instanceof Failure) {
      const where = { cluster: management, right: `manage secrets in project ${project}` };
      // One that belongs to no project any more is answered with 200 and null.
      const registries = (await ask(api, where, 'GET', path, { signal })).json<Norman | null>()?.registries ?? {};
      return Object.keys(registries).length > 1 ? undefined : registries;
    }
    if (stored.metadata.annotations?.['field.cattle.io/projectId'] !== project) return {};
    const login = onlyLogin(textOf(stored) ?? '');
    if (!login) return undefined;
    return { [login.address]: JSON.parse(Buffer.from(login.text, 'latin1').toString()) as Entry };
  }

  /**
   * Norman replaces the whole map of registries and shows no passwords, so only a map of one can be sent without loss.
   */
  async function intoCredential(ref: CredentialRef, given: Credentials, signal: AbortSignal, way: Way): Promise<Receipt> {
    const { project, id } = ref;
    const path = `${projectPath(project)}/${segment(id)}`;
    const [namespace = '', name = ''] = id.split(':');
    const secret: SecretRef = { kind: 'secret', cluster: management, namespace, name };
    const inSecret = (): Promise<Receipt> => intoSecret(secret, given, signal, way);
    const registries = await replacedBy(ref, path, secret, signal);
    if (!registries) return inSecret();
    const [address] = Object.keys(registries);
    const credential = address === undefined ? undefined : credentialFor(address, given);
    if (address === undefined || !credential) throw gone(`The credential ${name} of project ${project}`);
    const { username } = credential;
    const password = credential.password.reveal();
    const { password: held, auth, ...shown } = registries[address] ?? {};
    const isFresh = shown.username === username && held === password && auth === Buffer.from(`${username}:${password}`).toString('base64');
    if (isFresh || way === 'rehearsed') return { change: isFresh ? 'unchanged' : 'updated' };
    const body = { registries: { [address]: { ...shown, username, password } } };
    const answer = await api.http('PUT', path, { signal, body });
    // Stored in the type of old, which Norman would change, and nobody can.
    if (answer.status === 422 && /field is immutable/.test(answer.text)) return inSecret();
    if (answer.status !== 200) throw refusal(api, answer, { cluster: management, right: `manage secrets in project ${project}` });
    if (answer.json<Norman | null>()?.registries?.[address]?.username !== username)
      throw new Failure(
        'UNEXPECTED',
        `Rancher answered 200 for the credential ${name} of project ${project} but did not store the user name.`,
      );
    return { change: 'updated' };
  }

  async function intoSecret(ref: SecretRef, given: Credentials, signal: AbortSignal, way: Way): Promise<Receipt> {
    const { cluster, namespace, name } = ref;
    const path = secretsPath(cluster, namespace, name);
    for (let attempt = 1; ; attempt++) {
      const stored = await storedAt(ref, signal);
      const data = renewedData(`Secret ${namespace}/${name} of cluster ${cluster}`, stored, ref.login, address =>
        credentialFor(address, given),
      );
      if (!data) return { change: 'unchanged' };
      const { resourceVersion, uid } = stored.metadata;
      const answer = await api.http('PATCH', `${path}?fieldManager=ecr-courier${way === 'rehearsed' ? '&dryRun=All' : ''}`, {
        signal,
        headers: { 'content-type': 'application/merge-patch+json' },
        // With the version it is refused when somebody else was faster, and with the uid when it is another Secret by
        // now.
        body: { metadata: { resourceVersion, uid }, data },
        ...(way === 'rehearsed' && { reads: true }),
      });
      if (answer.status === 200) {
        storedIn(answer, ref, uid);
        return { change: 'updated' };
      }
      if (answer.status !== 409 || attempt === attempts) throw refusal(api, answer, whereIs(ref));
    }
  }

  /**
   * With the label of a project's secret Rancher copies it at once; without, only when it next looks at a namespace of
   * the project.
   */
  async function add(ref: Extract<Ref, { kind: 'new' }>, given: Credentials, signal: AbortSignal): Promise<Receipt> {
    const { project, backing, name } = ref;
    const where = { cluster: management, right: `create secrets in project ${project}` };
    const [cluster = '', short = ''] = project.split(':');
    const id = `${projectSlots({ cluster, short })}/${name}`;
    const registries = Object.fromEntries(
      [...given].map(([host, { username, password }]) => [host, { username, password: password.reveal() }]),
    );
    const labels = { 'management.cattle.io/project-scoped-secret': short };
    const body = { type: 'dockerCredential', projectId: project, name, labels, registries };
    const answer = await api.http('POST', projectPath(project), { signal, body });
    if (answer.status === 201 && answer.json<Norman | null>()?.name !== name)
      throw new Failure('UNEXPECTED', `Rancher answered 201 for a new credential ${name} in project ${project} but did not name it.`);
    if (answer.status === 201)
      return { change: 'created', id, findings: [finding('NOT_ATTACHED', `${name} was created in project ${project}.`)] };
    if (answer.status !== 409) throw refusal(api, answer, where);
    // Somebody was faster, or an attempt of ours that was given up did land.
    const taken = (error: unknown): Promise<Receipt> => {
      if (!(error instanceof Failure) || error.code !== 'NOT_FOUND') throw error;
      throw new Failure('CONFLICT', `Project ${project} has another secret with the name ${name}.`, {
        remedy: 'Rename or remove that secret.',
      });
    };
    return {
      ...(await intoCredential({ kind: 'credential', project, id: `${backing}:${name}`, visible: false }, given, signal, 'written').catch(
        taken,
      )),
      id,
    };
  }

  return write;
}
