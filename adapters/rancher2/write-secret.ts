import { Failure } from '../../src/contract/failures.ts';
import type { Answer } from '../../src/contract/http.ts';
import type { Receipt } from '../../src/contract/target.ts';
import { type Api, ask, refusal, secretsPath, type Where } from './api.ts';
import { type Data, renewedData } from './data.ts';
import type { SecretRef } from './slots.ts';
import type { Task } from './task.ts';

interface Stored extends Data {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, unknown>> | null;
  };
}

/** How often a write that is refused as stale is tried in all. */
const attempts = 3;

export async function readStored(api: Api, ref: SecretRef, signal: AbortSignal): Promise<Stored> {
  const { cluster, namespace, name } = ref;
  return storedIn(await ask(api, whereIs(ref), 'GET', secretsPath(cluster, namespace, name), { signal }), ref);
}

/** Merges the given credentials into a Secret, and merges again after a write that is refused as stale. */
export async function writeSecret(task: Task, ref: SecretRef): Promise<Receipt> {
  const { api, signal, credentialFor } = task;
  const what = `Secret ${ref.namespace}/${ref.name} of cluster ${ref.cluster}`;
  for (let attempt = 1; ; attempt++) {
    const stored = await readStored(api, ref, signal);
    const data = renewedData(what, stored, ref.login, credentialFor);
    if (!data) return { change: 'unchanged' };
    const answer = await patch(task, ref, stored, data);
    if (answer.status === 200) {
      storedIn(answer, ref, stored.metadata.uid);
      return { change: 'updated' };
    }
    if (answer.status !== 409 || attempt === attempts) throw refusal(api, answer, whereIs(ref));
  }
}

function patch({ api, way, signal }: Task, ref: SecretRef, { metadata }: Stored, data: Data['data']): Promise<Answer> {
  const path = secretsPath(ref.cluster, ref.namespace, ref.name);
  const { resourceVersion, uid } = metadata;
  return api.http('PATCH', `${path}?fieldManager=ecr-courier${way === 'rehearsed' ? '&dryRun=All' : ''}`, {
    signal,
    headers: { 'content-type': 'application/merge-patch+json' },
    // The version makes the write fail after a concurrent change, the uid when the Secret is another one by now.
    body: { metadata: { resourceVersion, uid }, data },
    ...(way === 'rehearsed' && { reads: true }),
  });
}

const whereIs = ({ cluster, namespace }: SecretRef): Where => ({
  cluster,
  right: `get and patch Secrets in namespace ${namespace} of cluster ${cluster}`,
});

/**
 * The Secret in a response of Kubernetes. A proxy on the way could answer anything, so the name is compared. `uid` is
 * the one that the Secret must have.
 */
function storedIn(answer: Answer, { cluster, namespace, name }: SecretRef, uid?: string): Stored {
  const stored = answer.json<Stored | null>();
  const { metadata } = stored ?? {};
  const isThere = metadata?.name === name && typeof metadata.resourceVersion === 'string' && typeof metadata.uid === 'string';
  if (stored && isThere && (uid === undefined || metadata.uid === uid)) return stored;
  throw new Failure('UNEXPECTED', `Cluster ${cluster} answered 200 with something else than Secret ${namespace}/${name}.`);
}
