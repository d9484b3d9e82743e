import type { Registry } from '../contract/registry.ts';
import type { Asking, Prove, Sources } from '../contract/source.ts';
import { type Evidence, takeRefusal } from './evidence.ts';
import { askAgain, createFetches, type FetchesDeps } from './fetches.ts';
import type { Entry, Kept, Moment, Proved, Scope } from './ledger.ts';
import { createProofs } from './proofs.ts';
import { forgetOldProofs, isForgotten, scopeIn, unwant, want } from './scopes.ts';

interface SupplyDeps extends FetchesDeps {
  readonly prove: Prove | undefined;
}

/**
 * Tells that credentials of the scope are needed for this registry; without one, for what AWS says of its principal.
 */
export type Want = (scope: Scope, registry?: Registry) => void;

/** The fetching side of the engine: one scope per source x region x service, each with its last good credential. */
export interface Supply {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly clockSkewMs: number | undefined;
  /** Replaces the sources. Scopes that still exist keep their credentials. */
  use(sources: Sources): void;
  /** The scope that serves this registry of a slot; undefined if no source does. */
  scopeFor(registry: Registry, slot?: Asking): Scope | undefined;
  /** The names of sources that match a slot except for their `slots`. */
  withheld(registry: Registry, slot: Asking): readonly string[];
  /** The scope of the source `default` for the registry's region, whatever the account. */
  ownScopeFor(registry: Registry): Scope | undefined;
  /** Replaces the set of needed scopes and registries. */
  demand(say: (want: Want) => void): void;
  /** Adds to the set of needed scopes and registries. */
  want: Want;
  /** Starts the fetches and proofs that are due. */
  step(): void;
  /** When the next fetch becomes possible. */
  wakeAt(): Moment;
  /**
   * Records that a credential was refused (rule 10), by the slot `by` or by the registry. Fetches another one if it is
   * still the newest, as often as the evidence allows.
   */
  refused(scope: Scope, kept: Kept, evidence: Evidence, by?: Entry): void;
  /** What the registry says of a refused credential at `since` or later; undefined if it did not respond in time. */
  doubt(scope: Scope, registry: Registry, kept: Kept, since: Moment): Promise<Proved | undefined>;
  /** Requests newer credentials, which are fetched as soon as the spacing of fetches and AWS allow it. */
  refetch(scopes: Iterable<Scope>): void;
}

export function createSupply(deps: SupplyDeps): Supply {
  const { now, work, emit, prove, wake } = deps;
  const scopes = new Map<string, Scope>();
  let sources: Sources | undefined;
  const fetches = createFetches(deps);
  const proofs = prove && createProofs({ scopes, now, work, emit, prove, turned: (scope, kept) => refused(scope, kept, 'registry') });

  function refused(scope: Scope, kept: Kept, evidence: Evidence, by?: Entry): void {
    if (takeRefusal(scope, kept, evidence, now(), by) === 'fetch') wake();
  }

  return {
    scopes,
    get clockSkewMs() {
      return fetches.clockSkewMs;
    },
    use(next) {
      sources = next;
      for (const scope of scopes.values()) {
        const source = next.all.find(candidate => candidate.scope(scope.registry) === scope.id);
        // The next reload may bring its source back, so its pauses stay until they end.
        if (source) scope.source = source;
        else scope.wanted = false;
      }
    },
    scopeFor(registry, slot) {
      const source = sources?.choose(registry, slot);
      return source && scopeIn(scopes, source, registry);
    },
    withheld: (registry, slot) => sources?.withheld?.(registry, slot) ?? [],
    ownScopeFor(registry) {
      const source = sources?.all.find(({ name }) => name === 'default');
      return source && scopeIn(scopes, source, registry);
    },
    demand(say) {
      for (const scope of scopes.values()) unwant(scope);
      say(want);
      for (const scope of scopes.values()) forgetOldProofs(scope);
    },
    want,
    step() {
      if (work.closing) return;
      for (const scope of scopes.values()) if (isForgotten(scope, now())) scopes.delete(scope.id);
      fetches.step(scopes.values());
      proofs?.step();
    },
    wakeAt: () => fetches.wakeAt(scopes.values()),
    refused,
    doubt: async (scope, registry, kept, since) => proofs?.again(scope, registry, kept, since),
    refetch(chosen) {
      for (const scope of chosen) askAgain(scope);
      wake();
    },
  };
}
