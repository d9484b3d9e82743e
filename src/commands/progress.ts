import type { CourierEvent } from '../courier/events.ts';
import type { Ledger } from '../courier/ledger.ts';
import type { StatusLine } from './terminal.ts';

/** With fewer slots the result is there before anybody has read the progress. */
const many = 20;

/** Counts the slots which were tried. Silent where no line can be replaced, and when there is little to do. */
export function openProgress(line: StatusLine): { heard(event: CourierEvent, ledger: Ledger): void } {
  let tried = 0;
  return {
    heard(event, ledger) {
      if (event.kind === 'delivered' || event.kind === 'delivery-failed') tried++;
      if (!line.replaces) return;
      let all = 0;
      for (const target of ledger.targets.values()) all += target.entries.size;
      if (all >= many) line.say(`${tried} of ${all} slots`);
    },
  };
}
