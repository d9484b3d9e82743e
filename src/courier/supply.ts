import type { Registry } from '../contract/registry.ts';
import type { Asking, Prove, Sources } from '../contract/source.ts';
import { type Evidence, takeRefusal } from './evidence.ts';
import { askAgain, createFetches, type FetchesDeps } from './fetches.ts';
import type { Entry, Kept, Moment, Proved, Scope } from './ledger.ts';
import { createProofs } from './proofs.ts';
import { forgetOldProofs, isForgotten, scopeIn, unwant, want } from './scopes.ts';

export interface SupplyDeps extends FetchesDeps {
  readonly prove: Prove | undefined;
}

/**
 * Says that credentials of the scope are needed, and where: for this registry; without one, for what AWS says of its
 * principal.
 */
export type Want = (scope: Scope, registry?: Registry) => void;

/** The fetching side: one record a source x region x service, each with the last good credential. */
export interface Supply {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly clockSkewMs: number | undefined;
  /** Sources that replace the former ones: what was fetched by scopes that still exist is kept. */
  use(sources: Sources): void;
  /** The record that serves this registry of a slot; undefined when no source does. */
  scopeFor(registry: Registry, slot?: Asking): Scope | undefined;
  /** Names of the sources that only their `slots` keep from a slot. */
  withheld(registry: Registry, slot: Asking): readonly string[];
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
   * A credential was refused (rule 10), by this slot unless by its registry: another one is fetched if it is still the
   * newest, as often as the evidence allows.
   */
  refused(scope: Scope, kept: Kept, evidence: Evidence, by?: Entry): void;
  /**
   * What the registry says of a credential that somebody refused at that moment or later; undefined when it could not
   * be asked in time.
   */
  doubt(scope: Scope, registry: Registry, kept: Kept, since: Moment): Promise<Proved | undefined>;
  /** Somebody asked for newer credentials: they are fetched as soon as the spacing of fetches and AWS allow it. */
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
        // The next reload may bring its source back: its pauses stand until then, or until they are over.
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
      for (const scope of scopes.values()) {
        if (isForgotten(scope, now())) scopes.delete(scope.id);
        fetches.step(scope);
      }
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
