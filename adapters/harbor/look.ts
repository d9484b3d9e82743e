import type { About, Deps, Finding } from '../../src/contract/adapter.ts';
import { makeGlance } from '../common/glance.ts';
import type { Code } from './findings.ts';
import type { Ask } from './rows.ts';

interface Robot {
  readonly name?: unknown;
  readonly expires_at?: unknown;
}

/** Robot accounts are looked through in so many pages. */
const robotPages = 10;
const pageSize = 100;

/** Why the end of a robot's secret is not seen. untold: Harbor gave no proper answer for an hour, or none yet. */
const unseen = {
  hidden: {
    why: 'it may not list robot accounts, its own among them',
    remedy: 'Give it the permission robot:list (Harbor 2.12 and later), or let it never expire.',
  },
  'too far': { why: `it is not among the first ${robotPages * pageSize} robot accounts, if it is one`, remedy: undefined },
  unreadable: { why: 'Harbor names no date for its end that can be read', remedy: undefined },
  untold: { why: 'Harbor did not say when its secret ends', remedy: undefined },
} as const;
type End = Date | 'never' | 'no robot' | keyof typeof unseen;

/** For people only: version, and when the robot's secret ends. `path`: of the registries, as it is known by then. */
export function makeLook(ask: Ask, path: () => string, username: string, { clock, finding }: Deps<Code>) {
  const below = (name: string): string => path().replace(/registries$/, name);

  async function product(signal: AbortSignal): Promise<string | undefined> {
    const answer = await ask('GET', below('systeminfo'), signal);
    const version = answer.status === 200 ? answer.json<{ harbor_version?: unknown } | null>()?.harbor_version : undefined;
    return typeof version === 'string' ? `Harbor ${version}` : undefined;
  }

  /** The one way for a robot to see its own end. */
  async function end(signal: AbortSignal): Promise<End | undefined> {
    for (let page = 1; page <= robotPages; page++) {
      const answer = await ask('GET', below(`robots?page=${page}&page_size=${pageSize}&sort=id`), signal);
      if (answer.status === 403) return 'hidden';
      // Versions without such robot accounts.
      if (answer.status === 404) return 'no robot';
      const robots = answer.status === 200 ? answer.json<unknown>() : undefined;
      if (!Array.isArray(robots)) return undefined;
      const own = (robots as readonly (Robot | null)[]).find(robot => robot?.name === username);
      if (own) return endOf(own.expires_at);
      if (robots.length < pageSize) return 'no robot';
    }
    return 'too far';
  }

  const glance = makeGlance(clock, { product, end });
  return async (signal: AbortSignal): Promise<{ about: About; findings: Finding[] }> => {
    const { product = 'Harbor', end = 'untold' } = await glance(signal);
    const about = { product, principal: username, ...(end instanceof Date && { keyExpiresAt: end }) };
    if (end instanceof Date || end === 'never' || end === 'no robot') return { about, findings: [] };
    const { why, remedy } = unseen[end];
    return { about, findings: [finding('KEY_END_HIDDEN', `${username}: ${why}.`, remedy)] };
  };
}

/** Seconds since the epoch; -1 is never. */
function endOf(seconds: unknown): Date | 'never' | 'unreadable' {
  if (seconds === -1) return 'never';
  return Number.isSafeInteger(seconds) && Number(seconds) > 0 && Number(seconds) < 8.64e12
    ? new Date(Number(seconds) * 1000)
    : 'unreadable';
}
