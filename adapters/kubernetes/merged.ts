import { type Credentials, fingerprintOf } from '../../src/contract/credential.ts';
import { expirationIn } from '../../src/contract/expiry.ts';
import type { Holds } from '../../src/contract/target.ts';
import type { Login } from '../docker-config/entries.ts';
import { type Parts, partsOf } from './body.ts';
import { contentOf } from './content.ts';
import type { Reading } from './entries.ts';
import { contentAnnotation } from './names.ts';
import { textOf } from './objects.ts';
import type { Stored } from './secrets.ts';

/** What is given, what is there already of our hosts, and what others have put there. */
export function mergedParts({ meta }: Stored, reading: Reading | undefined, given: Credentials): Parts {
  const fresh = partsOf(given);
  const { holds } = contentOf(textOf(meta.annotations[contentAnnotation]));
  const kept = new Map([...(reading?.logins ?? [])].filter(([host]) => !given.has(host)));
  return {
    logins: new Map([...kept, ...fresh.logins]),
    holds: new Map([...holdsOfLogins(kept, holds), ...fresh.holds]),
    ...(reading && { kept: reading }),
  };
}

/**
 * Of logins that lie in a Secret: as its annotation says, where that is about the same password; else as the password
 * says.
 */
function holdsOfLogins(logins: ReadonlyMap<string, Login>, said: Parts['holds']): [string, Holds][] {
  return [...logins].flatMap(([host, { password }]): [string, Holds][] => {
    const fingerprint = fingerprintOf(password);
    const known = said.get(host);
    if (known?.fingerprint === fingerprint) return [[host, known]];
    const expiresAt = expirationIn(password);
    return expiresAt ? [[host, { fingerprint, expiresAt }]] : [];
  });
}
