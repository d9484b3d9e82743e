import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import type { Identity } from '../contract/credential.ts';
import type { CourierEvent, FailedAttempt } from '../courier/events.ts';
import { type Bursts, createBursts, type Line, type OneOfMany } from './bursts.ts';
import { span } from './words.ts';

interface Journal extends Pick<Bursts, 'tell' | 'end'> {
  note(event: CourierEvent): void;
}
type Event<K extends CourierEvent['kind']> = Extract<CourierEvent, { kind: K }>;

/**
 * Writes one log line for each event. The first failure, a different code and a recovery (with `downtime`) are logged
 * as news; a repeated failure goes to debug. `delivered` and `delivery failed` form the audit log, with one line for
 * every write attempt, so a repeat stays at info there. In a burst only the first few lines are logged, followed by a
 * total.
 */
export function createJournal(log: Log, clock: Pick<Clock, 'mono'>): Journal {
  const bursts = createBursts(log, clock);
  /** The last logged identity, by source. */
  const identities = new Map<string, string>();

  /** Logs the identity that fetches tokens, at first and after each change. */
  function identify({ source, region, identity }: Event<'fetched'>): void {
    const told = JSON.stringify(identity);
    const before = identities.get(source);
    if (told === undefined || told === before) return;
    identities.set(source, told);
    const { from, account, arn } = identity ?? {};
    const former = before === undefined ? undefined : (JSON.parse(before) as Identity).from;
    log[before === undefined ? 'info' : 'warn']('aws identity', { source, ecr_region: region, identity: from, account, arn, former });
  }

  return {
    note(event) {
      if (event.kind === 'fetched') identify(event);
      const line = (lines[event.kind] as (event: CourierEvent) => Line)(event);
      const many = line.level === 'debug' ? undefined : oneOfMany(event, line);
      if (many) bursts.write(many);
      else log[line.level](line.message, line.data);
    },
    tell: bursts.tell,
    end: bursts.end,
  };
}

/** Wraps events of which there may be ten thousand: by slot of a target, or by host or image of a source. */
function oneOfMany(event: CourierEvent, line: Line): OneOfMany | undefined {
  if (event.kind === 'delivered') return { ...line, of: 'slots', bearer: event.slot, common: { target: event.target } };
  if (event.kind === 'delivery-failed')
    return { ...line, of: 'slots', bearer: event.slot, common: { target: event.target, code: event.failure.code } };
  if (event.kind === 'proved') return { ...line, of: 'hosts', bearer: event.host, common: origin(event) };
  if (event.kind === 'verified') return { ...line, of: 'images', bearer: event.image, common: origin(event) };
  return undefined;
}

const lines: { readonly [K in CourierEvent['kind']]: (event: Event<K>) => Line } = {
  discovered,
  'discovery-failed': event => failed('discovery failed', { target: event.target }, event, 'debug'),
  fetched,
  'fetch-failed': event => failed('token fetch failed', origin(event), event, 'debug'),
  proved,
  verified,
  delivered,
  'delivery-failed': event => failed('delivery failed', { ...slotOf(event), ...sentBy(event) }, event, 'info'),
  'watch-ended': event => ({ level: 'debug', message: 'watch ended', data: { target: event.target, error: event.message } }),
};

function discovered(event: Event<'discovered'>): Line {
  const { target, slots, added, gone, findings, first } = event;
  const news = first || added.length > 0 || gone.length > 0 || event.downMs !== undefined;
  const data = { target, slots, ...(!first && { added: few(added) }), gone: few(gone), findings, ...downtime(event), ...took(event) };
  return { level: news ? 'info' : 'debug', message: 'discovered', data };
}

function fetched(event: Event<'fetched'>): Line {
  const { fingerprint, unchanged } = event;
  const data = { ...origin(event), fingerprint, expires: iso(event.expiresAt), unchanged: unchanged || undefined };
  const level = unchanged && event.downMs === undefined ? 'debug' : 'info';
  return { level, message: 'token fetched', data: { ...data, ...downtime(event), ...took(event) } };
}

function proved(event: Event<'proved'>): Line {
  const data = { ...origin(event), host: event.host, error: event.message };
  if (event.ok) return { level: 'info', message: 'proved', data };
  // The finding is the news: it makes one line for all hosts.
  return { level: 'debug', message: 'proof failed', data };
}

function verified(event: Event<'verified'>): Line {
  const data = { ...origin(event), image: event.image, error: event.message, ...took(event) };
  // The reason is logged as a finding.
  return event.ok
    ? { level: 'info', message: 'image would be pulled', data }
    : { level: 'debug', message: 'image would not be pulled', data };
}

function delivered(event: Event<'delivered'>): Line {
  const { change, proven, settled } = event;
  const facts = { ...slotOf(event), change, ...sentBy(event), proven, unconfirmed: settled ? undefined : true };
  return { level: 'info', message: 'delivered', data: { ...facts, ...downtime(event), ...took(event) } };
}

function failed(message: string, about: object, attempt: FailedAttempt, repeated: 'debug' | 'info'): Line {
  const { failure, count, repeat } = attempt;
  const facts = {
    ...about,
    code: failure.code,
    count,
    may_land: failure.facts.mayLand || undefined,
    ...took(attempt),
    error: failure.message,
  };
  if (repeat) return { level: repeated, message, data: facts };
  return { level: 'warn', message, data: { ...facts, remedy: failure.remedy } };
}

function slotOf(event: Event<'delivered' | 'delivery-failed'>): object {
  return { target: event.target, slot: event.slot, title: event.title };
}

/**
 * Why and what was sent. A slot with several registries can receive several credentials; the fingerprints are then
 * joined, and the earliest expiry is given.
 */
function sentBy(event: Event<'delivered' | 'delivery-failed'>): object {
  const { reason, sent, missing } = event;
  const ends = sent.map(one => one.expiresAt.getTime()).filter(Number.isFinite);
  return {
    reason,
    expires: ends.length > 0 ? iso(new Date(Math.min(...ends))) : undefined,
    fingerprint: [...new Set(sent.map(one => one.fingerprint))].join(',') || undefined,
    source: [...new Set(sent.map(one => one.source))].join(',') || undefined,
    missing: few(missing),
  };
}

function origin(event: Event<'fetched' | 'fetch-failed' | 'proved' | 'verified'>): object {
  return { source: event.source, ecr_region: event.region, service: event.service };
}
function took(event: { readonly ms: number }): object {
  return { duration_ms: Math.round(event.ms) };
}
function downtime(event: { readonly downMs?: number }): object {
  return event.downMs === undefined ? {} : { downtime: span(event.downMs), downtime_seconds: Math.round(event.downMs / 1000) };
}

const most = 10;
/** The list, truncated with a count of the rest; undefined when it is empty. */
function few(list: readonly string[]): readonly string[] | undefined {
  if (list.length <= most) return list.length > 0 ? list : undefined;
  return [...list.slice(0, most), `and ${list.length - most} more`];
}

/** undefined for an invalid date, which a manager may have sent. */
function iso(date: Date): string | undefined {
  return Number.isFinite(date.getTime()) ? date.toISOString().replace(/\.\d+Z$/, 'Z') : undefined;
}
