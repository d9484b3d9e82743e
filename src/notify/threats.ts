import { failures } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import type { FindingSpecs } from '../contract/target.ts';
import { label } from '../contract/text.ts';
import type { Ledger, Scope, TargetRecord } from '../courier/ledger.ts';
import { helpOf, placesIn, type Tally } from '../observe/finding-log.ts';
import { count } from '../observe/words.ts';
import { lacksLogins, loginThreat, type Threat } from './logins.ts';

export type { Threat } from './logins.ts';

/**
 * A target, or a source of tokens, with all that threatens there by topic: `logins`, `key`, or the code of a finding.
 */
export interface Place {
  /** For people: portainer, or: source default (eu-west-1). */
  readonly subject: string;
  /** null: it is none. */
  readonly target: string | null;
  readonly paused: boolean;
  readonly threats: ReadonlyMap<string, Threat>;
  /** Whether what does not threaten is known not to: after a start, nothing is known. */
  knows(topic: string): boolean;
}

/** All places, by subject. engine: the engine's own findings. */
export function placesOf(ledger: Ledger, engine: FindingSpecs): Map<string, Place> {
  const found = placesIn(ledger, engine);
  const errorsOf = (name: string): [string, Tally][] =>
    [...(found.get(name)?.tallies ?? [])].filter(([, { severity }]) => severity === 'error');
  const targets = [...ledger.targets.values()].map(record => ofTarget(ledger, record, errorsOf(`target ${record.name}`)));
  const sources = [...ledger.scopes.values()].map(scope => ofSource(scope));
  return new Map([...targets, ...sources].map(place => [place.subject, place]));
}

/** How the subjects of sources begin; no name of a target has a blank. */
const ofSources = 'source ';
export const isSource = (subject: string): boolean => subject.startsWith(ofSources);

function ofTarget(ledger: Ledger, record: TargetRecord, errors: readonly [string, Tally][]): Place {
  const { name, managed, trouble, discoveredAt, verified = [] } = record;
  const threats = new Map<string, Threat>();
  if (!managed.paused) {
    const logins = loginThreat(ledger, record);
    if (logins) threats.set('logins', logins);
    if (trouble && failures[trouble.failure.code].retry === 'key') threats.set('key', ofKey(`${name}: its key is refused.`, trouble));
    for (const [code, tally] of errors) threats.set(code, ofFinding(name, code, tally));
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

function ofFinding(subject: string, code: string, { remedy = '', bearers, count: many, messages }: Tally): Threat {
  const [first = code, ...others] = [...messages].map(message => label(redact(message), 1000));
  const where = many > 1 && bearers.size > 0 ? [`In ${count(many, 'place')}, such as ${[...bearers].join(', ')}.`] : [];
  return { sentence: `${subject}: ${first}`, details: [...others, ...where], more: 0, remedy, help: helpOf(code), bearers: new Set() };
}
