import type { Deps } from '../../src/contract/adapter.ts';
import type { Secret } from '../../src/contract/secret.ts';
import type { About, Finding } from '../../src/contract/target.ts';
import { makeGlance } from '../common/glance.ts';
import type { Api } from './api.ts';
import { management, segment } from './api.ts';
import type { Code } from './findings.ts';

interface Token {
  readonly user: string | undefined;
  /** undefined: Rancher did not say it. */
  readonly end: Date | 'never' | undefined;
}

/** Looks up what only people need: the version, the user of the token, and when the token ends. */
export function makeLook({ http }: Api, token: Secret, { clock, finding }: Deps<Code>) {
  async function get<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
    const answer = await http('GET', path, { signal });
    return answer.status === 200 ? (answer.json<T | null>() ?? undefined) : undefined;
  }

  async function product(signal: AbortSignal): Promise<string | undefined> {
    const setting = await get<{ value?: unknown }>('/v3/settings/server-version', signal);
    return typeof setting?.value === 'string' && setting.value ? `Rancher ${setting.value}` : undefined;
  }

  /**
   * The token's own resource. The part before the colon is the name of the token, and no secret. Since 2.12 there is a
   * second kind of token, with a resource of its own.
   */
  async function own(signal: AbortSignal): Promise<Token | undefined> {
    const [name = ''] = token.reveal().split(':');
    const extended = /^ext\/(.+)$/.exec(name)?.[1];
    if (extended !== undefined) {
      type Extended = {
        kind?: unknown;
        metadata?: { name?: unknown } | null;
        spec?: { userID?: unknown } | null;
        status?: { expiresAt?: unknown } | null;
      };
      const path = `/k8s/clusters/${management}/apis/ext.cattle.io/v1/tokens/${segment(extended)}`;
      const found = await get<Extended>(path, signal);
      if (found?.kind !== 'Token' || found.metadata?.name !== extended) return undefined;
      return { user: textOf(found.spec?.userID), end: found.status ? endOf(found.status.expiresAt) : undefined };
    }
    type Norman = { type?: unknown; id?: unknown; userId?: unknown; expiresAt?: unknown };
    const found = await get<Norman>(`/v3/tokens/${segment(name)}`, signal);
    if (found?.type !== 'token' || found.id !== name) return undefined;
    return { user: textOf(found.userId), end: endOf(found.expiresAt) };
  }

  const glance = makeGlance(clock, { product, own });
  return async (signal: AbortSignal): Promise<{ about: About; findings: Finding[] }> => {
    const { product = 'Rancher 2', own: { user, end } = {} } = await glance(signal);
    const findings = end === undefined ? [finding('TOKEN_END_UNKNOWN', 'It is not known when the token ends.')] : [];
    return { about: { product, ...(user && { principal: user }), ...(end instanceof Date && { keyExpiresAt: end }) }, findings };
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

/** Parses a time of RFC 3339. An empty or absent one is a token that never ends. */
function endOf(value: unknown): Date | 'never' | undefined {
  if (value === undefined || value === null || value === '') return 'never';
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at);
}
