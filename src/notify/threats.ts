import { failures } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import type { Finding, FindingSpecs } from '../contract/target.ts';
import { label, withCommas } from '../contract/text.ts';
import type { Ledger, Scope, TargetRecord } from '../courier/ledger.ts';
import { findingsOfAdapter } from '../courier/receipt-findings.ts';
import { helpOf, specOf } from '../observe/finding-log.ts';
import { lacksLogins, loginThreat, shown, type Threat } from './logins.ts';

export type { Threat } from './logins.ts';

/** A target, or a source of tokens, with its threats by topic: `logins`, `key`, or the code of a finding. */
export interface Place {
  /** The name for people: `portainer`, or `source default (eu-west-1)`. */
  readonly subject: string;
  /** null for a source. */
  readonly target: string | null;
  readonly paused: boolean;
  readonly threats: ReadonlyMap<string, Threat>;
  /** Whether the absence of a threat on this topic is certain. After a start it is not. */
  knows(topic: string): boolean;
}

/** All places, by subject. engine: the engine's own findings. */
export function placesOf(ledger: Ledger, engine: FindingSpecs): Map<string, Place> {
  const targets = [...ledger.targets.values()].map(record => ofTarget(ledger, record, engine));
  const sources = [...ledger.scopes.values()].map(scope => ofSource(scope));
  return new Map([...targets, ...sources].map(place => [place.subject, place]));
}

/** The prefix of the subjects of sources. Names of targets have no blanks, so the two cannot collide. */
const ofSources = 'source ';
export const isSource = (subject: string): boolean => subject.startsWith(ofSources);

function ofTarget(ledger: Ledger, record: TargetRecord, engine: FindingSpecs): Place {
  const { name, managed, trouble, discoveredAt, verified = [] } = record;
  const threats = new Map<string, Threat>();
  if (!managed.paused) {
    const logins = loginThreat(ledger, record);
    if (logins) threats.set('logins', logins);
    if (trouble && failures[trouble.failure.code].retry === 'key') threats.set('key', ofKey(`${name}: its key is refused.`, trouble));
    for (const [code, found] of errorsIn(ledger, record, engine)) threats.set(code, ofFindings(name, found));
  }
  const asked = (): boolean => verified.every(({ scope, result }) => !scope || result);
  const knows = (topic: string): boolean => {
    if (topic === 'key') return discoveredAt !== undefined && !trouble;
    if (discoveredAt === undefined) return false;
    return topic === 'logins' ? !lacksLogins(ledger, record, 'all') : !lacksLogins(ledger, record, 'untried') && asked();
  };
  return { subject: name, target: name, paused: managed.paused, threats, knows: topic => managed.paused || knows(topic) };
}

function ofSource({ source, registry: { region, service }, trouble, kept }: Scope): Place {
  const subject = `${ofSources}${source.name} (${service === 'ecr' ? region : 'ECR Public'})`;
  const refused = trouble && failures[trouble.failure.code].retry === 'key';
  const threats = new Map(refused ? [['key', ofKey(`${subject}: its keys are refused.`, trouble)]] : []);
  return { subject, target: null, paused: false, threats, knows: () => kept !== undefined && !trouble };
}

function ofKey(sentence: string, { failure }: NonNullable<TargetRecord['trouble']>): Threat {
  const { code, message, remedy } = failure;
  return { sentence, details: [message], more: 0, remedy, help: helpOf(code), bearers: new Set() };
}

/** A finding of severity error, with its bearers: a slot, or images. No bearers: the target itself. */
interface Found {
  readonly finding: Finding;
  readonly remedy: string;
  readonly bearers: readonly string[];
}

/** The findings of severity error, by code. */
function errorsIn(ledger: Ledger, record: TargetRecord, engine: FindingSpecs): Map<string, Found[]> {
  const specs = { ...engine, ...record.managed.findings };
  const errors = new Map<string, Found[]>();
  const add = (finding: Finding, bearers: readonly string[] = []): void => {
    const { severity, remedy } = specOf(finding.code, specs);
    if (severity !== 'error') return;
    const ofCode = errors.get(finding.code) ?? [];
    ofCode.push({ finding, remedy: finding.remedy ?? remedy, bearers });
    errors.set(finding.code, ofCode);
  };
  const images = (record.verified ?? []).flatMap(({ name, result }) => (result && !result.ok && result.refused ? [name] : []));
  for (const finding of ledger.findingsOf(record)) add(finding, finding.code === 'PULL_REFUSED' ? images : []);
  for (const finding of record.findings) add(finding);
  for (const entry of record.entries.values())
    for (const finding of [...ledger.findingsOf(record, entry), ...findingsOfAdapter(entry)]) add(finding, [entry.slot.id]);
  return errors;
}

function ofFindings(subject: string, found: readonly Found[]): Threat {
  const [first, ...others] = [...new Set(found.map(({ finding }) => label(redact(finding.message), 1000)))];
  const rest = others.length > 0 ? ` And ${withCommas(others.length)} more of this kind.` : '';
  return {
    sentence: `${subject}: ${first}${rest}`,
    details: others.slice(0, shown),
    more: Math.max(0, others.length - shown),
    remedy: found[0]?.remedy ?? '',
    help: helpOf(found[0]?.finding.code ?? ''),
    bearers: new Set(found.flatMap(({ bearers }) => bearers)),
  };
}
