import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../config/support.ts';

const needs = join(import.meta.dirname, '../real/needs.ts');

/** Runs a part that needs podman-compose, with one on PATH that prints this help. */
async function partWith(help: string, env: Readonly<Record<string, string>> = {}) {
  await using files = await folder();
  await mkdir(files.at('bin'));
  await writeFile(files.at('bin/podman-compose'), `#!/bin/sh\necho '${help}' >&2\nexit 1\n`);
  await chmod(files.at('bin/podman-compose'), 0o755);
  const body = `import { part } from ${JSON.stringify(needs)};
import { test } from 'node:test';
part('a part', { programs: ['podman-compose'] }, () => test('it runs', () => undefined));\n`;
  await writeFile(files.at('part.test.mjs'), body);
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', files.at('part.test.mjs')], {
    encoding: 'utf8',
    env: { PATH: files.at('bin'), XDG_CACHE_HOME: files.at('cache'), ...env },
  });
  return { status, stdout, path: files.at('bin/podman-compose') };
}

test('a program in a version that lacks what is asked is skipped aloud, as a missing one is', async () => {
  const enough = await partWith('usage: podman-compose {config,up}');
  assert.deepEqual([enough.status, /ok 1 - it runs/.test(enough.stdout)], [0, true], enough.stdout);

  const old = await partWith('usage: podman-compose {up,down}');
  assert.equal(old.status, 0);
  assert.doesNotMatch(old.stdout, /it runs/);
  assert.match(
    old.stdout,
    /SKIP NOT SHOWN HERE: needs podman-compose in another version than .*\/podman-compose: `--help` must say \/.*config.*PyPI/,
  );

  const all = await partWith('usage: podman-compose {up,down}', { TEST_REAL: 'all' });
  assert.equal(all.status, 1, 'where everything must be shown it fails');
});
