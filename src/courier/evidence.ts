import { type Entry, heldFor, type Kept, type Moment, type Scope } from './ledger.ts';
import { minute } from './timing.ts';

const refusalPause = 30 * minute;

/**
 * Who refuses a credential. registry: the registry itself, which had accepted it. accepted: a slot that had taken this
 * credential or the former one. untried: a slot that has taken no credential yet, so the slot may be at fault.
 * hopeless: a slot that refused earlier credentials as well, so this refusal says nothing about the credential.
 */
export type Evidence = 'registry' | 'accepted' | 'untried' | 'hopeless';

/** From the strongest on. What is weak must not use up what something stronger will need. */
const strengths = ['registry', 'accepted', 'untried'] as const satisfies readonly Evidence[];

/** What a refusal of this credential by the slot says of it. For the state before the refusal was recorded. */
export function evidenceOf(entry: Entry, host: string, { fingerprint }: Kept): Evidence {
  const refused = entry.trouble?.refused;
  if (refused && !refused.includes(fingerprint)) return 'hopeless';
  return heldFor(entry, host) ? 'accepted' : 'untried';
}

/**
 * Makes the scope fetch another credential if this one, which was refused, is still the newest: once for each kind of
 * evidence in 30 min (rule 10). Says whether it did.
 */
export function takeRefusal(scope: Scope, kept: Kept, evidence: Evidence, now: Moment): 'fetch' | 'ignored' {
  if (evidence === 'hopeless' || scope.kept?.fingerprint !== kept.fingerprint) return 'ignored';
  const asStrong = strengths.slice(0, strengths.indexOf(evidence) + 1).map(one => scope.refusedAt[one]);
  if (now < Math.max(...asStrong) + refusalPause) return 'ignored';
  scope.refusedAt[evidence] = now;
  scope.refetch = true;
  return 'fetch';
}
