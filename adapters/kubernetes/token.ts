import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';

/** Where every pod has its own token and the certificate of its cluster. */
const mount = '/var/run/secrets/kubernetes.io/serviceaccount';
export const inCluster = { url: 'https://kubernetes.default.svc', tokenFile: `${mount}/token`, authorityFile: `${mount}/ca.crt` } as const;

/** The kubelet replaces a token when a fifth of its life is left; client-go reads it as often. In milliseconds. */
const everyMs = 60_000;

/** What lies in the files of a ServiceAccount. */
export interface Papers {
  readonly token: Secret;
  /** Certificates as PEM; undefined: those of the configuration are enough. */
  readonly authorities: string | undefined;
}

/**
 * Reads them at most once a minute, and anew when somebody says that they are no longer good. A file that cannot be
 * read for a moment does no harm.
 */
export function paperReader(files: { readonly token: string; readonly authorities?: string }, deps: Pick<Deps, 'files' | 'clock'>) {
  let known: Papers | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Papers> | undefined;

  async function read(signal: AbortSignal): Promise<Papers> {
    try {
      const [token, authorities] = await Promise.all([
        deps.files.read(files.token, { signal }),
        files.authorities === undefined ? undefined : deps.files.read(files.authorities, { signal }),
      ]);
      const text = token?.trim() ?? '';
      if (text === '') throw noToken(files.token);
      known = known?.token.reveal() === text && known.authorities === authorities ? known : { token: new Secret(text), authorities };
    } catch (error) {
      if (!known || signal.aborted) throw error;
    }
    readAt = deps.clock.mono();
    return known;
  }

  return async (signal: AbortSignal, unlike?: Papers): Promise<Papers> => {
    const isFresh = deps.clock.mono() - readAt < everyMs;
    if (known && isFresh && known !== unlike) return known;
    // One at a time for all that ask; it ends by itself, as reading a file always does.
    reading ??= read(signal).finally(() => {
      reading = undefined;
    });
    return await reading;
  };
}

const noToken = (path: string): Failure =>
  new Failure('AUTH', `There is no token at ${path}.`, {
    remedy:
      'Inside a cluster: let the pod mount its token (automountServiceAccountToken). From outside: name the file of a token with `tokenFile`.',
  });
