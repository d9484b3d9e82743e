import { asFailure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import type { Prove } from '../contract/source.ts';
import { unlessAborted } from '../contract/unless.ts';
import { aboutScope, type CourierEvent } from './events.ts';
import type { Kept, Moment, Proved, Scope } from './ledger.ts';
import { minute, second } from './timing.ts';
import type { Work } from './work.ts';

const proveMs = 15 * second;
const proofsAtOnce = 4;
/** A failed proof is repeated after this time, because the registry or the route may work again. */
const proofPause = 30 * minute;
/** How long a diagnosis waits for a new proof: its turn in the queue and its deadline. */
const patienceMs = 2 * proveMs;

interface ProofsDeps {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly now: () => Moment;
  readonly work: Work;
  readonly prove: Prove;
  emit(event: CourierEvent): void;
  /** Called when a registry refuses a credential that it had accepted. */
  turned(scope: Scope, kept: Kept): void;
}

/** Asks registries whether they accept a credential, once per credential and host, and again on doubt. */
interface Proofs {
  /** Starts the proofs that are due. */
  step(): void;
  /** What the registry says of the credential at `since` or later; undefined if it did not respond in time. */
  again(scope: Scope, registry: Registry, kept: Kept, since: Moment): Promise<Proved | undefined>;
}

export function createProofs({ scopes, now, work, prove, emit, turned }: ProofsDeps): Proofs {
  let underWay = 0;
  /** Callers that wait for a proof from `since` or later, by scope and host. */
  const doubts = new Map<string, PromiseWithResolvers<Proved> & { readonly scope: Scope; readonly since: Moment }>();

  function step(): void {
    if (work.closing) return;
    // Somebody waits for these, while thousands of other registries may have to be asked.
    for (const { scope } of doubts.values()) start(scope);
    for (const scope of scopes.values()) start(scope);
  }

  function start(scope: Scope): void {
    const { kept } = scope;
    if (!kept || now() >= kept.endsAt) return;
    while (underWay < proofsAtOnce) {
      const registry = scope.unproven.pop();
      if (!registry) return;
      const { host } = registry;
      const last = scope.proofs.get(host);
      const stands = last?.fingerprint === kept.fingerprint && (last.ok || now() < last.at + proofPause);
      if ((stands && !doubts.has(nameOf(scope, host))) || scope.proving.has(host)) continue;
      underWay++;
      scope.proving.add(host);
      work.track(ask(scope, kept, registry));
    }
  }

  async function ask(scope: Scope, kept: Kept, registry: Registry): Promise<void> {
    const { host } = registry;
    const began = now();
    const result = await work
      .bounded(proveMs, signal => prove(registry, kept.credential, signal))
      .catch(error => ({ ok: false, refused: false, message: asFailure(error).message }) as const);
    const before = scope.proofs.get(host);
    const proved = { ...result, at: began, fingerprint: kept.fingerprint };
    scope.proofs.set(host, proved);
    scope.proving.delete(host);
    underWay--;
    answerDoubt(scope, registry, proved);
    const repeat = before !== undefined && !before.ok && !result.ok && before.refused === result.refused;
    emit({ kind: 'proved', ...aboutScope(scope), host, ok: result.ok, repeat, ...(!result.ok && { message: result.message }) });
    if (!result.ok && result.refused && before?.ok) turned(scope, kept);
    step();
  }

  /** Resolves a doubt, unless the proof began before the doubt. */
  function answerDoubt(scope: Scope, registry: Registry, proved: Proved): void {
    const name = nameOf(scope, registry.host);
    const doubt = doubts.get(name);
    if (!doubt) return;
    if (proved.at < doubt.since && proved.fingerprint === scope.kept?.fingerprint) return void scope.unproven.push(registry);
    doubt.resolve(proved);
    doubts.delete(name);
  }

  return {
    step,
    async again(scope, registry, kept, since) {
      const name = nameOf(scope, registry.host);
      const last = scope.proofs.get(registry.host);
      if (last?.fingerprint === kept.fingerprint && last.at >= since) return last;
      if (scope.kept !== kept || work.closing) return undefined;
      const doubt = doubts.get(name) ?? { ...Promise.withResolvers<Proved>(), scope, since: now() };
      doubts.set(name, doubt);
      scope.unproven.push(registry);
      start(scope);
      const proved = await work.bounded(patienceMs, signal => unlessAborted(signal, doubt.promise)).catch(() => undefined);
      if (!proved && doubts.get(name) === doubt) doubts.delete(name);
      return proved?.fingerprint === kept.fingerprint ? proved : undefined;
    },
  };
}

const nameOf = (scope: Scope, host: string): string => `${scope.id} ${host}`;
