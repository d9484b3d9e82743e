import { type Credentials, fingerprintOf } from '../../src/contract/credential.ts';
import { expirationIn } from '../../src/contract/expiry.ts';
import type { Holds } from '../../src/contract/target.ts';
import { type Parts, partsOf } from './body.ts';
import type { Content } from './content.ts';
import type { Reading } from './entries.ts';

/**
 * What is given, what is there already of our hosts, and what others have put there. Of a login that we did not write
 * nothing is said in the annotation: it counts as one of somebody else.
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

/** The same, where all logins are ours from now on: what they hold is said by their passwords, if by anything. */
export function takenOver({ logins, holds, ...parts }: Parts): Parts {
  const said = [...logins].flatMap(([host, { password }]): [string, Holds][] => {
    const expiresAt = expirationIn(password);
    return expiresAt ? [[host, { fingerprint: fingerprintOf(password), expiresAt }]] : [];
  });
  return { ...parts, logins, holds: new Map([...said, ...holds]) };
}
