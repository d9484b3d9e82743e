import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, noFindings, type Reason } from '../../src/courier/ledger.ts';
import { createQueue } from '../../src/courier/queue.ts';
import { row } from './rig.ts';

function waiting(id: string, repaired?: Entry['repaired']): Entry {
  const never = Number.NEGATIVE_INFINITY;
  const nothing = { scopes: [], held: [], running: false, queued: 0, receiptFindings: noFindings };
  return { slot: row(id), ...nothing, wroteAt: never, notBefore: 0, repaired };
}

test('what was repaired in vain comes after all else that is healthy, whatever its reason', () => {
  for (const reason of ['drifted', 'absent'] as const satisfies readonly Reason[]) {
    const queue = createQueue(() => 0);
    queue.put(waiting('fought', { count: 1, at: 0 }), reason);
    queue.put(waiting('aging'), 'aging');
    queue.put(waiting('new'), reason);
    const order = [queue.takeHealthy(), queue.takeHealthy(), queue.takeHealthy()].map(entry => entry?.slot.id);
    assert.deepEqual(order, ['new', 'aging', 'fought'], reason);
  }
});
