import type { Finding, FindingSpecs, Rehearsal } from '../contract/target.ts';
import { type Entry, noFindings } from './ledger.ts';

/** For a list of findings, those that came with a creation. */
const saidOfCreation = new WeakMap<readonly Finding[], readonly Finding[]>();

/**
 * The findings after a write. Those of the creation stay as long as the slot, because later writes do not repeat them.
 */
export function findingsAfter({ receiptFindings }: Entry, { change, findings = noFindings }: Rehearsal): readonly Finding[] {
  const ofCreation = change === 'created' ? findings : (saidOfCreation.get(receiptFindings) ?? noFindings);
  if (ofCreation.length === 0) return findings;
  const all = change === 'created' || findings.length === 0 ? ofCreation : [...ofCreation, ...findings];
  saidOfCreation.set(all, ofCreation);
  return all;
}

/**
 * The receipt findings that stay after a report. Findings with `until: 'next report'` are repeated by the report
 * itself.
 */
export function findingsAfterReport(said: readonly Finding[], specs: FindingSpecs): readonly Finding[] {
  const stays = ({ code }: Finding): boolean => specs[code]?.until !== 'next report';
  if (said.every(stays)) return said;
  const left = said.filter(stays);
  saidOfCreation.set(left, (saidOfCreation.get(said) ?? noFindings).filter(stays));
  return left.length === 0 ? noFindings : left;
}

/** The adapter's findings of a slot: those of the report, and further ones of the receipt of its last write. */
export function findingsOfAdapter({
  slot: { findings = noFindings },
  receiptFindings,
}: Pick<Entry, 'slot' | 'receiptFindings'>): readonly Finding[] {
  if (receiptFindings.length === 0) return findings;
  const isNew = (one: Finding): boolean => !findings.some(({ code, message }) => code === one.code && message === one.message);
  return [...findings, ...receiptFindings.filter(isNew)];
}
