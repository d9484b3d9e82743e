import { engineFindings } from '../../src/courier/findings.ts';
import { createLog } from '../../src/io/log.ts';
import { createJournal } from '../../src/observe/journal.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { page } from '../../src/observe/page.ts';
import { statusOf } from '../../src/observe/status.ts';
import type { Observer } from './soak.ts';

/** All output of a courier, rendered by the real code: every log line, /metrics, /api/status and the status page. */
export function observers(): readonly Observer[] {
  return [log(), doors()];
}

/** The log in both forms: the pretty format is made from the JSON lines, and a bug report contains these too. */
function log(): Observer {
  const lines: string[] = [];
  const kept = (line: string): void => void lines.push(line);
  const written = createLog({ to: { write: line => lines.push(line) }, kept, level: 'debug', format: 'pretty' });
  const { note } = createJournal(written, { mono: () => 0 });
  return { event: note, look: () => undefined, texts: () => lines };
}

function doors(): Observer {
  const texts: string[] = [];
  const metrics = createMetrics({ version: '0.0.0', clock: { wall: () => 0 } });
  return {
    event: metrics.observe,
    async look(ledger) {
      const status = statusOf(ledger, { version: '0.0.0', findings: engineFindings });
      texts.push(JSON.stringify(status), page(status), await metrics.render(status));
    },
    texts: () => texts,
  };
}
