import { beginsFrom } from './disturbing.ts';
import { mayRewriteAt } from './due.ts';
import type { Lane } from './lane.ts';
import type { Entry, Moment, Scope } from './ledger.ts';
import { isAskedPause } from './pauses.ts';

/** A part of a refresh that is postponed, why, and until when; without a time, until the configuration changes. */
export interface Postponed {
  readonly what: string;
  readonly why: string;
  readonly until?: Moment;
}

/** The parts of the present refresh that have to wait. */
export function postponedOf(lanes: readonly Lane[], scopes: Iterable<Scope>, now: Moment): Postponed[] {
  return [
    ...[...scopes].flatMap(scope => fetchOf(scope, now)),
    ...lanes.flatMap(({ record }) => (record.managed.paused ? [paused(record)] : [...targetOf(record, now), ...slotsOf(record, now)])),
  ];
}

const paused = ({ name }: Lane['record']): Postponed => ({ what: name, why: 'it is paused in the configuration' });

function fetchOf({ source, registry, notBefore, fetchedAt, trouble, fetching }: Scope, now: Moment): Postponed[] {
  if (now >= notBefore && !fetching) return [];
  const what = `the token of ${source.name} for ${registry.region}`;
  if (fetching) return [{ what, why: 'a fetch is under way, and the next one follows it', until: Math.max(now, notBefore) }];
  const why = trouble
    ? `AWS asked to wait: ${trouble.failure.message}`
    : `the last one was fetched ${Math.round((now - fetchedAt) / 1000)} s ago, and fetches keep a distance`;
  return [{ what, why, until: notBefore }];
}

function targetOf({ name, trouble, nextDiscoveryAt }: Lane['record'], now: Moment): Postponed[] {
  if (!trouble || nextDiscoveryAt <= now) return [];
  return [{ what: name, why: trouble.failure.message, until: nextDiscoveryAt }];
}

/** Slots that wait because of Retry-After, because of a recent failure, or for the window of their target. */
function slotsOf(record: Lane['record'], now: Moment): Postponed[] {
  const { name, entries } = record;
  const all = [...entries.values()];
  const pausing = all.filter(({ slot, notBefore }) => notBefore > now && !slot.waits);
  const endOf = (slots: readonly Entry[]) => Math.max(...slots.map(({ notBefore }) => notBefore));
  const told = (slots: readonly Entry[], why: string, until: (slots: readonly Entry[]) => Moment): Postponed[] =>
    slots.length === 0 ? [] : [{ what: countOf(slots.length, name), why, until: until(slots) }];
  const resting = all.filter(entry => entry.slot.disturbs && entry.notBefore <= now && mayRewriteAt(entry) > now);
  const waiting = all.filter(({ slot }) => slot.waits);
  const begin = (entry: Entry): Moment => beginsFrom(record, entry, now);
  return [
    ...told(pausing.filter(isAskedPause), 'the server asked to wait', endOf),
    ...told(
      pausing.filter(entry => !isAskedPause(entry)),
      'the last try failed a moment ago',
      endOf,
    ),
    ...told(resting, 'deliveries that disturb keep a distance of half an hour', slots => Math.max(...slots.map(mayRewriteAt))),
    ...(waiting.length > 0 ? [{ what: countOf(waiting.length, name), why: 'they must be left alone for now: findings say why' }] : []),
    ...told(
      all.filter(entry => begin(entry) > now),
      'deliveries that disturb wait for the window',
      slots => Math.max(...slots.map(begin)),
    ),
  ];
}

const countOf = (count: number, target: string): string => `${count} ${count === 1 ? 'slot' : 'slots'} of ${target}`;
