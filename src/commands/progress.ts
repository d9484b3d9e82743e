import type { CourierEvent } from '../courier/events.ts';
import type { Ledger } from '../courier/ledger.ts';
import type { Sink } from '../io/log.ts';

/** With fewer slots the result is there before anybody has read the progress. */
const many = 20;

/** One line on a terminal that counts the slots which were tried; silent elsewhere, and when there is little to do. */
export function openProgress(to: Sink): { heard(event: CourierEvent, ledger: Ledger): void; end(): void } {
  let tried = 0;
  let shown = false;
  return {
    heard(event, ledger) {
      if (event.kind === 'delivered' || event.kind === 'delivery-failed') tried++;
      if (to.isTTY !== true) return;
      let all = 0;
      for (const target of ledger.targets.values()) all += target.entries.size;
      if (all < many) return;
      shown = true;
      to.write(`\r${tried} of ${all} slots`);
    },
    end() {
      if (shown) to.write('\r\u001b[K');
    },
  };
}
