import type { Clock } from '../contract/clock.ts';
import type { Credential } from '../contract/credential.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import type { Prove, Source, Sources } from '../contract/source.ts';
import { aboutScope, type CourierEvent } from './events.ts';
import type { Kept, Moment, Proved, Scope } from './ledger.ts';
import { createProofs } from './proofs.ts';
import { fetchDueAt, fetchPause, keep, lifeOf, minute, second, spacing } from './timing.ts';
import type { Work } from './work.ts';

const fetchMs = 30 * second;
const fetchesAtOnce = 8;
const longestPause = 30 * minute;
const refusalPause = 30 * minute;

export interface SupplyDeps {
  readonly clock: Clock;
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  readonly prove: Prove | undefined;
  /** Whether what failed is tried again. */
  persists(): boolean;
  emit(event: CourierEvent): void;
  /** A new credential is there. */
  arrived(scope: Scope): void;
  /** The next step may be due earlier than planned. */
  wake(): void;
}

/**
 * Says that credentials of the scope are needed, and where: for this registry; without one, for what AWS says of its
 * principal.
 */
export type Want = (scope: Scope, registry?: Registry) => void;

/**
 * Who refuses a credential. registry: the registry itself, which had accepted it. accepted: a slot that had taken this
 * one or the one before. untried: one that has taken none yet, so it may be the fault of the slot. hopeless: one that
 * refused earlier credentials, too, which says nothing about this one.
 */
export type Evidence = 'registry' | 'accepted' | 'untried' | 'hopeless';

/** From the strongest on. What is weak must not use up what something stronger will need. */
const strengths = ['registry', 'accepted', 'untried'] as const satisfies readonly Evidence[];

/** The fetching side: one record a source x region x service, each with the last good credential. */
export interface Supply {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly clockSkewMs: number | undefined;
  /** Sources that replace the former ones: what was fetched by scopes that still exist is kept. */
  use(sources: Sources): void;
  /** The record that serves this registry of a slot; undefined when no source does. */
  scopeFor(registry: Registry, slot: { target: string; id: string; source?: string | undefined }): Scope | undefined;
  /** The record of the source `default` for the registry's region, whatever the account. */
  ownScopeFor(registry: Registry): Scope | undefined;
  /** All that is needed from now on, in the place of what was needed before. */
  demand(say: (want: Want) => void): void;
  /** This is needed, too. */
  want: Want;
  /** Starts the fetches and proofs that are due. */
  step(): void;
  /** When the next fetch becomes possible. */
  wakeAt(): Moment;
  /**
   * A credential was refused (rule 8): another one is fetched if it is still the newest, once per scope and evidence in
   * 30 min.
   */
  refused(scope: Scope, kept: Kept, evidence: Evidence): void;
  /**
   * What the registry says of a credential that somebody refused at that moment or later; undefined when it could not
   * be asked in time.
   */
  doubt(scope: Scope, registry: Registry, kept: Kept, since: Moment): Promise<Proved | undefined>;
  /** Somebody asked for newer credentials: they are fetched as soon as the spacing of fetches and AWS allow it. */
  refetch(scopes: Iterable<Scope>): void;
}

