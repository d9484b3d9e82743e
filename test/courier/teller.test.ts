import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice, Slot } from '../../src/contract/target.ts';
import type { ManagedTarget } from '../../src/courier/ledger.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { failing, minutes, promptTarget, row, seconds, startRig } from './rig.ts';

const notice: Notice = { topic: 'renewal', state: 'stands', message: 'm', remedy: 'r', since: new Date(0), times: 1 };

/** A target with one place that can tell, and what it was told. */
function telling(rows: readonly Slot[], more: Partial<ManagedTarget> = {}) {
  const limits = { concurrency: 1, discoverMs: 30 * seconds, deliverMs: 60 * seconds, lingerMs: 0 };
  const target = promptTarget(createVirtualClock(), 'p', rows, { limits, ...more });
  const told: string[] = [];
  target.target = { ...target.target, tell: async ({ id }) => void told.push(id) };
  return { target, told };
}

test('a notice is told through the client of the target', async () => {
  const { target, told } = telling([row('1')]);
  await using rig = await startRig({ targets: [target] });
  await rig.clock.advance(minutes);
  await rig.courier.teller('p')?.tell(row('1'), notice);
  assert.deepEqual(told, ['1']);
  assert.equal(rig.courier.teller('p')?.isFree(), true);
});

test('a target that cannot tell, is paused, does not work or is not there has no teller, and `check` has none', async () => {
  const tellerOf = async ({ target }: ReturnType<typeof telling>, more: object = {}) => {
    await using rig = await startRig({ targets: [target], ...more });
    await rig.clock.advance(minutes);
    return rig.courier.teller('p');
  };
  const silent = telling([]);
  const { tell: _, ...rest } = silent.target.target;
  silent.target.target = rest;
  const broken = telling([]);
  broken.target.onDiscover = async () => {
    throw failing('AUTH');
  };
  assert.equal(await tellerOf(silent), undefined);
  assert.equal(await tellerOf(broken), undefined);
  assert.equal(await tellerOf(telling([], { paused: true })), undefined);
  assert.equal(await tellerOf(telling([row('1')]), { rehearse: true }), undefined);
  assert.equal(await tellerOf(telling([], { name: 'other' })), undefined);
  assert.ok(await tellerOf(telling([])));
});

test('it is not free while a delivery takes the last place or a healthy slot waits, and failed ones do not count', async () => {
  const { target } = telling([row('1'), row('2')]);
  let answer = (): void => undefined;
  target.onDeliver = async (_slot, store) => {
    await new Promise<void>(resolve => {
      answer = resolve;
    });
    store();
  };
  await using rig = await startRig({ targets: [target] });
  await rig.clock.advance(seconds);
  assert.equal(rig.courier.teller('p')?.isFree(), false);
  answer();
  await rig.clock.advance(seconds);
  assert.equal(rig.courier.teller('p')?.isFree(), false, 'the second slot');
  answer();
  target.onDeliver = async () => {
    throw failing('REJECTED');
  };
  await rig.clock.advance(seconds);
  assert.equal(rig.courier.teller('p')?.isFree(), true);
  for (const id of Array.from({ length: 200 }, (_, at) => `more-${at}`)) target.rows.set(id, row(id));
  await rig.clock.advance(30 * minutes);
  assert.equal(rig.courier.teller('p')?.isFree(), true);
});

test('a notice that gets no answer is given up after some seconds, and a stop does not wait for it', async () => {
  const { target } = telling([row('1')]);
  target.target = {
    ...target.target,
    tell: (_slot, _notice, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  };
  await using rig = await startRig({ targets: [target] });
  await rig.clock.advance(minutes);
  const teller = rig.courier.teller('p') ?? assert.fail('no teller');
  const given = assert.rejects(teller.tell(row('1'), notice), { code: 'TIMEOUT' });
  await rig.clock.advance(6 * seconds);
  await given;
  const cut = assert.rejects(teller.tell(row('1'), notice), { code: 'TIMEOUT', message: /stopping/ });
  await rig.stop();
  await cut;
  assert.equal(teller.isFree(), false);
});
