import type { Credential, Credentials } from '../../src/contract/credential.ts';
import type { Holds } from '../../src/contract/target.ts';
import type { Login } from '../docker-config/entries.ts';
import { annotationOf, holdsOf } from './content.ts';
import { type Reading, writeEntries } from './entries.ts';
import { contentAnnotation, dataKey, managedBy, secretType, targetAnnotation } from './names.ts';
import type { Settings } from './settings.ts';

/** The contents of a Secret: logins by host, what is known of our own ones, and what other writers have put there. */
export interface Parts {
  readonly logins: ReadonlyMap<string, Login>;
  readonly holds: ReadonlyMap<string, Holds>;
  readonly kept?: Pick<Reading, 'others' | 'beside'>;
  readonly expected?: Expected;
}

/**
 * The state that a write expects. The server refuses the write when the Secret has another version. A Secret that is
 * gone is made again, unless the write names its UID (recorded on 1.36.3).
 */
export interface Expected {
  readonly version: string;
  readonly uid?: string;
}
const named = ({ version, uid }: Expected) => ({ resourceVersion: version, ...(uid !== undefined && { uid }) });

/** The body of an apply. */
interface Body {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Builds the body of an apply: all fields that the courier owns, and no others. */
export function bodyOf({ secret, target }: Pick<Settings, 'secret' | 'target'>, { logins, holds, kept, expected }: Parts): Body {
  const others = (kept?.others.length ?? 0) + (kept?.beside.length ?? 0) + logins.size - holds.size;
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret,
      labels: { [managedBy.key]: managedBy.value },
      annotations: { [contentAnnotation]: annotationOf({ holds, others }), [targetAnnotation]: target },
      ...(expected && named(expected)),
    },
    type: secretType,
    data: { [dataKey]: Buffer.from(writeEntries(logins, kept)).toString('base64') },
  };
  return body;
}

/** The same body, for exactly this state of the Secret. */
export const expecting = (body: Body, expected: Expected): Body => ({ ...body, metadata: { ...body.metadata, ...named(expected) } });

const loginOf = ({ username, password }: Credential): Login => ({ username, password: password.reveal() });

export const partsOf = (credentials: Credentials): Pick<Parts, 'logins' | 'holds'> => ({
  logins: new Map([...credentials].map(([host, credential]) => [host, loginOf(credential)])),
  holds: new Map([...credentials].map(([host, credential]) => [host, holdsOf(credential)])),
});

/**
 * Returns a cache of bodies that hold the given credentials alone. Such a body is the same for all namespaces, so it is
 * built and encoded once, and kept for as long as its first credential is in memory.
 */
export function sharedBodies(settings: Pick<Settings, 'secret' | 'target'>): (credentials: Credentials) => Body {
  const made = new WeakMap<Credential, Map<string, Body>>();
  return credentials => {
    const [[, first] = []] = credentials;
    const known = first && made.get(first);
    const key = [...credentials].map(([host, credential]) => `${host} ${holdsOf(credential).fingerprint}`).join('\n');
    const before = known?.get(key);
    if (before) return before;
    const body = Object.freeze(bodyOf(settings, partsOf(credentials)));
    if (first) made.set(first, (known ?? new Map<string, Body>()).set(key, body));
    return body;
  };
}
