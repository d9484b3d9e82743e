import { type Entry, heldFor, type Kept, type Moment, type Refusal, type Scope } from './ledger.ts';
import { hour, minute, repairPause } from './timing.ts';

const refusalPause = 30 * minute;
/** More than there can be in 30 min. */
const refusalsKept = 20;

/**
 * Who refuses a credential. registry: the registry itself, which had accepted it. accepted: a slot that had taken this
 * credential or the former one. none accepted: a slot that has taken no credential yet, so the slot may be at fault.
 * hopeless: a slot that refused earlier credentials as well, so this refusal says nothing about the credential.
 */
export type Evidence = Refusal['evidence'] | 'hopeless';

/** From the strongest on. What is weak must not use up what something stronger will need. */
const strengths = ['registry', 'accepted', 'none accepted'] as const satisfies readonly Refusal['evidence'][];

/** What a refusal of this credential by the slot says of it. For the state before the refusal was recorded. */
export function evidenceOf(entry: Entry, host: string, { fingerprint }: Kept): Evidence {
  const refused = entry.trouble?.refused;
  if (refused && !refused.includes(fingerprint)) return 'hopeless';
  return heldFor(entry, host) ? 'accepted' : 'none accepted';
}

/**
 * Makes the scope fetch another credential if this one, which was refused, is still the newest (rule 10). by: the slot
 * that refused it; of the registry's own word there is none. Says whether it did.
 */
export function takeRefusal(scope: Scope, kept: Kept, evidence: Evidence, now: Moment, by?: Entry): 'fetch' | 'ignored' {
  if (evidence === 'hopeless' || scope.kept?.fingerprint !== kept.fingerprint) return 'ignored';
  // Another one is about to come.
  if (scope.fetching || scope.refetch) return 'ignored';
  // As with repairs, an hour of peace forgets them.
  const refusals = scope.refusals.some(({ at }) => now < at + hour) ? scope.refusals.slice(-refusalsKept) : [];
  const asStrong = refusals.filter(one => strengths.indexOf(one.evidence) <= strengths.indexOf(evidence));
  if (asStrong.some(one => now < mayRefuseAgainAt(one, evidence, by))) return 'ignored';
  const others = asStrong.filter(one => one.evidence === 'accepted');
  if (evidence === 'accepted' && now < Math.max(...others.map(({ at }) => at)) + repairPause(others.length)) return 'ignored';
  scope.refusals = [...refusals, { evidence, by, at: now }];
  scope.refetch = true;
  return 'fetch';
}

/** One slot that has gone bad says nothing of what another one refuses that had taken credentials as well. */
function mayRefuseAgainAt(last: Refusal, evidence: Evidence, by?: Entry): Moment {
  const another = last.evidence === 'accepted' && evidence === 'accepted' && last.by !== by;
  return another ? last.at : last.at + refusalPause;
}
