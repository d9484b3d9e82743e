import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paceRefused } from '../../../adapters/kubernetes/refused.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { retryPause } from '../../../src/courier/timing.ts';
import { given, host } from '../rig.ts';
import { rig } from './rig.ts';

const minute = 60_000;
const policy = { name: 'none-today', message: 'not here' };

/** Returns the longest pause of the engine after the write to this slot, however often it was refused before. */
async function pauseOf(work: Promise<unknown>): Promise<number> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure);
  return retryPause(error, 9, () => 1);
}

test('a write that a policy refuses is tried again within five minutes, and many such writes once a second', async () => {
  const namespaces = Array.from({ length: 400 }, (_, at) => `n${at}`);
  await using t = await rig({}, { cluster: { namespaces, policies: [policy] } });
  const { slots } = await t.discover();
  const first = await pauseOf(t.deliver(slots[0], given(host)));
  assert.ok(first >= 4 * minute && first <= 5 * minute, `${first} ms`);
  for (const slot of slots) await pauseOf(t.deliver(slot, given(host)));
  assert.equal(await pauseOf(t.deliver(slots[0], given(host))), 400 * 1000 * 1.25);
  t.fake.policies.length = 0;
  for (const slot of slots.slice(1)) await t.deliver(slot, given(host));
  t.fake.policies.push(policy);
  assert.equal(await pauseOf(t.deliver(slots[0], given(host, 'newer'))), first, 'those that were written count no more');
});

test('of thousands of refused writes, none is tried more often than any other failure, and what is gone counts no more', async () => {
  const refused = paceRefused();
  const refusing = (more: object) => async (): Promise<never> => {
    throw new Failure('REJECTED', 'It is refused.', more);
  };
  const ofPolicy = (id: string): Promise<number> => pauseOf(refused.paced(id, refusing({ tryAgainMs: 240_000 })));
  for (let at = 0; at < 5000; at++) await ofPolicy(`n${at}/ecr-courier`);
  assert.equal(await ofPolicy('n0/ecr-courier'), 37.5 * minute);
  refused.looked([{ id: 'n0/ecr-courier', registries: [], state: 'absent', ref: null }]);
  assert.equal(await ofPolicy('n0/ecr-courier'), 5 * minute);
  assert.equal(await pauseOf(refused.paced('n1/ecr-courier', refusing({}))), 37.5 * minute, 'for another reason');
  assert.equal(await ofPolicy('n0/ecr-courier'), 5 * minute);
});
