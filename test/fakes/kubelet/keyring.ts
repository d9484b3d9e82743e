import { matchImage } from '../../../src/kubelet/match.ts';
import type { Response } from './response.ts';

export interface Credential {
  readonly username: string;
  readonly password: string;
  readonly source?: object;
}

/**
 * The order in which the kubelet tries what the providers answered: keys backwards by the alphabet, so that the longer
 * of two beginnings comes first; within a key by the providers' own order.
 */
export function credentialsFor(
  image: string,
  answers: readonly { readonly auth: Response['auth']; readonly source?: object }[],
): Credential[] {
  const entries = answers.flatMap(({ auth, ...source }) =>
    Object.entries(auth).map(([key, login]) => ({
      key: key.replace(/^https?:\/\//, '').replace(/\/$/, ''),
      credential: { ...login, ...source },
    })),
  );
  const keys = [...new Set(entries.map(({ key }) => key))].sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)));
  return keys
    .filter(key => matchImage(key, image).matches)
    .flatMap(key => entries.filter(entry => entry.key === key).map(({ credential }) => credential));
}
