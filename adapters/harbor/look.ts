import type { About, Deps, Finding } from '../../src/contract/adapter.ts';
import type { Code } from './findings.ts';
import type { Ask } from './rows.ts';

interface Seen {
  readonly product?: string | undefined;
  /** When the robot's secret ends; hidden: it may not look. */
  readonly end?: Date | 'never' | 'hidden' | undefined;
}
interface Robot {
  readonly name?: string;
  readonly expires_at?: number;
}

const lookEveryMs = 600_000;
const lookMs = 3_000;
/** Robot accounts are looked through in so many pages of a hundred. */
const robotPages = 10;

/** For people only: version, and when the robot's secret ends. Asked every ten minutes, for three seconds at most; its failing is none, and leaves what was seen before. */
export function makeLook(ask: Ask, username: string, { clock, finding }: Deps<Code>) {
  let at = Number.NEGATIVE_INFINITY;
  let seen: Seen = {};

  async function get<T>(path: string, signal: AbortSignal): Promise<{ status: number; body: T | undefined }> {
    const answer = await ask('GET', path, signal);
    return { status: answer.status, body: answer.status === 200 ? answer.json<T>() : undefined };
  }

  async function productAt(api: string, signal: AbortSignal): Promise<string | undefined> {
    const { body } = await get<{ harbor_version?: unknown } | null>(`${api}/systeminfo`, signal);
    return typeof body?.harbor_version === 'string' ? `Harbor ${body.harbor_version}` : undefined;
  }

  /** The one way for a robot to see its own end. Who is no robot is not in the list. */
  async function endAt(api: string, signal: AbortSignal): Promise<Seen['end']> {
    for (let page = 1; page <= robotPages; page++) {
      const { status, body } = await get<readonly (Robot | null)[]>(`${api}/robots?page=${page}&page_size=100`, signal);
      if (status === 403) return 'hidden';
      if (!Array.isArray(body)) return undefined;
      const own = (body as readonly (Robot | null)[]).find(robot => robot?.name === username);
      if (own) return dateOf(own.expires_at);
      if (body.length < 100) return undefined;
    }
    return undefined;
  }

  return async (path: string, signal: AbortSignal): Promise<{ about: About; findings: Finding[] }> => {
    if (clock.mono() - at >= lookEveryMs) {
      at = clock.mono();
      const api = path.replace(/\/registries$/, '');
      const ends = new AbortController();
      void clock.sleep(lookMs, ends.signal).then(() => ends.abort());
      const both = AbortSignal.any([signal, ends.signal]);
      const product = await productAt(api, both).catch(() => undefined);
      const end = await endAt(api, both).catch(() => undefined);
      ends.abort();
      seen = { product: product ?? seen.product, end: end ?? seen.end };
    }
    const { product = 'Harbor', end } = seen;
    const findings = end === 'hidden' ? [finding('KEY_END_HIDDEN', `${username} may not see when its secret ends.`)] : [];
    return { about: { product, principal: username, ...(end instanceof Date && { keyExpiresAt: end }) }, findings };
  };
}

/** Seconds since the epoch; -1 is never. */
function dateOf(seconds: unknown): Date | 'never' | undefined {
  if (seconds === -1) return 'never';
  return Number.isSafeInteger(seconds) && Number(seconds) > 0 && Number(seconds) < 8.64e12 ? new Date(Number(seconds) * 1000) : undefined;
}
