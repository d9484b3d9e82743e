import type { Moment } from '../courier/ledger.ts';
import { isSource, type Place } from './threats.ts';

/** How long a state must last before it is reported, in milliseconds, so that related changes are reported together. */
export const settledAfter = 30_000;

/** The present state of all places, and since when each threat has been there or gone. */
export interface Outlook {
  readonly places: ReadonlyMap<string, Place>;
  /** stands, gone: for long enough to be reported. undecided: unknown, or too recent. */
  of(subject: string, topic: string): 'stands' | 'gone' | 'undecided';
  /** Whether anything threatens anywhere. new: too recent to be reported. */
  readonly threatened: 'nothing' | 'new' | 'settled';
}

type State = 'stands' | 'gone' | 'unknown';

/** Tracks the threats from one look to the next. */
export function createWatch(): (places: ReadonlyMap<string, Place>, now: Moment) => Outlook {
  let seen = new Map<string, { readonly state: State; readonly since: Moment }>();
  const keyOf = (subject: string, topic: string): string => JSON.stringify([subject, topic]);

  return (places, now) => {
    const next: typeof seen = new Map();
    const note = (subject: string, topic: string, state: State): void => {
      const key = keyOf(subject, topic);
      const before = seen.get(key);
      next.set(key, before?.state === state ? before : { state, since: now });
    };
    for (const [subject, { threats }] of places) for (const topic of threats.keys()) note(subject, topic, 'stands');
    for (const key of seen.keys()) {
      const [subject, topic] = JSON.parse(key) as [string, string];
      if (!next.has(key) && places.has(subject)) note(subject, topic, stateOf(places.get(subject), topic));
    }
    seen = next;
    const since = [...places].flatMap(([subject, { threats }]) =>
      [...threats.keys()].map(topic => next.get(keyOf(subject, topic))?.since ?? now),
    );
    const settled = since.some(moment => now - moment >= settledAfter);
    return {
      places,
      threatened: settled ? 'settled' : since.length > 0 ? 'new' : 'nothing',
      of(subject, topic) {
        const place = places.get(subject);
        // A source becomes a place only when a target needs it.
        if (!place) return isSource(subject) ? 'undecided' : 'gone';
        const state = stateOf(place, topic);
        const since = seen.get(keyOf(subject, topic))?.since;
        // The threat was reported by a previous process and has not been seen by this one.
        if (since === undefined) note(subject, topic, state);
        if (state === 'unknown' || since === undefined || now - since < settledAfter) return 'undecided';
        return state;
      },
    };
  };
}

function stateOf(place: Place | undefined, topic: string): State {
  if (place?.threats.has(topic)) return 'stands';
  return place?.knows(topic) ? 'gone' : 'unknown';
}
