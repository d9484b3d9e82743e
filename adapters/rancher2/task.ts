import type { Deps } from '../../src/contract/adapter.ts';
import type { Credential, Credentials } from '../../src/contract/credential.ts';
import type { Api } from './api.ts';

/** Whether the attempt changes anything in Rancher. */
type Way = 'written' | 'rehearsed';

/** One attempt to write. */
export interface Task {
  readonly api: Api;
  readonly way: Way;
  readonly signal: AbortSignal;
  /** The credential for the registry at a stored address. undefined for all others, which stay as they are. */
  credentialFor(address: string): Credential | undefined;
}

export function taskOf(api: Api, { registry }: Pick<Deps, 'registry'>, given: Credentials, signal: AbortSignal, way: Way): Task {
  const credentialFor = (address: string): Credential | undefined => {
    const host = registry(address)?.registry.host;
    return host === undefined ? undefined : given.get(host);
  };
  return { api, way, signal, credentialFor };
}
