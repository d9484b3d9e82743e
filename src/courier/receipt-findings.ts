import type { Finding, FindingSpecs, Rehearsal } from '../contract/target.ts';
import { type Entry, noFindings } from './ledger.ts';

/** Of lists of findings: those that a creation said. */
const saidOfCreation = new WeakMap<readonly Finding[], readonly Finding[]>();

/** A later write says nothing of what a creation has left to do, so that stays for as long as the slot does. */
export function findingsAfter({ receiptFindings }: Entry, { change, findings = noFindings }: Rehearsal): readonly Finding[] {
  const ofCreation = change === 'created' ? findings : (saidOfCreation.get(receiptFindings) ?? noFindings);
  if (ofCreation.length === 0) return findings;
  const all = change === 'created' || findings.length === 0 ? ofCreation : [...ofCreation, ...findings];
  saidOfCreation.set(all, ofCreation);
  return all;
}

/** Of what receipts said, that which a report leaves: some findings a report tells itself where they still hold. */
export function findingsAfterReport(said: readonly Finding[], specs: FindingSpecs): readonly Finding[] {
  const stays = ({ code }: Finding): boolean => specs[code]?.until !== 'next report';
  if (said.every(stays)) return said;
  const left = said.filter(stays);
  saidOfCreation.set(left, (saidOfCreation.get(said) ?? noFindings).filter(stays));
  return left.length === 0 ? noFindings : left;
}

/** What is told of a slot: by the report, and by the receipt of its last write, where that saw something else. */
export function toldOf({ slot: { findings = noFindings }, receiptFindings }: Pick<Entry, 'slot' | 'receiptFindings'>): readonly Finding[] {
  if (receiptFindings.length === 0) return findings;
  const isNew = (one: Finding): boolean => !findings.some(({ code, message }) => code === one.code && message === one.message);
  return [...findings, ...receiptFindings.filter(isNew)];
}
