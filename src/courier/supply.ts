import type { Clock } from '../contract/clock.ts';
import { asFailure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import type { Prove, Source, Sources } from '../contract/source.ts';
import type { CourierEvent } from './events.ts';
import type { Kept, Moment, Scope } from './ledger.ts';
import { fetchDueAt, fetchPause, keep, lifeOf, minute, second, spacing } from './timing.ts';
import type { Work } from './work.ts';

const fetchMs = 30 * second;
const proveMs = 15 * second;
const proofsAtOnce = 4;
const fetchesAtOnce = 8;
/** A failed proof is asked for again after this, should the registry or the route have come back. */
const proofPause = 30 * minute;
const refusalPause = 30 * minute;

export interface SupplyDeps {
  readonly clock: Clock;
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  readonly prove: Prove | undefined;
  emit(event: CourierEvent): void;
  /** A new credential is there. */
  arrived(scope: Scope): void;
  /** The next step may be due earlier than planned. */
  wake(): void;
}

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
  /** Before the lanes say anew what they need. */
  unwant(): void;
  /** Starts the fetches and proofs that are due. scanned: the lanes have just said what they need. */
  step(scanned: boolean): void;
  /** When the next fetch becomes possible. */
  wakeAt(): Moment;
  /** A manager tried this credential in vain (rule 8): another one, once per scope in 30 min, if it is still the newest. */
  refused(scope: Scope, kept: Kept): void;
  /** Somebody asked for new credentials. Those that were fetched just now are new. */
  refetch(scopes: Iterable<Scope | undefined>): void;
}

