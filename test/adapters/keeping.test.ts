import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { runTests } from './rig.ts';

/** The check that each fault must fail. */
const faults: Readonly<Record<string, RegExp>> = {
  'swallows-failures': /a write that meets a full disk is BUSY/,
  'unreadable-is-empty': /a discovery that meets a missing right is FORBIDDEN/,
  'goes-around': /a write that meets a full disk is BUSY/,
  'forgets-what-may-land': /a write whose end is not known is told so/,
  'writes-while-looking': /writes nothing where it is given nothing/,
};
/** The names of the failed checks, by kind. */
const failed = new Map<string, string[]>();

before(async () => {
  const { said } = await runTests(join(import.meta.dirname, 'keeping/suites.ts'), '.', {});
  let names: string[] = [];
  for (const [, indent, not, name = ''] of said.matchAll(/^( *)(not )?ok \d+ - (.*)$/gm)) {
    if (indent !== '') {
      if (not) names.push(name);
      continue;
    }
    failed.set(name.split(':')[0] ?? '', names);
    names = [];
  }
});

test('an adapter that keeps a file well passes', () => assert.deepEqual(failed.get('sound'), []));
for (const [kind, check] of Object.entries(faults))
  test(`testAdapter sees that one of files ${kind.replaceAll('-', ' ')}`, () => {
    const names = failed.get(kind) ?? [];
    assert.ok(
      names.some(name => check.test(name)),
      names.join('\n'),
    );
  });
