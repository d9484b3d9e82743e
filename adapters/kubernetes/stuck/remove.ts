import type { Api } from '../api.ts';
import type { Way } from '../apply.ts';
import { pathOf } from '../settings.ts';
import type { Nameless } from './pod.ts';

/** How many times a deletion is tried in all while it is refused as stale. */
const attempts = 3;

/**
 * Deletes a pod in exactly the state that was read, with its own grace period. read: reads the pod; undefined: it needs
 * no restart any more. Returns the deleted pod. undefined: nothing was deleted. The body says whether it is a dry run,
 * as the server ignores the query of a DELETE with a body (recorded on 1.36).
 */
export async function removePod(
  api: Api,
  read: () => Promise<Nameless | undefined>,
  way: Way,
  signal: AbortSignal,
): Promise<Nameless | undefined> {
  const dry = way === 'rehearsed';
  for (let attempt = 1; ; attempt++) {
    const pod = await read();
    if (!pod) return undefined;
    const { namespace, name, uid, version } = pod;
    const preconditions = { uid, resourceVersion: version };
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions, ...(dry && { dryRun: ['All'] }) };
    const right = { verbs: ['delete'], resource: 'pods' };
    const asked = { what: `Pod ${namespace}/${name}`, right, namespace };
    const answer = await api.ask('DELETE', `${pathOf('pods', { namespace })}/${encodeURIComponent(name)}`, {
      signal,
      body,
      ...(dry && { reads: true }),
    });
    if (answer.status === 200) return pod;
    if (answer.status === 404) return undefined;
    if (answer.status !== 409 || attempt === attempts) throw api.refusal(answer, asked);
  }
}
