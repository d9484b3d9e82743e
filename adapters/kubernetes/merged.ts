import { type Credentials, fingerprintOf } from '../../src/contract/credential.ts';
import { expirationIn } from '../../src/contract/expiry.ts';
import type { Holds } from '../../src/contract/target.ts';
import { type Parts, partsOf } from './body.ts';
import type { Content } from './content.ts';
import type { Reading } from './entries.ts';

/**
 * The parts of a merged Secret: the given credentials, the present logins of our other hosts, and the entries of other
 * writers. A login that the courier did not write counts as one of another writer, so the annotation does not list it.
 */
export function mergedParts({ holds }: Content, reading: Reading | undefined, given: Credentials): Parts {
  const fresh = partsOf(given);
  const kept = [...(reading?.logins ?? [])].filter(([host]) => !given.has(host));
  const ours = kept.flatMap(([host, { password }]): [string, Holds][] => {
    const known = holds.get(host);
    return known?.fingerprint === fingerprintOf(password) ? [[host, known]] : [];
  });
  return {
    logins: new Map([...kept, ...fresh.logins]),
    holds: new Map([...ours, ...fresh.holds]),
    ...(reading && { kept: reading }),
  };
}

/**
 * The same parts, with all logins counted as ours from now on. Their ends are read from the passwords, where these tell
 * them.
 */
export function takenOver({ logins, holds, ...parts }: Parts): Parts {
  const said = [...logins].flatMap(([host, { password }]): [string, Holds][] => {
    const expiresAt = expirationIn(password);
    return expiresAt ? [[host, { fingerprint: fingerprintOf(password), expiresAt }]] : [];
  });
  return { ...parts, logins, holds: new Map([...said, ...holds]) };
}
