import type { About, Deps, Finding } from '../../src/contract/adapter.ts';
import { makeGlance } from '../common/glance.ts';
import type { Code } from './findings.ts';
import type { Ask } from './rows.ts';

interface Robot {
  readonly name?: unknown;
  readonly expires_at?: unknown;
}

/** Robot accounts are looked through in so many pages of a hundred. */
const robotPages = 10;

/** For people only: version, and when the robot's secret ends. `path`: of the registries, as it is known by then. */
export function makeLook(ask: Ask, path: () => string, username: string, { clock, finding }: Deps<Code>) {
  const below = (name: string): string => path().replace(/registries$/, name);

  async function product(signal: AbortSignal): Promise<string | undefined> {
    const answer = await ask('GET', below('systeminfo'), signal);
    const version = answer.status === 200 ? answer.json<{ harbor_version?: unknown } | null>()?.harbor_version : undefined;
    return typeof version === 'string' ? `Harbor ${version}` : undefined;
  }

  /** The one way for a robot to see its own end. Who is no robot is not in the list. hidden: it may not look. */
  async function end(signal: AbortSignal): Promise<Date | 'never' | 'hidden' | undefined> {
    for (let page = 1; page <= robotPages; page++) {
      const answer = await ask('GET', below(`robots?page=${page}&page_size=100`), signal);
      if (answer.status === 403) return 'hidden';
      const robots = answer.status === 200 ? answer.json<unknown>() : undefined;
      if (!Array.isArray(robots)) return undefined;
      const own = (robots as readonly (Robot | null)[]).find(robot => robot?.name === username);
      if (own) return dateOf(own.expires_at);
      if (robots.length < 100) return undefined;
    }
    return undefined;
  }

  const glance = makeGlance(clock, { product, end });
  return async (signal: AbortSignal): Promise<{ about: About; findings: Finding[] }> => {
    const { product = 'Harbor', end } = await glance(signal);
    const findings = end === 'hidden' ? [finding('KEY_END_HIDDEN', `${username} may not see when its secret ends.`)] : [];
    return { about: { product, principal: username, ...(end instanceof Date && { keyExpiresAt: end }) }, findings };
  };
}

/** Seconds since the epoch; -1 is never. */
function dateOf(seconds: unknown): Date | 'never' | undefined {
  if (seconds === -1) return 'never';
  return Number.isSafeInteger(seconds) && Number(seconds) > 0 && Number(seconds) < 8.64e12 ? new Date(Number(seconds) * 1000) : undefined;
}
