import { isUntold } from '../contract/expiry.ts';
import type { Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { label } from '../contract/text.ts';
import { type Entry, type Holding, heldFor, type Ledger, type Moment, type Scope, type TargetRecord } from '../courier/ledger.ts';
import { ownHosts, scopeAt } from '../courier/offers.ts';
import { hour, minute } from '../courier/timing.ts';
import { explained, saidOf } from '../courier/verdict.ts';
import { helpOf } from '../observe/finding-log.ts';
import { count, span } from '../observe/words.ts';

/** Something that a person should be told. All texts are for people, and without secrets. */
export interface Threat {
  /** Begins with the subject. */
  readonly sentence: string;
  /** Sentences, the most urgent first. */
  readonly details: readonly string[];
  /** The number of details that were left out. */
  readonly more: number;
  readonly remedy: string;
  /** docs/errors.md#code; empty where there is no code. */
  readonly help: string;
  /** What is affected. A new bearer makes the threat news again. */
  readonly bearers: ReadonlySet<string>;
}

/** A login that will probably expire, or has expired, before it is renewed. */
interface Login {
  readonly id: string;
  /** The title of the slot. */
  readonly title: string;
  readonly host: string;
  /** undefined when the slot holds no known credential. */
  readonly endsAt: Moment | undefined;
  readonly failure: Failure | undefined;
}

/**
 * Whether less than a third of a login's life is left (4 h of 12). Renewals begin at half of its life, so this one has
 * then failed for an hour or more. Same threshold as the alert TokenExpiringSoon.
 */
const urgent = (held: Holding, now: Moment): boolean => held.endsAt - now < ((held.endsAt - held.agesAt) * 2) / 3;
/** How long a slot must have failed before it is reported that it never got a login. */
const neverServedAfter = 10 * minute;
/**
 * How long an expired login without a failure is ignored. Its renewal is imminent, as after a start or after the
 * machine was suspended.
 */
const endedFor = 5 * minute;
/**
 * How long a target must have failed since the start before it is reported. When its logins expire is unknown; they
 * probably have five hours left.
 */
const unseenFor = hour;

/** The number of details of one threat; further ones are only counted. */
export const shown = 10;

export function loginThreat(ledger: Ledger, record: TargetRecord): Threat | undefined {
  const now = ledger.now();
  const { name, trouble, discoveredAt } = record;
  if (discoveredAt === undefined) return trouble && now - trouble.since >= unseenFor ? unseen(record, now) : undefined;
  const logins = [...record.entries.values()].flatMap(entry => endangered(ledger, record, entry, now));
  if (logins.length === 0) return undefined;
  const sorted = logins.toSorted((a, b) => (a.endsAt ?? -Infinity) - (b.endsAt ?? -Infinity));
  const reasons = new Map(logins.flatMap(({ failure }) => (failure ? [[failure.message, failure]] : [])));
  const [first] = reasons.values();
  const list =
    logins.length === 1 ? [] : sorted.slice(0, shown).map(login => `${login.title}, ${login.host}: ${endOf(login, ledger, now)}.`);
  return {
    sentence: `${name}: ${sentenceOf(sorted, ledger, now)}`,
    details: [...[...reasons.keys()].slice(0, 2), ...list],
    more: logins.length === 1 ? 0 : Math.max(0, logins.length - shown),
    remedy: first?.remedy ?? 'Look at the status page and the log for what holds up its renewal.',
    help: first ? helpOf(first.code) : '',
    bearers: new Set(logins.map(({ id }) => id)),
  };
}

function unseen({ name, trouble }: TargetRecord, now: Moment): Threat {
  const lasted = span(now - (trouble?.since ?? now));
  return {
    sentence: `${name}: it could not be looked at for ${lasted}, so its logins may end unrenewed.`,
    details: trouble ? [trouble.failure.message] : [],
    more: 0,
    remedy: trouble?.failure.remedy ?? '',
    help: trouble ? helpOf(trouble.failure.code) : '',
    bearers: new Set(),
  };
}

/**
 * Whether something that one of our slots should hold is missing or expired as far as is known. all: also when its
 * renewal is late. untried: only slots at which no attempt has failed.
 */
export function lacksLogins({ now }: Ledger, record: TargetRecord, of: 'all' | 'untried'): boolean {
  const moment = now();
  return record.entries.values().some(entry => {
    if (!isOurs(entry, record) || (of === 'untried' && entry.trouble)) return false;
    return ownHosts(record, entry).some(({ host }, at) => {
      const held = heldFor(entry, host);
      // What is not known of a slot that must be left alone is not a threat.
      if (!held && entry.slot.waits) return false;
      const lacks = held === undefined || held.endsAt <= moment || (of === 'all' && urgent(held, moment));
      return scopeAt(record, entry, at) !== undefined && lacks;
    });
  });
}

/** A slot of ours has no good login that is known, and the attempt to put one there failed: it may be a threat soon. */
export function failsToServe(ledger: Ledger, record: TargetRecord): boolean {
  const now = ledger.now();
  return record.entries.values().some(entry => {
    if (!isOurs(entry, record) || entry.slot.waits) return false;
    return ownHosts(record, entry).some(({ host }, at) => {
      const scope = scopeAt(record, entry, at);
      const held = heldFor(entry, host);
      const lacks = held === undefined || held.endsAt <= now;
      return scope !== undefined && lacks && (record.trouble ?? entry.trouble ?? scope.trouble) !== undefined;
    });
  });
}

export const isOurs = ({ slot }: Entry, { managed }: TargetRecord): boolean => slot.state !== 'absent' || managed.create;

function endangered(ledger: Ledger, record: TargetRecord, entry: Entry, now: Moment): Login[] {
  if (!isOurs(entry, record)) return [];
  return ownHosts(record, entry).flatMap(({ host }, at) => {
    const scope = scopeAt(record, entry, at);
    if (!scope) return [];
    const held = heldFor(entry, host);
    const trouble = record.trouble ?? entry.trouble ?? scope.trouble;
    if (!isThreatened(ledger, record, entry, { held, trouble, now })) return [];
    const title = label(redact(entry.slot.title ?? entry.slot.id), 120);
    const endsAt = held && !isUntold(held.expiresAt) ? held.endsAt : undefined;
    return { id: entry.slot.id, title, host, endsAt, failure: trouble && told(trouble, entry) };
  });
}

/** The circumstances of one login. */
interface Situation {
  readonly held: Holding | undefined;
  readonly trouble: Scope['trouble'];
  readonly now: Moment;
}

/** Whether a login will probably end, or has ended, before it is renewed, or is not there for long. */
export function isThreatened(ledger: Ledger, record: TargetRecord, entry: Entry, { held, trouble, now }: Situation): boolean {
  if (entry.slot.waits) return held !== undefined && urgent(held, now);
  if (!trouble) return held !== undefined && now - Math.max(held.endsAt, ledger.startedAt) >= endedFor;
  if (!held) return now - trouble.since >= neverServedAfter;
  if (urgent(held, now)) return true;
  const next = ledger.nextAttempt(record, entry);
  return next !== undefined && next >= held.endsAt;
}

const told = (trouble: NonNullable<Scope['trouble']>, entry: Entry): Failure =>
  trouble === entry.trouble ? explained(trouble.failure, saidOf(entry)) : trouble.failure;

function sentenceOf(logins: readonly Login[], ledger: Ledger, now: Moment): string {
  const [only, ...others] = logins;
  if (!only) return '';
  if (others.length === 0 && only.endsAt === undefined) return `no login for ${only.host} could be put into ${only.title}.`;
  if (others.length === 0) return `the login of ${only.title} for ${only.host} ${endOf(only, ledger, now)}, and it is not renewed.`;
  const gone = logins.filter(({ endsAt }) => endsAt === undefined || endsAt <= now).length;
  const all = count(logins.length, 'login');
  if (gone === logins.length) return `${all} have ended and are not renewed.`;
  const next = logins.find(({ endsAt }) => endsAt !== undefined && endsAt > now);
  const from = next?.endsAt === undefined ? '' : `, the next at ${clockTime(ledger, next.endsAt)} (in ${span(next.endsAt - now)})`;
  return gone === 0 ? `${all} end${from}, and are not renewed.` : `${gone} of ${all} have ended and the others will${from}.`;
}

function endOf({ endsAt }: Login, ledger: Ledger, now: Moment): string {
  if (endsAt === undefined) return 'no login could be put there';
  if (endsAt <= now) return `ended ${span(now - endsAt)} ago`;
  return `ends at ${clockTime(ledger, endsAt)} (in ${span(endsAt - now)})`;
}

/** Formatted as 2026-03-01 14:05 UTC. */
export const clockTime = (ledger: Ledger, moment: Moment): string =>
  `${ledger.date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
