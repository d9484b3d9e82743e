import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { part, path } from './needs.ts';

const folder = join(import.meta.dirname, '../../.github/workflows');
const files = readdirSync(folder).map(name => join(folder, name));

/** Runs actionlint without shellcheck and pyflakes, which it would use on machines that have them. */
function actionlint(args: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(path('actionlint'), ['-shellcheck=', '-pyflakes=', ...args], { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

part('actionlint', { programs: ['actionlint'] }, () => {
  test('understands every line of the workflows', () => {
    const { status, said } = actionlint(files);
    assert.equal(status, 0, said);
    const [first = ''] = files;
    const wrong = readFileSync(first, 'utf8').replace('runs-on:', 'run-on:');
    assert.match(actionlint(['-'], wrong).said, /unexpected key "run-on"/, 'a slip is seen');
  });

  test('what others made is taken by its commit, as a tag may move', () => {
    const uses = files.flatMap(file => [...readFileSync(file, 'utf8').matchAll(/uses: (\S+)/g)].map(([, one = '']) => one));
    assert.ok(uses.length > 5);
    for (const one of uses) assert.match(one, /^\.\/|@[0-9a-f]{40}$/);
  });
});
