import { type Entry, heldFor, type Kept, type Moment, type Refusal, type Scope } from './ledger.ts';
import { hour, minute, repairPause } from './timing.ts';

const refusalPause = 30 * minute;
/** The number of refusals to keep; more cannot occur in 30 min. */
const refusalsKept = 20;

/**
 * Who refuses a credential. registry: the registry itself, which had accepted it. accepted: a slot that had taken this
 * credential or the former one. none accepted: a slot that has taken no credential yet, so the slot may be at fault.
 * hopeless: a slot that refused earlier credentials as well, so this refusal says nothing about the credential.
 */
export type Evidence = Refusal['evidence'] | 'hopeless';

/** Evidence, strongest first. Weak evidence must not use up the fetch that stronger evidence will need. */
const strengths = ['registry', 'accepted', 'none accepted'] as const satisfies readonly Refusal['evidence'][];

/** The evidence of a refusal of this credential by the slot. Call it before the refusal is recorded. */
export function evidenceOf(entry: Entry, host: string, { fingerprint }: Kept): Evidence {
  const refused = entry.trouble?.refused;
  if (refused && !refused.includes(fingerprint)) return 'hopeless';
  return heldFor(entry, host) ? 'accepted' : 'none accepted';
}

/**
 * Makes the scope fetch another credential if the refused one is still the newest (rule 10). by: the slot that refused
 * it; undefined for the registry. Returns whether a fetch follows.
 */
export function takeRefusal(scope: Scope, kept: Kept, evidence: Evidence, now: Moment, by?: Entry): 'fetch' | 'ignored' {
  if (evidence === 'hopeless' || scope.kept?.fingerprint !== kept.fingerprint) return 'ignored';
  // Another credential is about to arrive.
  if (scope.fetching || scope.refetch) return 'ignored';
  // As with repairs, an hour without any clears them.
  const refusals = scope.refusals.some(({ at }) => now < at + hour) ? scope.refusals.slice(-refusalsKept) : [];
  const asStrong = refusals.filter(one => strengths.indexOf(one.evidence) <= strengths.indexOf(evidence));
  if (asStrong.some(one => now < mayRefuseAgainAt(one, evidence, by))) return 'ignored';
  const others = asStrong.filter(one => one.evidence === 'accepted');
  if (evidence === 'accepted' && now < Math.max(...others.map(({ at }) => at)) + repairPause(others.length)) return 'ignored';
  scope.refusals = [...refusals, { evidence, by, at: now }];
  scope.refetch = true;
  return 'fetch';
}

/**
 * When the next refusal may lead to a fetch. Refusals of different slots that had accepted credentials count
 * separately.
 */
function mayRefuseAgainAt(last: Refusal, evidence: Evidence, by?: Entry): Moment {
  const another = last.evidence === 'accepted' && evidence === 'accepted' && last.by !== by;
  return another ? last.at : last.at + refusalPause;
}