export function createSupply(deps: SupplyDeps): Supply {
  const { clock, now, random, work, emit } = deps;
  const scopes = new Map<string, Scope>();
  let sources: Sources | undefined;
  let clockSkewMs: number | undefined;
  let fetching = 0;
  const proofs =
    deps.prove && createProofs({ scopes, now, work, emit, prove: deps.prove, turned: (scope, kept) => refused(scope, kept, 'registry') });

  async function fetch(scope: Scope): Promise<void> {
    const began = now();
    const asked = scope.refetch;
    Object.assign(scope, { fetching: true, fetchedAt: began, refetch: false });
    fetching++;
    const answer = await work.bounded(fetchMs, signal => scope.source.fetch(scope.registry, signal)).catch(asFailure);
    scope.fetching = false;
    fetching--;
    if (answer instanceof Failure) {
      scope.refetch ||= asked;
      failed(scope, answer, began);
    } else fetched(scope, answer, asked ? 'asked for' : 'in its turn');
    deps.wake();
  }

  function fetched(scope: Scope, credential: Credential, cause: Cause): void {
    // The server's time as it issued, against ours as we read it.
    clockSkewMs = credential.issuedAt.getTime() - clock.wall();
    const fresh = keep(credential, now(), random);
    const { unchanged, downMs } = takeIn(scope, fresh, cause, now());
    const { fingerprint, expiresAt } = fresh;
    const about = { ms: now() - scope.fetchedAt, fingerprint, issuedAt: credential.issuedAt, expiresAt, unchanged, skewMs: clockSkewMs };
    const { identity } = credential;
    emit({ kind: 'fetched', ...aboutScope(scope), ...about, ...(downMs !== undefined && { downMs }), ...(identity && { identity }) });
    if (!unchanged) deps.arrived(scope);
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
    return scope.wanted && !scope.fetching && fetching < fetchesAtOnce && (deps.persists() || !scope.trouble);
  }

  function recordOf(source: Source | undefined, registry: Registry): Scope | undefined {
    if (!source) return undefined;
    const id = source.scope(registry);
    const scope = scopes.get(id) ?? newScope(id, source, registry);
    scopes.set(id, scope);
    return scope;
  }

  function want(scope: Scope, registry?: Registry): void {
    scope.wanted = true;
    if (!registry || scope.hosts.has(registry.host)) return;
    scope.hosts.set(registry.host, registry);
    scope.unproven.push(registry);
  }

  function refused(scope: Scope, kept: Kept, evidence: Evidence): void {
    if (evidence === 'hopeless' || scope.kept?.fingerprint !== kept.fingerprint) return;
    const asStrong = strengths.slice(0, strengths.indexOf(evidence) + 1).map(one => scope.refusedAt[one]);
    if (now() < Math.max(...asStrong) + refusalPause) return;
    scope.refusedAt[evidence] = now();
    scope.refetch = true;
    deps.wake();
  }

  return {
    scopes,
    get clockSkewMs() {
      return clockSkewMs;
    },
    use(next) {
      sources = next;
      for (const scope of scopes.values()) {
        const source = next.all.find(candidate => candidate.scope(scope.registry) === scope.id);
        // The next reload may bring its source back: its pauses stand until then, or until they are over.
        if (source) scope.source = source;
        else scope.wanted = false;
      }
    },
    scopeFor: (registry, slot) => recordOf(sources?.choose(registry, slot), registry),
    ownScopeFor(registry) {
      const own = sources?.all.find(({ name }) => name === 'default');
      return recordOf(own, registry);
    },
    demand(say) {
      for (const scope of scopes.values()) {
        scope.wanted = false;
        scope.hosts.clear();
        scope.unproven = [];
      }
      say(want);
      for (const scope of scopes.values()) for (const host of scope.proofs.keys()) if (!scope.hosts.has(host)) scope.proofs.delete(host);
    },
    want,
    step() {
      if (work.closing) return;
      const at = now();
      for (const scope of scopes.values()) {
        if (isForgotten(scope, at)) scopes.delete(scope.id);
        if (canFetch(scope) && at >= fetchDueAt(scope)) work.track(fetch(scope));
      }
      proofs?.step();
    },
    wakeAt() {
      // At the limit of fetches the end of one of them wakes.
      return Math.min(...[...scopes.values()].filter(canFetch).map(fetchDueAt));
    },
    refused,
    doubt: async (scope, registry, kept, since) => proofs?.again(scope, registry, kept, since),
    refetch(chosen) {
      for (const scope of chosen) {
        scope.refetch = true;
        // The long pause after a failure or an unchanged token is what somebody wants to cut short; not the one that
        // AWS asked for.
        if (scope.trouble?.failure.facts.retryAfterMs === undefined)
          scope.notBefore = Math.min(scope.notBefore, scope.fetchedAt + spacing(lifeOfKept(scope)));
      }
      deps.wake();
    },
  };
}

/** Why a fetch began. */
type Cause = 'asked for' | 'in its turn';

/**
 * Writes into the scope what a fetch brought. unchanged: the token that was there already, or one that ends earlier and
 * was not asked for.
 */
function takeIn(scope: Scope, fresh: Kept, cause: Cause, now: Moment): { unchanged: boolean; downMs: number | undefined } {
  const { kept } = scope;
  const earlier = kept !== undefined && fresh.endsAt < kept.endsAt && cause === 'in its turn';
  const unchanged = fresh.fingerprint === kept?.fingerprint || earlier;
  const downMs = scope.trouble && now - scope.trouble.since;
  scope.trouble = undefined;
  scope.answeredAt = scope.fetchedAt;
  // The same token again brings nothing: such fetches draw apart like failures, without being one, but not beyond its
  // end.
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
 * When a source that repeats a token is asked again: at ever greater distances before the end of the token, at its end,
 * and then at ever greater distances up to five minutes.
 */
function whenRepeated({ fetchedAt, failures }: Scope, endsAt: Moment, pause: number): Moment {
  if (fetchedAt < endsAt) return Math.min(fetchedAt + Math.min(pause * 2 ** (failures - 1), longestPause), endsAt);
  return fetchedAt + Math.min((fetchedAt - endsAt) / 2, 5 * minute);
}

/** Nobody needs it, and no pause or credential is worth keeping. */
function isForgotten({ wanted, fetching, notBefore, kept }: Scope, now: Moment): boolean {
  return !wanted && !fetching && now >= notBefore && now >= (kept?.endsAt ?? 0);
}

function newScope(id: string, source: Source, registry: Registry): Scope {
  const never = Number.NEGATIVE_INFINITY;
  const moments = {
    refusedAt: { registry: never, accepted: never, untried: never },
    fetchedAt: never,
    answeredAt: never,
    notBefore: never,
  };
  const sets = { hosts: new Map(), proofs: new Map(), proving: new Set<string>(), unproven: [] };
  return { id, source, registry, wanted: false, fetching: false, refetch: false, failures: 0, ...moments, ...sets };
}

function lifeOfKept({ kept }: Scope): number | undefined {
  return kept && lifeOf(kept.credential);
}
