import type { CourierEvent } from '../courier/events.ts';
import type { Ledger } from '../courier/ledger.ts';
import type { StatusLine } from './terminal.ts';

/** Below this many slots, the result comes before anybody can read the progress. */
const many = 20;

/** Shows the number of slots that were tried. Silent if the line cannot be replaced, and if there are few slots. */
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
