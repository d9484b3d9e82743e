import type { About, Deps, Finding } from '../../src/contract/adapter.ts';
import { makeGlance } from '../common/glance.ts';
import type { Code } from './findings.ts';
import { type Ask, glanceAt, mostGlanced } from './list.ts';
import { proxyCaches, replicationRules, usersOf } from './usage.ts';

interface Robot {
  readonly name?: unknown;
  readonly expires_at?: unknown;
  readonly permissions?: unknown;
}

/** Why the end of a robot's secret is not seen. untold: Harbor gave no proper answer for an hour, or none yet. */
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
/** rights: resource:action in the whole system. Undefined where nobody sees them, and for users, who have roles. */
interface Account {
  readonly end: End;
  readonly rights?: ReadonlySet<string>;
}

/**
 * What only serves people: the version, the robot account that asks, and what uses the endpoints.
 * `path`: the path of the registries, as it is known by then.
 */
export function makeLook(ask: Ask, path: () => string, username: string, { clock, finding }: Deps<Code>) {
  const below = (name: string): string => path().replace(/registries$/, name);
  let rights: ReadonlySet<string> | undefined;

  async function product(signal: AbortSignal): Promise<string | undefined> {
    const answer = await ask('GET', below('systeminfo'), signal);
    const version = answer.status === 200 ? answer.json<{ harbor_version?: unknown } | null>()?.harbor_version : undefined;
    return typeof version === 'string' ? `Harbor ${version}` : undefined;
  }

  /** The list is the one way for a robot to see its own end. */
  async function account(signal: AbortSignal): Promise<Account | undefined> {
    let own: Robot | undefined;
    const reading = await glanceAt<Robot>(ask, below('robots'), 'sort=id', signal, robot => {
      if (robot.name !== username) return undefined;
      own = robot;
      return 'enough';
    });
    if (own) return { end: endOf(own.expires_at), ...rightsOf(own.permissions) };
    if (reading === 'forbidden') return { end: 'hidden' };
    if (reading === 'cut') return { end: 'too far' };
    // Versions without such robot accounts do not know the list.
    return reading === 'unreadable' ? undefined : { end: 'no robot' };
  }

  const glance = makeGlance(clock, {
    product,
    account,
    caches: signal => proxyCaches(ask, below('projects'), signal),
    rules: signal => replicationRules(ask, below('replication/policies'), signal),
  });

  /** uses: what is known to use an endpoint, in words; empty for nothing. */
  async function look(signal: AbortSignal): Promise<{ about: About; findings: Finding[]; uses: (endpoint: number) => string }> {
    const { product = 'Harbor', account: { end, rights: seen } = { end: 'untold' as const }, caches, rules } = await glance(signal);
    rights = seen;
    const about = { product, principal: username, ...(end instanceof Date && { keyExpiresAt: end }) };
    return { about, findings: untold(end), uses: endpoint => usersOf(endpoint, caches, rules) };
  }

  function untold(end: End): Finding[] {
    if (end instanceof Date || end === 'never' || end === 'no robot') return [];
    const { why, remedy } = unseen[end];
    return [finding('KEY_END_HIDDEN', `${username}: ${why}.`, remedy)];
  }

  /** Whether the account is known not to have a right. Old versions take `*`. */
  function lacks(right: string): boolean {
    const [resource] = right.split(':');
    return rights !== undefined && ![right, `${resource}:*`, '*:*'].some(granting => rights?.has(granting));
  }

  return { look, lacks };
}

/** Seconds since the epoch; -1 is never. */
function endOf(seconds: unknown): Date | 'never' | 'unreadable' {
  if (seconds === -1) return 'never';
  return Number.isSafeInteger(seconds) && Number(seconds) > 0 && Number(seconds) < 8.64e12
    ? new Date(Number(seconds) * 1000)
    : 'unreadable';
}

/** Rights for projects are left out. */
function rightsOf(permissions: unknown): { rights?: ReadonlySet<string> } {
  if (!Array.isArray(permissions)) return {};
  const system = (permissions as readonly { kind?: unknown; access?: unknown }[]).filter(each => each?.kind === 'system');
  const access = system.flatMap(({ access }) =>
    Array.isArray(access) ? (access as readonly { resource?: unknown; action?: unknown }[]) : [],
  );
  return { rights: new Set(access.map(right => `${String(right?.resource)}:${String(right?.action)}`)) };
}
