import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { ReadPapers } from './papers.ts';

/** The directory in which a pod finds its own token and the certificate of its cluster. */
const mount = '/var/run/secrets/kubernetes.io/serviceaccount';
export const inCluster = {
  url: 'https://kubernetes.default.svc',
  token: `${mount}/token`,
  authorities: `${mount}/ca.crt`,
  namespace: `${mount}/namespace`,
} as const;

/**
 * Returns a reader of papers from the files of a ServiceAccount: its token, and the certificates of its cluster where
 * they are not configured.
 */
export const fromFiles =
  (files: { readonly url: string; readonly token: string; readonly authorities?: string }, deps: Pick<Deps, 'files'>): ReadPapers =>
  async signal => {
    const [token, authorities] = await Promise.all([
      readToken(files.token, deps, signal),
      files.authorities === undefined ? undefined : deps.files.read(files.authorities, { signal }),
    ]);
    return { server: { url: files.url, authorities }, token };
  };

export async function readToken(path: string, deps: Pick<Deps, 'files'>, signal: AbortSignal): Promise<Secret> {
  const text = (await deps.files.read(path, { signal }))?.trim() ?? '';
  if (text === '') throw noToken(path);
  return new Secret(text);
}

const noToken = (path: string): Failure =>
  new Failure('AUTH', `There is no token at ${path}.`, {
    remedy:
      'Inside a cluster: let the pod mount its token (automountServiceAccountToken). From outside: name the file of a token with `tokenFile`, or a `kubeconfig`.',
  });