export function createSupply(deps: SupplyDeps): Supply {
  const { clock, now, random, work, emit } = deps;
  const scopes = new Map<string, Scope>();
  let sources: Sources | undefined;
  let clockSkewMs: number | undefined;
  let proving = 0;
  let fetching = 0;

  async function fetch(record: Scope): Promise<void> {
    const began = now();
    record.fetching = true;
    fetching++;
    record.fetchedAt = began;
    try {
      const credential = await work.bounded(fetchMs, false, signal => record.source.fetch(record.registry, signal));
      // The server's time as it issued, against ours as we read it.
      clockSkewMs = credential.issuedAt.getTime() - clock.wall();
      received(record, keep(credential, now(), random), now() - began);
    } catch (error) {
      const failure = asFailure(error);
      const count = record.failures + 1;
      record.failures = count;
      record.notBefore = began + fetchPause(failure, count, lifeOfKept(record), random);
      const repeat = record.trouble?.failure.code === failure.code;
      record.trouble = { failure, count, since: record.trouble?.since ?? began };
      emit({ kind: 'fetch-failed', ...of(record), ms: now() - began, failure, count, repeat });
    } finally {
      record.fetching = false;
      fetching--;
      deps.wake();
    }
  }

  function received(record: Scope, fresh: Kept, ms: number): void {
    const { kept } = record;
    const unchanged = kept !== undefined && (fresh.fingerprint === kept.fingerprint || (fresh.endsAt < kept.endsAt && !record.refetch));
    const downMs = record.trouble && now() - record.trouble.since;
    record.trouble = undefined;
    record.refetch = false;
    // The same token again brings nothing: such fetches draw apart like failures, without being one.
    record.failures = unchanged ? record.failures + 1 : 0;
    const pause = spacing(lifeOf(fresh.credential));
    record.notBefore = record.fetchedAt + (unchanged ? Math.min(pause * 2 ** (record.failures - 1), 30 * minute) : pause);
    if (!unchanged) {
      record.kept = fresh;
      record.unproven = [...record.hosts.values()];
    }
    const { issuedAt, identity } = fresh.credential;
    const about = { ms, fingerprint: fresh.fingerprint, issuedAt, expiresAt: fresh.expiresAt, unchanged, skewMs: clockSkewMs ?? 0 };
    emit({ kind: 'fetched', ...of(record), ...about, ...(downMs !== undefined && { downMs }), ...(identity && { identity }) });
    if (!unchanged) deps.arrived(record);
  }

  function dueFetch(record: Scope, at: Moment): boolean {
    return record.wanted && !record.fetching && fetching < fetchesAtOnce && at >= fetchDueAt(record);
  }

  function startProofs(record: Scope, prove: Prove, at: Moment): void {
    const { kept } = record;
    if (!kept || at >= kept.endsAt) return;
    while (proving < proofsAtOnce) {
      const registry = record.unproven.pop();
      if (!registry) return;
      const { host } = registry;
      const last = record.proofs.get(host);
      const known = last?.fingerprint === kept.fingerprint && (last.ok || at < last.at + proofPause);
      if (known || record.proving.has(host)) continue;
      proving++;
      record.proving.add(host);
      work.track(proof(record, kept, registry, prove));
    }
  }

  async function proof(record: Scope, kept: Kept, registry: Registry, prove: Prove): Promise<void> {
    const { host } = registry;
    const before = record.proofs.get(host);
    const result = await work
      .bounded(proveMs, false, signal => prove(registry, kept.credential, signal))
      .catch(error => ({ ok: false, refused: false, message: asFailure(error).message }) as const);
    record.proofs.set(host, { ...result, at: now(), fingerprint: kept.fingerprint });
    record.proving.delete(host);
    proving--;
    const repeat = before !== undefined && !before.ok && !result.ok && before.refused === result.refused;
    emit({ kind: 'proved', ...of(record), host, ok: result.ok, repeat, ...(!result.ok && { message: result.message }) });
    step(false);
  }

  function step(scanned: boolean): void {
    if (work.closing) return;
    const at = now();
    for (const record of scopes.values()) {
      if (scanned) for (const host of record.proofs.keys()) if (!record.hosts.has(host)) record.proofs.delete(host);
      if (!record.wanted && !record.fetching && at >= record.notBefore && at >= (record.kept?.endsAt ?? 0)) scopes.delete(record.id);
      if (dueFetch(record, at)) work.track(fetch(record));
      if (deps.prove) startProofs(record, deps.prove, at);
    }
  }

  function recordOf(source: Source | undefined, registry: Registry): Scope | undefined {
    if (!source) return undefined;
    const id = source.scope(registry);
    const record = scopes.get(id) ?? newRecord(id, source, registry);
    scopes.set(id, record);
    return record;
  }

  return {
    scopes,
    get clockSkewMs() {
      return clockSkewMs;
    },
    use(next) {
      sources = next;
      for (const record of scopes.values()) {
        const source = next.all.find(candidate => candidate.scope(record.registry) === record.id);
        if (source) record.source = source;
        else scopes.delete(record.id);
      }
    },
    scopeFor(registry, slot) {
      return recordOf(sources?.choose(registry, slot), registry);
    },
    ownScopeFor(registry) {
      return recordOf(
        sources?.all.find(({ name }) => name === 'default'),
        registry,
      );
    },
    unwant() {
      for (const record of scopes.values()) {
        record.wanted = false;
        record.hosts.clear();
        record.unproven = [];
      }
    },
    step,
    wakeAt() {
      let wake = Number.POSITIVE_INFINITY;
      for (const record of scopes.values()) {
        // At the limit of fetches the end of one of them wakes.
        if (record.wanted && !record.fetching && fetching < fetchesAtOnce) wake = Math.min(wake, fetchDueAt(record));
      }
      return wake;
    },
    refused(record, kept) {
      if (record.kept?.fingerprint !== kept.fingerprint || now() < record.refusedAt + refusalPause) return;
      record.refusedAt = now();
      record.refetch = true;
    },
    refetch(chosen) {
      for (const record of chosen) {
        if (!record) continue;
        // After a failure the long pause is what somebody wants to cut short.
        if (record.trouble) record.notBefore = record.fetchedAt + spacing(lifeOfKept(record));
        record.refetch ||= record.trouble !== undefined || now() >= record.notBefore;
      }
    },
  };
}

function newRecord(id: string, source: Source, registry: Registry): Scope {
  const never = Number.NEGATIVE_INFINITY;
  const state = { wanted: false, fetching: false, refetch: false, refusedAt: never, fetchedAt: never, failures: 0, notBefore: never };
  return { id, source, registry, hosts: new Map(), proofs: new Map(), proving: new Set(), unproven: [], ...state };
}

function of(record: Scope) {
  return { source: record.source.name, region: record.registry.region, service: record.registry.service };
}

function lifeOfKept(record: Scope): number | undefined {
  return record.kept && lifeOf(record.kept.credential);
}
