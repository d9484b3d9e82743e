import { failures } from '../contract/failures.ts';
import type { Entry, Moment, Scope, TargetRecord } from './ledger.ts';
import { rarely, soon, tryAgainAfter } from './timing.ts';

/**
 * Shortens the pauses of slots whose failure had stopped the target, once it works again. They are not tried
 * immediately, because a manager that lists well and refuses every write would be asked without end. Retry-After is
 * kept.
 */
export function tryStoppedSoon({ entries }: TargetRecord, now: Moment, random: () => number): void {
  for (const entry of entries.values())
    if (entry.trouble?.failure.stops === 'target' && !entry.slot.disturbs && !isAskedPause(entry))
      entry.notBefore = Math.min(entry.notBefore, now + soon(entry.trouble.count, random));
}

/** Ends the pauses of all slots, except for Retry-After. */
export function endPauses({ entries }: TargetRecord, now: Moment): void {
  for (const entry of entries.values()) if (!isAskedPause(entry)) entry.notBefore = now;
}

/** As `endPauses`, for requests that may repeat: a slot that has just failed keeps a short pause. */
export function shortenPauses({ entries }: TargetRecord, now: Moment): void {
  for (const entry of entries.values()) {
    if (isAskedPause(entry)) continue;
    const mayTryAt = (entry.rewroteAt ?? Number.NEGATIVE_INFINITY) + (entry.slot.disturbs ? rarely(1) : tryAgainAfter);
    entry.notBefore = Math.min(entry.notBefore, Math.max(now, mayTryAt));
  }
}

/**
 * Shortens the pause of a refused slot whose reported state has changed, because that state may have been the reason.
 * A minimum stays, so that a slot that changes again and again is not written as often.
 */
export function tryChangedSoon(entry: Entry, now: Moment): void {
  const { trouble, slot } = entry;
  if (!trouble || failures[trouble.failure.code].retry !== 'slow' || slot.disturbs || isAskedPause(entry)) return;
  entry.notBefore = Math.min(entry.notBefore, Math.max(now, (trouble.triedAt ?? now) + tryAgainAfter));
}

/**
 * Shortens the pauses of FORBIDDEN slots. Called when a finding on the target has ended, as a right may be there now.
 */
export function tryForbiddenSoon({ entries }: Pick<TargetRecord, 'entries'>, now: Moment): void {
  for (const entry of entries.values()) if (entry.trouble?.failure.code === 'FORBIDDEN') tryChangedSoon(entry, now);
}

/** Whether the server asked for the present pause (Retry-After). */
export function isAskedPause({ trouble }: Pick<Entry, 'trouble'>): boolean {
  return trouble?.failure.facts.retryAfterMs !== undefined;
}

/** Ends the pauses of slots that refused the former credential of the scope, unless a delivery would disturb. */
export function endRefusals({ entries }: TargetRecord, scope: Scope, now: Moment): void {
  for (const entry of entries.values())
    if (entry.trouble?.failure.code === 'CREDENTIAL_REFUSED' && entry.scopes.includes(scope) && !entry.slot.disturbs) entry.notBefore = now;
}
