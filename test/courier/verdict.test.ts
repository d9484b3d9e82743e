import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import type { Proof } from '../../src/contract/source.ts';
import { statusOf } from '../../src/observe/status.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { only, promptTarget, row, startRig } from './rig.ts';

const accepted: Proof = { ok: true };
const denied: Proof = { ok: false, refused: true, message: '401' };
const unasked: Proof = { ok: false, refused: false, message: 'no route' };
const refused = () => new Failure('CREDENTIAL_REFUSED', 'The manager tried it in vain.', { remedy: 'Look there.' });

/**
 * Returns the texts of the log and of the status page after the manager refused a credential whose proof is `proof`.
 */
async function words(proof: Proof, failure: () => Failure = refused, askedAfterMs = 0) {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDeliver = async () => {
    await clock.sleep(5_000, new AbortController().signal);
    throw failure();
  };
  const prove = async () => {
    await clock.sleep(askedAfterMs, new AbortController().signal);
    return proof;
  };
  await using rig = await startRig({ targets: [target], prove });
  await clock.advance(40_000);
  const logged = rig.of('delivery-failed')[0]?.failure ?? assert.fail();
  const about = { version: '0', findings: {} };
  const shown = only(only(statusOf(rig.courier.ledger, about).targets).slots).trouble ?? assert.fail();
  assert.equal(shown.code, logged.code);
  return { logged: `${logged.message} ${logged.remedy}`, shown: `${shown.message} ${shown.remedy}` };
}

describe('what a refused credential means', () => {
  test('ECR accepts it from here: the manager does not reach ECR', async () => {
    const { logged, shown } = await words(accepted);
    assert.match(
      shown,
      /amazonaws\.com accepts this credential from here, so the manager cannot reach it\. The manager tried it in vain\./,
    );
    assert.match(shown, /DNS, proxy and firewall/);
    assert.equal(logged, shown);
  });
  test('ECR refuses it from here too', async () => {
    const { logged, shown } = await words(denied);
    assert.match(shown, /amazonaws\.com refuses this credential, from here too\. The manager tried it in vain\./);
    assert.match(shown, /AWS identity/);
    assert.equal(logged, shown);
  });
  test('ECR could not be asked: nobody knows', async () => {
    assert.deepEqual(await words(unasked), {
      logged: 'The manager tried it in vain. Look there.',
      shown: 'The manager tried it in vain. Look there.',
    });
  });
  test('ECR answers after the manager: the log waits for its answer', async () => {
    const { logged, shown } = await words(accepted, refused, 14_000);
    assert.match(shown, /cannot reach it/);
    assert.equal(logged, shown);
  });
  test('ECR had accepted the token, and refuses it since: it is asked again before anything is said, and a new one is fetched', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    let revoked = false;
    await using rig = await startRig({ targets: [target], prove: async () => (revoked ? denied : accepted) });
    await clock.advance(10 * 60_000);
    revoked = true;
    target.onDiscover = async () => ({ slots: [{ ...row('1'), state: 'drifted' }] });
    target.onDeliver = async () => {
      if (rig.sources[0]?.asked.length === 1) throw refused();
    };
    await clock.advance(70_000);
    assert.match(rig.of('delivery-failed')[0]?.failure.message ?? '', /refuses this credential, from here too/);
    assert.equal(rig.sources[0]?.asked.length, 2);
  });
  test('ECR does not answer in time: what it said before does not count', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    target.onDeliver = async () => {
      if (clock.mono() > 3_600_000) throw refused();
    };
    const prove = async (_: unknown, __: unknown, signal: AbortSignal) => {
      if (clock.mono() > 3_600_000) await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return accepted;
    };
    await using rig = await startRig({ targets: [target], prove });
    await clock.advance(7 * 3_600_000);
    assert.equal(rig.of('delivery-failed')[0]?.failure.message, 'The manager tried it in vain.');
  });
  test('other failures are not touched', async () => {
    const { shown } = await words(accepted, () => new Failure('REJECTED', 'No.', { remedy: 'Ask.' }));
    assert.equal(shown, 'No. Ask.');
  });
});
