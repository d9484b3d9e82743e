import { longestLife } from '../../../src/contract/expiry.ts';
import { few, label, quote } from '../../../src/contract/text.ts';
import { isPaused } from './choice.ts';
import type { Gap } from './known.ts';
import { isPinned, type Service } from './service.ts';
import type { Task } from './tasks.ts';
import { lastEnd, type Standing } from './written.ts';

/** The state of a roll-out as the end of a sentence, and the remedy. */
export function states(service: Service): { readonly what: string; readonly remedy: string } {
  const name = label(service.name);
  const isBack = service.rollout.startsWith('rollback');
  if (isPaused(service))
    return {
      what: `has ${isBack ? 'a rollback' : 'a roll-out'} that was paused (${service.rollout})`,
      remedy: `Look at \`docker service ps ${name}\`, then end it: deploy a good version, or \`docker service rollback ${name}\`. An update of the login alone would let it go on.`,
    };
  return {
    what: isBack ? 'is being rolled back' : 'is being rolled out',
    remedy: 'Nothing, unless it lasts: its login is refreshed when that has ended.',
  };
}

/** Time before the end of a waiting service's login at which it becomes a finding, in milliseconds. */
const endsSoon = longestLife / 3;

/** What happens to the login of a waiting service. code: the finding for it, in addition to the reason for the wait. */
interface Fate {
  readonly code?: 'LOGIN_ENDING' | 'LOGIN_ENDED';
  readonly sentence: string;
}

/** now: milliseconds since the epoch. */
export function fateOf(service: Service, { by, endsAt = Number.NaN }: Standing, now: number): Fate {
  const whose = `The login of the service ${label(service.name)}`;
  const isExact = by === 'ours' || by === 'half ours';
  // A client that wrote after us may have set another login.
  const surely = by === 'theirs' ? Math.max(endsAt, lastEnd(service)) : endsAt;
  const fails = `A task that moves to another node fails from then on${isPinned(service) ? '' : ', or runs an older image of that name'}.`;
  if (now >= surely)
    return { code: 'LOGIN_ENDED', sentence: `${whose} ${isExact ? 'ended at' : 'has ended by'} ${timeOf(surely)}. ${fails}` };
  if (isExact) return { ...(now >= endsAt - endsSoon && soon), sentence: `${whose} ends at ${timeOf(endsAt)}. ${fails}` };
  if (by !== 'theirs')
    return { sentence: `Nobody knows when its login ends${Number.isNaN(surely) ? '' : `, which is by ${timeOf(surely)}`}.` };
  const ends = now >= endsAt ? 'ended' : 'ends';
  const sentence = `${whose} ${ends} at ${timeOf(endsAt)}, unless somebody has brought another one since. ${fails}`;
  return { ...(now >= endsAt - endsSoon && soon), sentence };
}

const soon = { code: 'LOGIN_ENDING' } as const;

/** The message for tasks that fail after our update has let them start again. */
export function tasksFail({ name, rollout }: Pick<Service, 'name' | 'rollout'>, failing: readonly Task[]): string {
  const [first, ...more] = failing;
  const which = first
    ? ` Task ${label(first.id)}${more.length > 0 ? ` and ${more.length} more` : ''}: ${quote(first.error || first.state)}`
    : '';
  return `An update of the login of the service ${label(name)} let tasks start once more that fail, so Swarm has paused it (${rollout}).${which}`;
}

export function expiredWhileHeld({ name }: Pick<Service, 'name'>, { from, until, isUnsure }: Gap): string {
  const [verb, why] = isUnsure ? ['may have ended', ' (somebody else wrote to it since, perhaps with another login)'] : ['had ended', ''];
  return `The login of the service ${label(name)} ${verb} by ${timeOf(from)}${why} and was replaced at ${timeOf(until)}: tasks that were started in between may run an older image.`;
}

/** The time in UTC, to the minute. */
const timeOf = (moment: number): string => `${new Date(moment).toISOString().slice(0, 16)}Z`;

const mostNamed = 5;

/** The names in words: `web, api and 3 more`. */
export function namesOf(services: readonly Pick<Service, 'name'>[]): string {
  const names = services.map(({ name }) => label(name, 80));
  if (names.length > mostNamed) return few(names, mostNamed);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
