import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttemptEnd, healthOf, noteEnd } from '../../src/courier/health.ts';
import { type Entry, noFindings, type Reason } from '../../src/courier/ledger.ts';
import { createQueue } from '../../src/courier/queue.ts';
import { failing, row } from './rig.ts';

function waiting(id: string, repaired?: Entry['repaired']): Entry {
  const never = Number.NEGATIVE_INFINITY;
  const nothing = { scopes: [], held: [], running: false, queued: 0, receiptFindings: noFindings };
  return { slot: row(id), ...nothing, wroteAt: never, notBefore: 0, repaired };
}

test('what was repaired in vain comes after all else that is healthy, whatever its reason', () => {
  for (const reason of ['drifted', 'absent'] as const satisfies readonly Reason[]) {
    const queue = createQueue(() => 0, { mono: () => 0 });
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
    noteEnd(entry, { ms, result, deadlineMs: 60_000 });
    return healthOf(entry);
  };
  assert.equal(tried(100, 'failed'), 'answered', 'it failed, and did not hang');
  assert.equal(tried(60_000, 'failed'), 'doubtful');
  assert.equal(tried(100, 'delivered'), 'doubtful');
  assert.equal(tried(60_000, 'failed'), 'doubtful', 'it begins anew');
  for (let at = 1; at < 8; at++) assert.equal(tried(100, 'delivered'), 'doubtful', `${at}`);
  assert.equal(tried(100, 'delivered'), 'answered');
});

test('a slot that has hung once and is refused at once since then is not one that hangs', () => {
  const entry: Entry = waiting('1');
  let count = 0;
  const fails = (ms: number, result: AttemptEnd['result'] = 'failed') => {
    entry.trouble = { failure: failing('TIMEOUT'), count: ++count, since: 0 };
    noteEnd(entry, { ms, result, deadlineMs: 60_000 });
    return healthOf(entry);
  };
  for (let at = 1; at <= 4; at++) assert.equal(fails(12_000), 'failed', `${at}`);
  assert.equal(fails(12_000), 'hanging');
  assert.equal(fails(20), 'failed');
  assert.equal(fails(15_000, 'cut'), 'failed', 'it was not given the whole deadline');
  assert.equal(fails(60_000), 'hanging');
});

test('failed slots come before hanging ones, but at every hundredth turn', () => {
  const queue = createQueue(() => 0, { mono: () => 0 });
  const trouble = { failure: failing('TIMEOUT'), count: 5, since: 0 };
  for (const id of ['hangs', 'hangs too']) queue.put({ ...waiting(id), trouble, hung: true }, 'unknown');
  for (let at = 0; at < 120; at++) queue.put({ ...waiting(`cut ${at}`), trouble, cutMs: 250 }, 'unknown');
  const order = Array.from({ length: 122 }, () => queue.takeFailed('hanging too')?.slot.id);
  assert.equal(order.indexOf('hangs'), 99);
  assert.equal(order.indexOf('hangs too'), 121);
  assert.equal(queue.takeFailed('hanging too'), undefined);
  queue.put({ ...waiting('hangs'), trouble, hung: true }, 'unknown');
  assert.equal(queue.takeFailed('failed'), undefined);
});

test('what is foreseen of a hanging slot is not now while failed ones wait before it', () => {
  let now = 0;
  const queue = createQueue(() => 0, { mono: () => now });
  const trouble = { failure: failing('TIMEOUT'), count: 5, since: 0 };
  const hangs: Entry = { ...waiting('hangs'), trouble, hung: true };
  queue.put(hangs, 'unknown');
  for (let at = 0; at < 60; at++) queue.put({ ...waiting(`failed ${at}`), trouble }, 'unknown');
  for (let at = 0; at < 20; at++) {
    queue.takeFailed('hanging too');
    now += 1000;
  }
  assert.ok(queue.failedWaitMs(hangs) >= 39_000, `${queue.failedWaitMs(hangs)}`);
});
