import type { Api } from './api.ts';
import { pathOfSecret, type Way } from './apply.ts';
import type { Meta } from './objects.ts';
import { askedFor } from './secrets.ts';
import type { Settings } from './settings.ts';

/**
 * Deletes a Secret of our name in exactly the version that was seen. A Secret that is already gone is not a failure.
 * The body says whether it is a dry run, as the server ignores the query of a DELETE with a body (recorded on 1.36).
 */
export async function removeSecret(
  api: Api,
  settings: Pick<Settings, 'secret'>,
  { namespace, uid, version }: Meta,
  way: Way,
  signal: AbortSignal,
): Promise<void> {
  const dry = way === 'rehearsed';
  const preconditions = { uid, resourceVersion: version };
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions, ...(dry && { dryRun: ['All'] }) };
  const request = { signal, body, asked: askedFor(namespace, settings, 'delete'), hoped: [200, 404], ...(dry && { reads: true }) };
  await api.demand('DELETE', pathOfSecret(namespace, settings), request);
}
