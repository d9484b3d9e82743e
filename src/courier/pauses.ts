import type { Entry, Moment, Scope, TargetRecord } from './ledger.ts';
import { rarely, soon, tryAgainAfter } from './timing.ts';

/**
 * The target works again: slots whose failure had stopped it are tried soon. Not at once: a manager that lists well and
 * refuses every write would be asked without end. What a server asked for with Retry-After is kept.
 */
export function tryStoppedSoon({ entries }: TargetRecord, now: Moment, random: () => number): void {
  for (const entry of entries.values())
    if (entry.trouble?.failure.stops === 'target' && !entry.slot.disturbs && !isAskedPause(entry))
      entry.notBefore = Math.min(entry.notBefore, now + soon(entry.trouble.count, random));
}

/** Every slot may be tried at once. What a server asked for with Retry-After is kept. */
export function endPauses({ entries }: TargetRecord, now: Moment): void {
  for (const entry of entries.values()) if (!isAskedPause(entry)) entry.notBefore = now;
}

/** As `endPauses`, for somebody who may ask again and again: what has just failed for them is not tried at once. */
export function shortenPauses({ entries }: TargetRecord, now: Moment): void {
  for (const entry of entries.values()) {
    if (isAskedPause(entry)) continue;
    const mayTryAt = (entry.rewroteAt ?? Number.NEGATIVE_INFINITY) + (entry.slot.disturbs ? rarely(1) : tryAgainAfter);
    entry.notBefore = Math.min(entry.notBefore, Math.max(now, mayTryAt));
  }
}

/** The server asked for the pause after the last attempt. */
export function isAskedPause({ trouble }: Pick<Entry, 'trouble'>): boolean {
  return trouble?.failure.facts.retryAfterMs !== undefined;
}

/** There is a new credential: slots that refused the former one may be tried at once, unless that disturbs. */
export function endRefusals({ entries }: TargetRecord, scope: Scope, now: Moment): void {
  for (const entry of entries.values())
    if (entry.trouble?.failure.code === 'CREDENTIAL_REFUSED' && entry.scopes.includes(scope) && !entry.slot.disturbs) entry.notBefore = now;
}
