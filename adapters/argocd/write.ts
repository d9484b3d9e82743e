import { type Credential, type Credentials, fingerprint } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Receipt, Slot } from '../../src/contract/target.ts';
import { givenTo } from '../../src/contract/usual.ts';
import { type Api, metadataOnly } from '../kubernetes/api.ts';
import type { Way } from '../kubernetes/apply.ts';
import { list } from '../kubernetes/list.ts';
import { metaOf } from '../kubernetes/objects.ts';
import { askedFor, whatIs } from '../kubernetes/secrets.ts';
import { pathOf } from '../kubernetes/settings.ts';
import { type Repository, repositoryIn } from './repository.ts';
import { barOf, type Means, type Ref, registryOf, whyBarred } from './survey.ts';
import { bodyOf, loginData, type Template } from './templates.ts';

export interface Place {
  readonly namespace: string;
  /** The name of the target, which is noted on the Secrets that it makes. */
  readonly target: string;
}
interface Task {
  readonly name: string;
  readonly credential: Credential;
  readonly way: Way;
  readonly signal: AbortSignal;
}

const fieldManager = 'ecr-courier';
/** How many times a write is tried in all while the Secret changes meanwhile. */
const attempts = 3;

/** Returns the write of one Secret. */
export function makeWriter(api: Api, { namespace, target }: Place, means: Means) {
  /** Reads by a list of the one name, so that no right to `get` is needed. undefined: there is no such Secret. */
  async function read(name: string, signal: AbortSignal): Promise<{ readonly repository: Repository | undefined } | undefined> {
    const request = { path: pathOf('secrets', { namespace, name }), asked: askedFor(namespace, { secret: name }, 'list') };
    const { items } = await list(api, request, object => object, signal);
    const found = items.find(object => metaOf(object)?.name === name);
    return found === undefined ? undefined : { repository: repositoryIn(found) };
  }

  async function send(type: 'merge-patch+json' | 'apply-patch+yaml', { name, way, signal }: Task, body: object): Promise<Receipt> {
    const dry = way === 'rehearsed';
    const path = `${pathOf('secrets', { namespace })}/${encodeURIComponent(name)}?fieldManager=${fieldManager}${dry ? '&dryRun=All' : ''}`;
    const request = { signal, body, type: `application/${type}`, accept: metadataOnly.one, ...(dry && { reads: true }) } as const;
    const asked = askedFor(namespace, { secret: name }, ...(type === 'apply-patch+yaml' ? ['create', 'patch'] : ['patch']));
    const answer = await api.demand('PATCH', path, { ...request, asked, hoped: [200, 201] });
    const meta = metaOf(answer.json<unknown>());
    if (meta?.name !== name || meta.namespace !== namespace || meta.uid === '')
      throw new Failure('UNEXPECTED', `The cluster answered ${answer.status} with something else than ${asked.what}.`);
    return { change: answer.status === 201 ? 'created' : 'updated' };
  }

  /**
   * Changes the two values, in exactly the version that was read: so nothing else is touched, no Secret is made again,
   * and no password goes to a URL that was changed meanwhile.
   */
  const update = (task: Task, { meta }: Repository): Promise<Receipt> =>
    send('merge-patch+json', task, { metadata: { uid: meta.uid, resourceVersion: meta.version }, data: loginData(task.credential) });

  /** An apply, as its right to create can be limited to a name. It takes no field of another manager. */
  const create = (task: Task, template: Template): Promise<Receipt> =>
    send('apply-patch+yaml', task, bodyOf(template, task.credential, target));

  /** Decides what to send, by the Secret as it is now. Throws where nothing may be written. */
  async function plan(task: Task, registry: Registry, made: Template | undefined): Promise<() => Promise<Receipt>> {
    const what = whatIs(namespace, { secret: task.name });
    const found = await read(task.name, task.signal);
    if (!found && made) return () => create(task, made);
    if (!found?.repository) throw found && made ? foreign(what) : new Failure('NOT_FOUND', `${what} is gone, or no repository any more.`);
    const { repository } = found;
    if (registryOf(repository, means)?.host !== registry.host)
      throw new Failure('NOT_FOUND', `${what} has another URL than before, so it got nothing.`);
    const bar = barOf(repository);
    if (bar) throw new Failure('CONFLICT', `${what} ${whyBarred(bar, repository)}.`, { remedy: `Look for ${bar} in docs/errors.md.` });
    const isSame = repository.isOfEcr && repository.holds?.fingerprint === fingerprint(task.credential);
    return isSame ? async () => ({ change: 'unchanged' }) : () => update(task, repository);
  }

  return async (slot: Slot<Ref>, credentials: Credentials, way: Way, signal: AbortSignal): Promise<Receipt> => {
    const given = givenTo(slot, credentials);
    if (!given) return { change: 'unchanged' };
    const task = { name: slot.ref.name, credential: given.credential, way, signal };
    for (let count = 1; ; count++) {
      const write = await plan(task, given.registry, slot.ref.made);
      try {
        return await write();
      } catch (error) {
        const hasChanged = error instanceof Failure && error.code === 'CONFLICT';
        if (!hasChanged || count === attempts) throw error;
      }
    }
  };
}

const foreign = (what: string): Failure =>
  new Failure('CONFLICT', `${what} is there without the label of Argo CD for repositories, so it is somebody else's.`, {
    remedy: 'Delete it, or rename it: the courier would make one of that name.',
  });
