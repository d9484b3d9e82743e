import type { Deps } from '../../src/contract/adapter.ts';
import type { About, Finding } from '../../src/contract/target.ts';
import { makeGlance } from '../common/glance.ts';
import type { Code } from './findings.ts';
import { type Ask, glanceAt, mostGlanced } from './list.ts';
import { proxyCaches, replicationRules, usersOf } from './usage.ts';

interface Robot {
  readonly name?: unknown;
  readonly expires_at?: unknown;
}

/** Why the end of a robot's secret is not known. untold: Harbor gave no valid answer for an hour, or none yet. */
const unseen = {
  hidden: {
    why: 'it may not list robot accounts, its own among them',
    remedy: 'Give it the permission robot:list (Harbor 2.12 and later), or let it never expire.',
  },
  'too far': { why: `it is not among the first ${mostGlanced} robot accounts, if it is one`, remedy: undefined },
  unreadable: { why: 'Harbor names no date for its end that can be read', remedy: undefined },
  untold: { why: 'Harbor did not say when its secret ends', remedy: undefined },
} as const;
type End = Date | 'never' | 'no robot' | keyof typeof unseen;

/**
 * Looks up what only serves people: the version, the robot account that asks, and what uses the endpoints. `path`
 * returns the path of the registries, as far as it is known by then.
 */
export function makeLook(ask: Ask, path: () => string, username: string, { clock, finding }: Deps<Code>) {
  const below = (name: string): string => path().replace(/registries$/, name);

  async function product(signal: AbortSignal): Promise<string | undefined> {
    const answer = await ask('GET', below('systeminfo'), signal);
    const version = answer.status === 200 ? answer.json<{ harbor_version?: unknown } | null>()?.harbor_version : undefined;
    return typeof version === 'string' ? `Harbor ${version}` : undefined;
  }

  /** The end of the robot's own secret. A robot can see it only in the list. */
  async function end(signal: AbortSignal): Promise<End | undefined> {
    let own: Robot | undefined;
    const reading = await glanceAt<Robot>(ask, below('robots'), 'sort=id', signal, robot => {
      if (robot.name !== username) return undefined;
      own = robot;
      return 'enough';
    });
    if (own) return endOf(own.expires_at);
    if (reading === 'forbidden') return 'hidden';
    if (reading === 'cut') return 'too far';
    // Versions without such robot accounts do not know the list.
    return reading === 'unreadable' ? undefined : 'no robot';
  }

  const glance = makeGlance(clock, {
    product,
    end,
    caches: signal => proxyCaches(ask, below('projects'), signal),
    rules: signal => replicationRules(ask, below('replication/policies'), signal),
  });

  /** Takes the look. `uses` returns in words what is known to use an endpoint; empty for nothing. */
  async function look(signal: AbortSignal): Promise<{ about: About; findings: Finding[]; uses: (endpoint: number) => string }> {
    const { product = 'Harbor', end = 'untold', caches, rules } = await glance(signal);
    const about = { product, principal: username, ...(end instanceof Date && { keyExpiresAt: end }) };
    return { about, findings: untold(end), uses: endpoint => usersOf(endpoint, caches, rules) };
  }

  function untold(end: End): Finding[] {
    if (end instanceof Date || end === 'never' || end === 'no robot') return [];
    const { why, remedy } = unseen[end];
    return [finding('KEY_END_HIDDEN', `${username}: ${why}.`, remedy)];
  }

  return look;
}

/** Parses seconds since the epoch; -1 is never. */
function endOf(seconds: unknown): Date | 'never' | 'unreadable' {
  if (seconds === -1) return 'never';
  return Number.isSafeInteger(seconds) && Number(seconds) > 0 && Number(seconds) < 8.64e12
    ? new Date(Number(seconds) * 1000)
    : 'unreadable';
}
