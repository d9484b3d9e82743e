import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { effectiveLogin } from './ecr-token.ts';
import { decode } from './payload.ts';
import { refuse } from './refusal.ts';
import type { PortainerState, Row } from './state.ts';
import type { Login, Pull } from './upstream.ts';

const cacheMs = 300_000;

/**
 * Recreates containers, after a pull of the image. The row that matched an image is cached for five minutes, with its
 * password, so a password written meanwhile is not used.
 */
export function makeContainers(state: PortainerState, clock: Clock, pull: Pull) {
  const remembered = new Map<string, { row: Row; until: number }>();

  function rowOf(repository: string): Row | undefined {
    const known = remembered.get(repository);
    if (known && known.until > clock.wall()) return known.row;
    const found = state.registries.findLast(({ URL }) => repository.includes(URL));
    if (found) remembered.set(repository, { row: structuredClone(found), until: clock.wall() + cacheMs });
    return found;
  }

  /** Returns the login for an image. Without one, the engine still tries the pull. */
  function loginOf(repository: string): Login | undefined {
    const row = rowOf(repository);
    try {
      return row?.Authentication ? effectiveLogin(row, state, clock) : undefined;
    } catch {
      return undefined;
    }
  }

  async function recreate(request: Seen, endpoint: number, id: string): Promise<Reply> {
    const { PullImage = false } = decode(request.body, 'containers.RecreatePayload', { PullImage: 'bool' });
    const failed = (details: string): never => refuse(500, 'Error recreating container', details);
    const engine = state.upstream.engine?.endpoint === endpoint ? state.upstream.engine : undefined;
    const container = engine?.containers?.find(({ Id }) => Id === id);
    if (!container) return failed(`fetch container information error: Error response from daemon: No such container: ${id}`);
    const [, host = '', repository = '', tag = 'latest'] = /^([^/]*)\/(.*?)(?::([^:]*))?$/.exec(container.Image) ?? [];
    if (PullImage) {
      const { status, json } = await pull({ host, repository, tag }, loginOf(`${host}/${repository}`));
      const { message } = (json ?? {}) as { message?: string };
      if (status !== 200) failed(`pull image error ${container.Image}: Error response from daemon: ${message}`);
    }
    container.Id = randomBytes(32).toString('hex');
    return { status: 200, json: container };
  }

  return { recreate };
}
