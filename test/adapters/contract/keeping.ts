import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../../src/contract/failures.ts';
import type { Check } from '../contract.ts';
import { assertCode, failureOf, passwordIn, slotOf } from './scene.ts';

/** The failure codes that `deps.files` may throw, each with its cause. */
const troubles: readonly (readonly [code: FailureCode, what: string])[] = [
  ['BUSY', 'a full disk'],
  ['FORBIDDEN', 'a missing right'],
  ['MISCONFIGURED', 'a mount of one file'],
  ['TIMEOUT', 'a disk that does not answer'],
  ['UNEXPECTED', 'an error of the disk'],
];

/** Registers the checks of how an adapter treats faults of its files. */
export function checkKeeping<Ref>(check: Check<Ref>): void {
  for (const [code, what] of troubles) {
    check(`a write that meets ${what} is ${code}; the next one works`, [], async scene => {
      const { mine } = scene;
      const before = await scene.discover();
      scene.disk.fault = { concerns: 'writes', failure: new Failure(code, what) };
      const given = scene.credentials(mine);
      assertCode(await failureOf(`a write that meets ${what}`, scene.deliver(slotOf(before, mine), given)), code, 'the update of the file');
      assert.deepEqual(scene.writes(), [], 'nothing must be written in another way');
      scene.disk.fault = undefined;
      await scene.deliver(slotOf(before, mine), given);
    });

    check(`a discovery that meets ${what} is ${code}: nothing is taken for gone`, [], async scene => {
      scene.disk.fault = { concerns: 'reads', failure: new Failure(code, what) };
      assertCode(await failureOf(`a discovery that meets ${what}`, scene.discover()), code, 'the reading of the file');
    });
  }

  check('a write whose end is not known is told so, and is done once more', ['passwords'], async scene => {
    const { mine } = scene;
    const before = await scene.discover();
    scene.disk.fault = { concerns: 'writes', failure: new Failure('TIMEOUT', 'no end', { mayLand: true }), lost: true };
    const given = scene.credentials(mine);
    const failure = await failureOf('a write whose end is not known', scene.deliver(slotOf(before, mine), given));
    assert.equal(failure.facts.mayLand, true, 'nobody knows whether it lands: facts.mayLand must be true');
    scene.disk.fault = undefined;
    await scene.deliver(slotOf(before, mine), given);
    assert.equal(await scene.holds(before, mine), passwordIn(given, mine));
  });

  check('where it may only read, a delivery fails and writes nothing', ['passwords'], async scene => {
    const { mine } = scene;
    const before = await scene.discover();
    const kept = await scene.holds(before, mine);
    await failureOf(
      'a delivery of a command that only reads',
      scene.deliver(slotOf(before, mine), scene.credentials(mine), { readonly: true }),
    );
    assert.deepEqual(scene.writes(), []);
    assert.equal(await scene.holds(before, mine), kept, `what is held for ${mine} must stay`);
  });
}
