import { matchImage } from '../../../src/kubelet/match.ts';
import type { Response } from './response.ts';

export interface Credential {
  readonly username: string;
  readonly password: string;
  readonly source?: object;
}

/**
 * Orders the credentials as the kubelet tries them: by key in reverse alphabetical order, so that the longer of two
 * prefixes comes first, then by provider.
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
