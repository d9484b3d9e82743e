import type { Deps } from '../../src/contract/adapter.ts';
import { makeGlance } from '../common/glance.ts';
import type { Api } from './api.ts';
import { readEnvironments } from './environments.ts';

/** What is for people only: the version of Portainer, and which of its environments are Swarms. */
export function makeLook(api: Api, { clock }: Deps) {
  async function version(path: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await api.ask('GET', path, signal);
    return answer.status === 200 ? answer.json<{ Version?: string } | null>()?.Version : undefined;
  }

  return makeGlance(clock, {
    version: async signal => (await version('/api/system/status', signal)) ?? (await version('/api/status', signal)),
    swarms: signal => readEnvironments(api, signal),
  });
}
