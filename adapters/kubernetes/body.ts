import type { Credential, Credentials } from '../../src/contract/credential.ts';
import type { Holds } from '../../src/contract/target.ts';
import type { Login } from '../docker-config/entries.ts';
import { annotationOf, holdsOf } from './content.ts';
import { type Reading, writeEntries } from './entries.ts';
import { contentAnnotation, dataKey, managedBy, secretType, targetAnnotation } from './names.ts';
import type { Settings } from './settings.ts';

/**
 * What a Secret is to hold: logins by host, what is known of those that are ours, and what others have put there.
 */
export interface Parts {
  readonly logins: ReadonlyMap<string, Login>;
  readonly holds: ReadonlyMap<string, Holds>;
  readonly kept?: Pick<Reading, 'others' | 'beside'>;
  /** The write is refused when the Secret is another one by now. */
  readonly version?: string;
}

/** What an apply sends. */
export interface Body {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** All that is ours, and nothing else. */
export function bodyOf({ secret, target }: Pick<Settings, 'secret' | 'target'>, { logins, holds, kept, version }: Parts): Body {
  const others = (kept?.others.length ?? 0) + (kept?.beside.length ?? 0) + logins.size - holds.size;
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret,
      labels: { [managedBy.key]: managedBy.value },
      annotations: { [contentAnnotation]: annotationOf({ holds, others }), [targetAnnotation]: target },
      ...(version !== undefined && { resourceVersion: version }),
    },
    type: secretType,
    data: { [dataKey]: Buffer.from(writeEntries(logins, kept)).toString('base64') },
  };
  return body;
}

/** The same body, for exactly this version of the Secret. */
export const ofVersion = (body: Body, version: string): Body => ({ ...body, metadata: { ...body.metadata, resourceVersion: version } });

export const loginOf = ({ username, password }: Credential): Login => ({ username, password: password.reveal() });

export const partsOf = (credentials: Credentials): Pick<Parts, 'logins' | 'holds'> => ({
  logins: new Map([...credentials].map(([host, credential]) => [host, loginOf(credential)])),
  holds: new Map([...credentials].map(([host, credential]) => [host, holdsOf(credential)])),
});

/**
 * The body for these credentials and nothing beside them: one and the same for all namespaces, made and encoded once,
 * and kept for as long as its first credential lives.
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
