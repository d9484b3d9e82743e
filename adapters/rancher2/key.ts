import type { About, Deps, Finding } from '../../src/contract/adapter.ts';
import type { Secret } from '../../src/contract/secret.ts';
import type { Api } from './api.ts';
import { management, segment } from './api.ts';
import type { Code } from './findings.ts';

interface Seen {
  readonly product?: string | undefined;
  readonly user?: string | undefined;
  /** undefined: it was not told. */
  readonly end?: Date | 'never' | undefined;
}

const lookEveryMs = 600_000;
const lookMs = 3_000;

/** For people only: the version, and when the token ends. Asked every ten minutes, for three seconds at most; its failing is none, and leaves what was seen before. */
export function makeLook({ http }: Api, token: Secret, { clock, finding }: Deps<Code>) {
  let at = Number.NEGATIVE_INFINITY;
  let seen: Seen = {};

  async function get<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
    const answer = await http('GET', path, { signal });
    return answer.status === 200 ? (answer.json<T | null>() ?? undefined) : undefined;
  }

  async function productOf(signal: AbortSignal): Promise<string | undefined> {
    const setting = await get<{ value?: unknown }>('/v3/settings/server-version', signal);
    return typeof setting?.value === 'string' && setting.value ? `Rancher ${setting.value}` : undefined;
  }

  /** What stands before the colon is the name of the token, and no secret. Since 2.12 there is a second kind of tokens, with a resource of its own. */
  async function tokenOf(signal: AbortSignal): Promise<Seen> {
    const [name = ''] = token.reveal().split(':');
    const extended = /^ext\/(.+)$/.exec(name)?.[1];
    if (extended !== undefined) {
      type Extended = { spec?: { userID?: unknown }; status?: { expiresAt?: unknown; expired?: unknown } };
      const path = `/k8s/clusters/${management}/apis/ext.cattle.io/v1/tokens/${segment(extended)}`;
      const found = await get<Extended>(path, signal);
      return { user: textOf(found?.spec?.userID), end: found?.status && endOf(found.status.expiresAt) };
    }
    const found = await get<{ userId?: unknown; expiresAt?: unknown }>(`/v3/tokens/${segment(name)}`, signal);
    return { user: textOf(found?.userId), end: found && endOf(found.expiresAt) };
  }

  return async (signal: AbortSignal): Promise<{ about: About; findings: Finding[] }> => {
    if (clock.mono() - at >= lookEveryMs) {
      at = clock.mono();
      const ends = new AbortController();
      void clock.sleep(lookMs, ends.signal).then(() => ends.abort());
      const both = AbortSignal.any([signal, ends.signal]);
      const [product, told] = await Promise.all([productOf(both).catch(() => undefined), tokenOf(both).catch((): Seen => ({}))]);
      ends.abort();
      seen = { product: product ?? seen.product, user: told.user ?? seen.user, end: told.end ?? seen.end };
    }
    const { product = 'Rancher 2', user, end } = seen;
    const findings = end === undefined ? [finding('TOKEN_END_UNKNOWN', 'It is not known when the token ends.')] : [];
    return { about: { product, ...(user && { principal: user }), ...(end instanceof Date && { keyExpiresAt: end }) }, findings };
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

/** RFC 3339; empty or absent is a token that never ends. */
function endOf(value: unknown): Date | 'never' | undefined {
  if (value === undefined || value === null || value === '') return 'never';
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at);
}
