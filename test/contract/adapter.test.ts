import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineAdapter, type Limits } from '../../src/contract/adapter.ts';

const limitsOf = (limits: Partial<Limits>): Limits =>
  defineAdapter({ kind: 'depot', doc: 'A depot.', options: {}, limits, create: () => assert.fail('nobody asks for a target') }).limits;

test('an adapter sets the limits that it needs, and the others keep their defaults', () => {
  assert.deepEqual(limitsOf({}), { concurrency: 1, discoverMs: 30_000, deliverMs: 30_000 });
  assert.deepEqual(limitsOf({ concurrency: 2 }), { concurrency: 2, discoverMs: 30_000, deliverMs: 30_000 });
  assert.deepEqual(limitsOf({ deliverMs: 75_000, lingerMs: 0 }), { concurrency: 1, discoverMs: 30_000, deliverMs: 75_000, lingerMs: 0 });
});
