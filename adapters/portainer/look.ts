import type { Deps } from '../../src/contract/adapter.ts';
import { makeGlance } from '../common/glance.ts';
import type { Api } from './api.ts';
import { readEnvironments } from './environments.ts';

/** Makes the look at informational facts: the version of Portainer, and which environments are Swarms. */
export function makeLook(api: Api, { clock }: Deps) {
  return makeGlance(clock, {
    version: signal => versionOf(api, signal),
    swarms: signal => readEnvironments(api, signal),
  });
}

/** The version of Portainer, such as `2.43.0`; undefined if it tells none. */
export async function versionOf({ ask }: Pick<Api, 'ask'>, signal: AbortSignal): Promise<string | undefined> {
  async function at(path: string): Promise<string | undefined> {
    const answer = await ask('GET', path, signal);
    return answer.status === 200 ? answer.json<{ Version?: string } | null>()?.Version : undefined;
  }
  return (await at('/api/system/status')) ?? (await at('/api/status'));
}
