import type { Deps } from '../../src/contract/adapter.ts';
import { makeGlance } from '../common/glance.ts';
import type { Api } from './api.ts';

interface Environment {
  readonly Name?: unknown;
  readonly Snapshots?: readonly { readonly Swarm?: boolean }[] | null;
}

/** What is for people only: the version of Portainer, and the names of its environments that are Swarms. */
export function makeLook({ ask }: Api, { clock }: Deps) {
  async function read<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
    const answer = await ask('GET', path, signal);
    return answer.status === 200 ? answer.json<T>() : undefined;
  }
  const version = async (path: string, signal: AbortSignal): Promise<string | undefined> =>
    (await read<{ Version?: string } | null>(path, signal))?.Version;

  return makeGlance(clock, {
    async product(signal) {
      const seen = (await version('/api/system/status', signal)) ?? (await version('/api/status', signal));
      return seen ? `Portainer ${seen}` : undefined;
    },
    async swarms(signal) {
      const environments = await read<readonly Environment[]>('/api/endpoints?excludeSnapshotRaw=true', signal);
      return environments?.filter(isSwarm).flatMap(({ Name }) => (typeof Name === 'string' ? Name : []));
    },
  });
}

const isSwarm = ({ Snapshots }: Environment): boolean => Snapshots?.some(({ Swarm }) => Swarm) ?? false;
