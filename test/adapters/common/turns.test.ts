import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { ended } from '../../../adapters/common/turns.ts';

test('it waits for an end of any kind, but not beyond its own signal, and leaves nothing behind', async () => {
  const hanging = new Promise<never>(() => undefined);
  const patience = new AbortController();
  await ended(Promise.resolve(), patience.signal);
  await ended(Promise.reject(new Error('failed')), patience.signal);
  assert.equal(getEventListeners(patience.signal, 'abort').length, 0);
  const waiting = ended(hanging, patience.signal);
  patience.abort();
  await waiting;
  await ended(hanging, patience.signal);
});
