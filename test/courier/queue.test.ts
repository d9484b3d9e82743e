import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, noFindings, type Reason } from '../../src/courier/ledger.ts';
import { type AttemptEnd, createPlaces, distrustAfter, healthOf } from '../../src/courier/places.ts';
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
    const next = () => queue.takeHealthy(() => true)?.slot.id;
    const order = [next(), next(), next()];
    assert.deepEqual(order, ['new', 'aging', 'fought'], reason);
  }
});

test('a slot that has hung is healthy again after eight answers in a row, and until then none that was always answered', () => {
  const entry = { ...waiting('1'), result: 'updated' as const };
  const tried = (ms: number, result: AttemptEnd['result']) => {
    entry.distrust = distrustAfter(entry, { ms, result });
    return healthOf(entry);
  };
  assert.equal(tried(100, 'failed'), 'answered', 'it failed, and did not hang');
  assert.equal(tried(60_000, 'failed'), 'doubtful');
  assert.equal(tried(100, 'delivered'), 'doubtful');
  assert.equal(tried(60_000, 'failed'), 'doubtful', 'it begins anew');
  for (let at = 1; at < 8; at++) assert.equal(tried(100, 'delivered'), 'doubtful', `${at}`);
  assert.equal(tried(100, 'delivered'), 'answered');
});

test('deadlines are short only while slots hang: from 10 s down to 0.25 s, and longer for a slot that one has cut', () => {
  const places = createPlaces(() => ({ concurrency: 4, deliverMs: 60_000 }), { mono: () => 0 });
  const end = (ms: number, result: AttemptEnd['result'], cutMs?: number): void => {
    places.take('untried');
    places.leave('untried', { ms, result, cutMs });
  };
  const deadlines = () => [
    places.deadlineMs('untried', undefined),
    places.deadlineMs('failed', 1000),
    places.deadlineMs('failed', undefined),
  ];
  assert.deepEqual(deadlines(), [60_000, 60_000, 60_000]);
  end(60_000, 'failed');
  assert.deepEqual(deadlines(), [10_000, 4000, 60_000]);
  end(10_000, 'failed', 10_000);
  assert.deepEqual(deadlines(), [5000, 4000, 60_000]);
  for (let count = 0; count < 10; count++) end(1000, 'failed', 1000);
  assert.deepEqual(deadlines(), [250, 4000, 60_000]);
  end(2000, 'delivered');
  assert.deepEqual(deadlines(), [8000, 8000, 60_000], 'four times the slowest answer');
  for (let count = 0; count < 8; count++) end(10, 'delivered');
  assert.deepEqual(deadlines(), [60_000, 60_000, 60_000]);
  end(60_000, 'failed');
  assert.deepEqual(deadlines(), [10_000, 8000, 60_000], 'a new row of them begins with 10 s');
});
