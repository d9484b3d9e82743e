import type { Clock } from '../contract/clock.ts';
import type { Credential } from '../contract/credential.ts';
import { lifeOf } from '../contract/expiry.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { aboutScope, type CourierEvent } from './events.ts';
import { createFetchPlaces, inOrder, resultOf } from './fetch-order.ts';
import type { Kept, Moment, Scope } from './ledger.ts';
import { fetchDueAt, fetchPause, keep, minute, second, spacing } from './timing.ts';
import type { Work } from './work.ts';

const fetchMs = 30 * second;
const longestPause = 30 * minute;

export interface FetchesDeps {
  readonly clock: Clock;
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  /** Whether failed fetches are retried. */
  persists(): boolean;
  emit(event: CourierEvent): void;
  /** Called when a new credential has arrived. */
  arrived(scope: Scope): void;
  /** Called when the next step may be due earlier than planned. */
  wake(): void;
}

/** Fetches credentials for scopes with bounded concurrency. */
interface Fetches {
  /** Server time minus our wall clock, by the newest fetch; undefined before the first. */
  readonly clockSkewMs: number | undefined;
  /** Starts the fetches that are due, as far as there are places. */
  step(scopes: Iterable<Scope>): void;
  /** When the next fetch of one of these becomes possible. */
  wakeAt(scopes: Iterable<Scope>): Moment;
}

export function createFetches({ clock, now, random, work, persists, emit, arrived, wake }: FetchesDeps): Fetches {
  let clockSkewMs: number | undefined;
  const places = createFetchPlaces(now);

  async function fetch(scope: Scope): Promise<void> {
    const began = now();
    const asked = scope.refetch;
    places.take(scope);
    Object.assign(scope, { fetching: true, fetchedAt: began, refetch: false });
    const answer = await work.bounded(fetchMs, signal => scope.source.fetch(scope.registry, signal)).catch(asFailure);
    scope.fetching = false;
    places.leave(scope);
    if (answer instanceof Failure) {
      scope.refetch ||= asked;
      failed(scope, answer, began);
    } else fetched(scope, answer, asked ? 'asked for' : 'in its turn');
    wake();
  }

  function fetched(scope: Scope, credential: Credential, cause: Cause): void {
    // The server's time of issue against our time of receipt.
    clockSkewMs = credential.issuedAt.getTime() - clock.wall();
    const fresh = keep(credential, now(), random);
    const { unchanged, downMs } = takeIn(scope, fresh, cause, now());
    const { fingerprint, expiresAt } = fresh;
    const about = { ms: now() - scope.fetchedAt, fingerprint, issuedAt: credential.issuedAt, expiresAt, unchanged, skewMs: clockSkewMs };
    const { identity } = credential;
    emit({ kind: 'fetched', ...aboutScope(scope), ...about, ...(downMs !== undefined && { downMs }), ...(identity && { identity }) });
    if (!unchanged) arrived(scope);
  }

  function failed(scope: Scope, failure: Failure, began: Moment): void {
    const repeat = scope.trouble?.failure.code === failure.code;
    const count = scope.failures + 1;
    scope.failures = count;
    scope.notBefore = began + fetchPause(failure, count, lifeOfKept(scope), random);
    scope.trouble = { failure, count, since: scope.trouble?.since ?? began };
    emit({ kind: 'fetch-failed', ...aboutScope(scope), ms: now() - began, failure, count, repeat });
  }

  function canFetch(scope: Scope): boolean {
    return scope.wanted && !scope.fetching && (persists() || !scope.trouble);
  }

  return {
    get clockSkewMs() {
      return clockSkewMs;
    },
    step(scopes) {
      const isFree = { none: places.freeAt('none') <= now(), failed: places.freeAt('failed') <= now() };
      const due = Array.from(scopes).filter(scope => isFree[resultOf(scope)] && canFetch(scope) && now() >= fetchDueAt(scope));
      for (const scope of inOrder(due)) if (places.freeAt(resultOf(scope)) <= now()) work.track(fetch(scope));
    },
    wakeAt(scopes) {
      // Where no place is free, the end of a fetch wakes the loop.
      const freeAt = { none: places.freeAt('none'), failed: places.freeAt('failed') };
      const able = Array.from(scopes).filter(canFetch);
      return Math.min(...able.map(scope => Math.max(fetchDueAt(scope), freeAt[resultOf(scope)])));
    },
  };
}

/**
 * Requests a newer credential. Ends the long pause after a failure or an unchanged token, but not a pause that AWS
 * asked for.
 */
export function askAgain(scope: Scope): void {
  scope.refetch = true;
  if (scope.trouble?.failure.facts.retryAfterMs !== undefined) return;
  scope.notBefore = Math.min(scope.notBefore, scope.fetchedAt + spacing(lifeOfKept(scope)));
}

/** Why a fetch began. */
type Cause = 'asked for' | 'in its turn';

/**
 * Stores the result of a fetch in the scope. unchanged: the token is the kept one, or it ends earlier than that and was
 * not requested.
 */
function takeIn(scope: Scope, fresh: Kept, cause: Cause, now: Moment): { unchanged: boolean; downMs: number | undefined } {
  const { kept } = scope;
  const earlier = kept !== undefined && fresh.endsAt < kept.endsAt && cause === 'in its turn';
  const unchanged = fresh.fingerprint === kept?.fingerprint || earlier;
  const downMs = scope.trouble && now - scope.trouble.since;
  scope.trouble = undefined;
  scope.answeredAt = scope.fetchedAt;
  // Fetches that return the same token are spaced like failures, but not beyond the end of the token.
  scope.failures = unchanged ? scope.failures + 1 : 0;
  const pause = spacing(lifeOf(fresh.credential));
  const next = unchanged && kept ? whenRepeated(scope, kept.endsAt, pause) : 0;
  scope.notBefore = Math.max(scope.fetchedAt + pause, next);
  if (!unchanged) {
    scope.kept = fresh;
    scope.unproven = [...scope.hosts.values()];
  }
  return { unchanged, downMs };
}

/**
 * When a source that repeats its token is asked again: at growing intervals before the end of the token, at its end,
 * and then at growing intervals of up to five minutes.
 */
function whenRepeated({ fetchedAt, failures }: Scope, endsAt: Moment, pause: number): Moment {
  if (fetchedAt < endsAt) return Math.min(fetchedAt + Math.min(pause * 2 ** (failures - 1), longestPause), endsAt);
  return fetchedAt + Math.min((fetchedAt - endsAt) / 2, 5 * minute);
}

function lifeOfKept({ kept }: Scope): number | undefined {
  return kept && lifeOf(kept.credential);
}
