import assert from 'node:assert/strict';
import type { Credentials } from '../../../src/contract/credential.ts';
import type { Failure, FailureCode } from '../../../src/contract/failures.ts';
import type { Fault } from '../../fakes/server.ts';
import type { Check } from '../contract.ts';
import { assertCode, failureOf, passwordIn, slotOf } from './scene.ts';

/**
 * The failure code of a write by fault; each of these writes may still land. `silent`: only the deadline ends the
 * request.
 */
const faults: readonly { readonly fault: Fault & string; readonly code: FailureCode; readonly silent?: true }[] = [
  { fault: 'hang', code: 'TIMEOUT', silent: true },
  { fault: 'mute', code: 'TIMEOUT', silent: true },
  { fault: 'drip', code: 'TIMEOUT', silent: true },
  { fault: 'huge', code: 'TOO_LARGE' },
  { fault: 'reset', code: 'UNREACHABLE' },
  { fault: 'lost', code: 'UNREACHABLE' },
];

/** Registers the checks of attempts whose connection breaks or whose response does not come. */
export function checkBreaking<Ref>(check: Check<Ref>, versioned: boolean): void {
  for (const { fault, code, silent } of faults) {
    check(`a write that meets "${fault}" is ${code} and may land; the next one works`, ['faults'], async scene => {
      const { mine } = scene;
      const slot = slotOf(await scene.discover(), mine);
      const spoiled = scene.spoil('writes', fault);
      const work = scene.deliver(slot, scene.credentials(mine), silent && { end: spoiled.met });
      assertMayLand(await failureOf(`a write that meets "${fault}"`, work), code, `${spoiled.asked()} met "${fault}"`);
      scene.mend();
      await scene.deliver(slot, scene.credentials(mine));
    });

    check(`a discovery that meets "${fault}" ends with ${code}`, ['faults'], async scene => {
      const spoiled = scene.spoil('all', fault);
      const failure = await failureOf(`a discovery that meets "${fault}"`, scene.discover(silent && { end: spoiled.met }));
      assertCode(failure, code, `${spoiled.asked()} met "${fault}"`);
      assert.equal(failure.facts.mayLand, undefined, `${spoiled.asked()} wrote nothing: nothing must be said of what may land`);
    });
  }
  checkLateWrite(check, versioned);

  check('an abort leaves no socket', ['faults'], async scene => {
    const slot = slotOf(await scene.discover(), scene.mine);
    const spoiled = scene.spoil('all', 'hang');
    await failureOf('a write that hangs', scene.deliver(slot, scene.credentials(scene.mine), { end: spoiled.met }));
    await scene.patience.until(`no connection is open since ${spoiled.asked()} was given up`, () => scene.double.sockets.size === 0);
  });
}

function checkLateWrite<Ref>(check: Check<Ref>, versioned: boolean): void {
  const what = versioned ? 'is refused' : 'lands';
  check(`a late write ${what} over a newer one, and is known to be late`, ['faults', 'passwords'], async scene => {
    const { mine, patience } = scene;
    const before = await scene.discover();
    const [late, newer] = [scene.credentials(mine), scene.credentials(mine)];
    const isHeld = async (given: Credentials): Promise<boolean> => (await scene.holds(before, mine)) === passwordIn(given, mine);
    const { promise: after, resolve: land } = Promise.withResolvers<void>();
    const spoiled = scene.spoil('writes', { after });
    const work = scene.deliver(slotOf(before, mine), late, { end: spoiled.met });
    const failure = await failureOf('a write that is answered after the deadline', work);
    assertMayLand(failure, 'TIMEOUT', `${spoiled.asked()} was not answered before the deadline`);
    scene.mend();
    await scene.deliver(slotOf(before, mine), newer);
    land();
    if (!versioned) {
      const what = `${spoiled.asked()} came late: its password is held (set versioned: true if the manager refuses late writes)`;
      return patience.until(what, () => isHeld(late));
    }
    // The manager has processed the late write by the time it answers the next request.
    await scene.discover();
    assert.ok(await isHeld(newer), `${spoiled.asked()} came late, with a former version: it must be refused`);
  });
}

function assertMayLand(failure: Failure, code: FailureCode, asked: string): void {
  assertCode(failure, code, asked);
  assert.equal(failure.facts.mayLand, true, `${asked}, and nobody knows whether it lands: facts.mayLand must be true`);
}
