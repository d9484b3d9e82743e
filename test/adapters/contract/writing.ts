import assert from 'node:assert/strict';
import type { Slot } from '../../../src/contract/target.ts';
import type { Check } from '../contract.ts';
import { defined, idsOf, passwordIn, slotOf } from './scene.ts';

const notTheGiven = (host: string): string => `the manager must hold for ${host} the password that was delivered last, exactly`;

/** Registers the checks of deliveries without faults. */
export function checkWriting<Ref>(check: Check<Ref>): void {
  check('updates in place, any number of times', [], async scene => {
    const before = await scene.discover();
    for (const host of [...scene.hosts, ...scene.hosts]) {
      const { change } = await scene.deliver(slotOf(before, host), scene.credentials(host));
      assert.notEqual(change, 'created', `a delivery to what is there for ${host} must not say that it created it`);
    }
    const after = await scene.discover();
    assert.deepEqual(idsOf(after), idsOf(before), 'a delivery to what is there must add, remove and rename no slot');
    for (const host of scene.hosts) assert.equal(slotOf(after, host)?.state, 'present', `${host} was written: it must be found as present`);
  });

  check('stores exactly the password that it is given, and touches no other', ['passwords'], async scene => {
    const { mine, other } = scene;
    const before = await scene.discover();
    const kept = await scene.holds(before, other);
    for (const given of [scene.credentials(mine), scene.credentials(mine)]) {
      await scene.deliver(slotOf(before, mine), given);
      assert.equal(await scene.holds(before, mine), passwordIn(given, mine), notTheGiven(mine));
      assert.equal(await scene.holds(before, other), kept, `what is held for ${other} must stay as it was: only ${mine} was delivered`);
    }
  });

  check('writes each slot, those that come after another one last', [], async scene => {
    const before = await scene.discover();
    const given = scene.credentials(...scene.own(before).flatMap(({ registries }) => registries.map(({ host }) => host)));
    for (const slot of inOrder(scene.own(before))) {
      const own = new Map(slot.registries.flatMap(({ host }) => [...given].filter(([name]) => name === host)));
      await scene.deliver(slot, own);
    }
    const after = await scene.discover();
    assert.deepEqual(idsOf(after), idsOf(before), 'a delivery must add, remove and rename no slot');
    for (const { id, state } of scene.own(after)) assert.equal(state, 'present', `the slot ${id} was written: it must be found as present`);
  });

  check('writes nothing where it is given nothing', [], async scene => {
    const slots = scene.own(await scene.discover());
    for (const slot of slots.filter(({ registries }) => registries.length > 0)) {
      const { change } = await scene.deliver(slot, new Map());
      assert.equal(change, 'unchanged', `a delivery of no credential to ${slot.id} must change nothing, and say so`);
    }
    assert.deepEqual(scene.writes(), [], 'a delivery of no credential must write nothing');
  });

  check('keeps what it is not given', ['passwords'], async scene => {
    const { mine } = scene;
    const before = await scene.discover();
    const kept = await scene.holds(before, mine);
    // Gives every credential of the slot but that of `mine`; a slot with one registry is given none.
    for (const slot of before.slots.filter(({ registries }) => registries.some(({ host }) => host === mine)))
      await scene.deliver(slot, scene.credentials(...slot.registries.map(({ host }) => host).filter(host => host !== mine)));
    assert.equal(await scene.holds(before, mine), kept, `what is held for ${mine} must stay: no credential was given for it`);
  });

  check('creates only when told, once, and says under which id', ['creations'], async scene => {
    const { absent } = scene;
    const wishes = { wanted: [absent] };
    const before = await scene.discover(wishes);
    const slot = defined(slotOf(before, absent), `${absent} is wanted and not there: it must be found as an absent slot`);
    assert.equal(slot.state, 'absent', `${absent} is wanted and not there: it must be found as an absent slot`);
    const others = idsOf({ slots: before.slots.filter(({ id, after }) => id !== slot.id && after !== slot.id) });
    assert.deepEqual(idsOf(await scene.discover()), others, 'a discovery must create nothing');
    const receipt = await scene.deliver(slot, scene.credentials(absent), wishes);
    assert.equal(receipt.change, 'created', 'a delivery to an absent slot must create it, and say so');
    const created = slotOf(await scene.discover(wishes), absent);
    assert.equal(created?.id, receipt.id ?? slot.id, 'the receipt must name the id under which the slot is found from now on');
    assert.equal(created.state, 'present', 'what was created must be found as present');
  });

  check('creates nothing twice where the answer to a creation was lost', ['creations'], async scene => {
    const { absent } = scene;
    const wishes = { wanted: [absent] };
    const before = await scene.discover(wishes);
    const slot = slotOf(before, absent);
    await scene.deliver(slot, scene.credentials(absent), wishes);
    const again = await scene.deliver(slot, scene.credentials(absent), wishes);
    assert.notEqual(again.change, 'created', 'the second delivery to an absent slot must find what the first one created, and write to it');
    const created = again.id ?? slot?.id ?? '';
    const expected = before.slots.map(({ id }) => (id === slot?.id ? created : id)).sort();
    const what = 'a creation that is asked for twice must leave one entry, under the id that the receipt names';
    assert.deepEqual(idsOf(await scene.discover(wishes)), expected, what);
  });

  check('what was created holds what was given last', ['creations', 'passwords'], async scene => {
    const { absent } = scene;
    const wishes = { wanted: [absent] };
    const slot = slotOf(await scene.discover(wishes), absent);
    for (const given of [scene.credentials(absent), scene.credentials(absent)]) {
      await scene.deliver(slot, given, wishes);
      assert.equal(await scene.holds(await scene.discover(wishes), absent), passwordIn(given, absent), notTheGiven(absent));
    }
  });
}

/** Sorts the slots so that each follows the one in its `after`, if that slot is in the list. Fails on a cycle. */
function inOrder<Ref>(slots: readonly Slot<Ref>[]): Slot<Ref>[] {
  const done = new Map<string, Slot<Ref>>();
  while (done.size < slots.length) {
    const waits = new Set(slots.map(({ id }) => id).filter(id => !done.has(id)));
    const next = slots.filter(({ id, after }) => waits.has(id) && (after === undefined || !waits.has(after)));
    assert.notEqual(next.length, 0, `slots must not come after one another in a circle: ${slots.map(({ id }) => id).join(', ')}`);
    for (const slot of next) done.set(slot.id, slot);
  }
  return [...done.values()];
}
