import { describe, test } from 'node:test';
import type { OptionSpecs } from '../../src/contract/adapter.ts';
import { checkAnswering } from './contract/answering.ts';
import { checkBreaking } from './contract/breaking.ts';
import { checkKeeping } from './contract/keeping.ts';
import { checkLooking } from './contract/looking.ts';
import { makePatience } from './contract/patience.ts';
import { type Need, openScene, type Scene, type Subject } from './contract/scene.ts';
import type { Suite } from './contract/stage.ts';
import { checkWriting } from './contract/writing.ts';

export type { Double, Stage, Suite } from './contract/stage.ts';

/** Registers one check of the adapter. A check that needs what the stage lacks is skipped, with the reason. */
export type Check<Ref> = (name: string, subjects: readonly Subject[], play: (scene: Scene<Ref>) => Promise<void>) => void;

const reasons: Readonly<Record<Need, string>> = {
  faults: 'the stage has no double, and no option that holds an address before which a proxy could make faults',
  passwords: 'the stage does not show which password is stored: it has no passwordOf',
};

/** Registers tests of the behaviour that the contract requires of every adapter. */
export function testAdapter<S extends OptionSpecs, F extends string, Ref>(suite: Suite<S, F, Ref>): void {
  const patience = makePatience(suite.patienceMs);
  let lacks: ReadonlySet<Need> = new Set();
  const { keeps = 'servers', creates = 'entries' } = suite;
  const check: Check<Ref> = (name, subjects, play) => {
    if (keeps === 'files' && subjects.includes('faults')) return;
    if (creates === 'nothing' && subjects.includes('creations')) return;
    const needs = subjects.filter(subject => subject !== 'creations');
    test(name, async t => {
      const missing = (): Need | undefined => needs.find(need => lacks.has(need));
      const known = missing();
      // All stages of a suite lack the same: skip before starting one, which on a real server would create and remove
      // entries for nothing.
      if (known) return t.skip(reasons[known]);
      await using scene = await openScene(suite, patience);
      ({ lacks } = scene);
      const lacking = missing();
      if (lacking) return t.skip(reasons[lacking]);
      await play(scene);
      scene.assertNoSecret();
    });
  };

  describe(`${suite.adapter.kind}: the contract of all adapters`, () => {
    checkLooking(check);
    checkWriting(check);
    checkAnswering(check, suite.codes);
    checkBreaking(check, suite.versioned ?? false);
    if (keeps === 'files') checkKeeping(check);
  });
}
