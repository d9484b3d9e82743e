import type { Failure } from '../contract/failures.ts';
import type { Rehearsal } from '../contract/target.ts';
import { type Attempt, keptOf, missingOf, recordFailure, recordSuccess } from './attempt.ts';
import type { CourierEvent, OfSlot } from './events.ts';
import { evidenceOf } from './evidence.ts';
import { type Health, healthOf } from './health.ts';
import type { Moment, TargetRecord } from './ledger.ts';
import { forgetLeaving } from './reports.ts';
import type { Supply } from './supply.ts';
import { explained, type Said } from './verdict.ts';
import type { Work } from './work.ts';

/**
 * A failed delivery. since: the begin of the row of equal failures, else `began`. health: that of the slot before the
 * delivery.
 */
export interface Stumble {
  readonly began: Moment;
  readonly since: Moment;
  readonly health: Health;
}

export interface ResultsDeps {
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  readonly supply: Pick<Supply, 'refused' | 'doubt'>;
  /** `check`: asks what a delivery would do, and writes nothing. */
  readonly rehearse: boolean;
  emit(event: CourierEvent): void;
  /** Called when a delivery failed. */
  stumbled(failure: Failure, stumble: Stumble): void;
  /** Called when a delivery succeeded. */
  delivered(): void;
}

/** Records the results of attempts at one target in the ledger, and emits their events. */
interface Results {
  delivered(attempt: Attempt, receipt: Rehearsal): void;
  failed(attempt: Attempt, failure: Failure): void;
}

export function createResults(record: TargetRecord, deps: ResultsDeps): Results {
  const { now, work, emit } = deps;

  function lingerMs(): number {
    const { lingerMs = record.managed.limits.deliverMs } = record.managed.limits;
    return lingerMs;
  }

  function delivered(attempt: Attempt, receipt: Rehearsal): void {
    const { entry } = attempt;
    const { id } = entry.slot;
    const downMs = entry.trouble && now() - entry.trouble.since;
    const about = aboutSlot(record, attempt);
    recordSuccess(record, attempt, receipt, now(), lingerMs());
    if (deps.rehearse) entry.notBefore = Number.POSITIVE_INFINITY;
    deps.delivered();
    const { change, proven } = receipt;
    const settled = entry.unsettled?.by !== 'us';
    const facts = { ms: now() - attempt.began, change, settled, ...(proven !== undefined && { proven }) };
    emit({ kind: 'delivered', ...about, ...facts, ...(downMs !== undefined && { downMs }) });
    forgetLeaving(record, id);
  }

  function failed(attempt: Attempt, failure: Failure): void {
    const { entry, began } = attempt;
    const before = entry.trouble;
    const health = healthOf(entry);
    const repeat = before?.failure.code === failure.code;
    const refused = failure.code === 'CREDENTIAL_REFUSED' ? refusedBy(attempt) : [];
    recordFailure(record, attempt, failure, { now: now(), lingerMs: lingerMs(), random: deps.random });
    deps.stumbled(failure, { began, since: repeat ? before.since : began, health });
    forgetLeaving(record, entry.slot.id);
    const row = { ms: now() - began, count: entry.trouble?.count ?? 1, repeat };
    const about = aboutSlot(record, attempt);
    const tell = (said: readonly Said[]) => emit({ kind: 'delivery-failed', ...about, ...row, failure: explained(failure, said) });
    if (refused.length === 0) tell([]);
    else work.track(Promise.all(refused).then(said => tell(said.filter(one => one !== undefined))));
  }

  /**
   * Reports the refusal to the supply. Resolves to what each registry says of its credential since the attempt began.
   */
  function refusedBy({ entry, offer, began }: Attempt): Promise<Said | undefined>[] {
    return [...keptOf(offer)].flatMap(([host, kept]) => {
      const at = entry.slot.registries.findIndex(registry => registry.host === host);
      const [registry, scope] = [entry.slot.registries[at], entry.scopes[at]];
      if (!registry || !scope) return [];
      deps.supply.refused(scope, kept, evidenceOf(entry, host, kept), entry);
      return [deps.supply.doubt(scope, registry, kept, began).then(proved => proved && { host, ...proved })];
    });
  }

  return { delivered, failed };
}

function aboutSlot(record: TargetRecord, attempt: Attempt) {
  const { slot } = attempt.entry;
  const sent: OfSlot['sent'][number][] = [];
  for (const [host, { fingerprint, expiresAt, credential }] of keptOf(attempt.offer))
    sent.push({ host, fingerprint, expiresAt, source: credential.source });
  const missing = missingOf(attempt);
  return { target: record.name, slot: slot.id, title: slot.title ?? slot.id, reason: attempt.cause, sent, missing };
}
