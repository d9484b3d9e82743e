/** A process with an engine on a virtual clock, and with everything that shows its state. */

import '../src/memory.ts';
import { engineFindings } from '../src/courier/findings.ts';
import { createLog } from '../src/io/log.ts';
import { createJournal } from '../src/observe/journal.ts';
import { createMetrics } from '../src/observe/metrics.ts';
import { page } from '../src/observe/page.ts';
import { statusOf } from '../src/observe/status.ts';
import { hours, minutes, registry, row, startRig, testSource, testTarget } from '../test/courier/rig.ts';
import { createVirtualClock } from '../test/fakes/clock.ts';
import { serveOrders } from './processes.ts';

const clock = createVirtualClock();
const source = testSource(clock);
const rows = Array.from({ length: 10 }, (_, at) => row(String(at), registry(String(100_000_000_000 + at))));
const targets = Array.from({ length: 3 }, (_, at) => testTarget(clock, `target-${at}`, rows));
const metrics = createMetrics({ version: '0.0.0', clock });
const journal = createJournal(createLog({ to: { write: () => undefined }, format: 'json', level: 'debug' }), clock);
const rig = await startRig({
  targets,
  sources: [source],
  prove: async () => ({ ok: true }),
  // Rarer than usual, so that a thousand days take less than an hour.
  cron: '*/10 * * * *',
  tickMs: 5 * minutes,
  keepsEvents: false,
  onEvent(event) {
    metrics.observe(event);
    journal.note(event);
  },
});
let day = 0;

/** Clears what the doubles record for tests. */
function forget(): void {
  source.issued.splice(0, source.issued.length - 1);
  source.asked.length = 0;
  for (const target of targets) {
    target.discoveries.length = 0;
    target.writes.length = 0;
  }
}

await serveOrders<{ readonly until: number }>(async ({ until }) => {
  for (; day < until; day++) {
    await clock.advance(24 * hours);
    const status = statusOf(rig.courier.ledger, { version: '0.0.0', findings: engineFindings });
    page(status);
    await metrics.render(status);
    forget();
  }
  globalThis.gc?.();
  return Math.round((process.memoryUsage().heapUsed / 1024 / 1024) * 100) / 100;
});
