import assert from 'node:assert/strict';
import type { Check } from '../contract.ts';
import { defined, failureOf, idsOf, slotOf } from './scene.ts';

/** Responses with status 200 that an intermediary may send in place of a list. */
const notLists = [
  ['a login page', '<!doctype html><title>Log in</title>'],
  ['half a list', '[{"id":'],
  ['nothing', ''],
  ['null', 'null'],
  ['an error', '{"error":"log in first"}'],
] as const;

/** Registers the checks that discoveries and rehearsals find what is there and write nothing. */
export function checkLooking<Ref>(check: Check<Ref>): void {
  check('finds what is there, with the same ids each time, and reads only', [], async scene => {
    const [first, second] = [await scene.discover({ readonly: true }), await scene.discover({ readonly: true })];
    assert.deepEqual(idsOf(second), idsOf(first), 'a second discovery must find the same ids: ids may not depend on the moment');
    for (const host of scene.hosts) assert.ok(slotOf(first, host), `${host} must be found`);
    assert.equal(slotOf(first, scene.absent), undefined, 'what is neither there nor wanted is no slot');
    assert.deepEqual(scene.writes(), [], 'a discovery must write nothing');
  });

  check('rehearses each slot without a write, if it rehearses', [], async scene => {
    const wishes = { wanted: [scene.absent], readonly: true };
    const before = scene.own(await scene.discover(wishes));
    for (const slot of before) {
      const given = scene.credentials(...slot.registries.map(({ host }) => host));
      const receipt = await scene.rehearse(slot, given, wishes);
      if (!receipt || receipt.change === 'untried') continue;
      const { change } = receipt;
      assert.equal(change === 'created', slot.state === 'absent', `a rehearsal for ${slot.id} (${slot.state}) said "${change}"`);
    }
    assert.deepEqual(scene.writes(), [], 'a rehearsal must write nothing');
    assert.deepEqual(scene.own(await scene.discover(wishes)), before, 'a rehearsal must leave everything as it was');
  });

  check('a rehearsal leaves the passwords that are there, if it rehearses', ['passwords'], async scene => {
    const { mine } = scene;
    const before = await scene.discover();
    const kept = await scene.holds(before, mine);
    await scene.rehearse(defined(slotOf(before, mine), mine), scene.credentials(mine), { readonly: true });
    assert.equal(await scene.holds(before, mine), kept, `a rehearsal must leave what is held for ${mine}`);
  });

  for (const [name, text] of notLists)
    check(`a discovery that is answered with 200 and ${name} fails: nothing is taken for gone`, ['faults'], async scene => {
      const spoiled = scene.spoil('all', { status: 200, text });
      const failure = await failureOf(`a discovery that is answered with 200 and ${name}`, scene.discover());
      assert.equal(failure.facts.mayLand, undefined, `${spoiled.asked()} wrote nothing: facts.mayLand`);
    });
}
