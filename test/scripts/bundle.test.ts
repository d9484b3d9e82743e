import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { bundle } from '../../scripts/bundle.ts';

test('a Node that is too old says so: what it lacks is not used before', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ecr-courier-'));
  await bundle({ main: 'src/main.ts' }, folder.path);
  // This Node without what Node 18 lacks.
  const old = join(folder.path, 'old.mjs');
  writeFileSync(
    old,
    "delete process.getBuiltinModule; Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8', v8: '10.2' } });",
  );
  const ran = promisify(execFile)(process.execPath, ['--import', old, join(folder.path, 'main.js'), '--version']);
  await assert.rejects(ran, ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^ecr-courier needs Node 24\.12 or newer; this is 18\.20\.8 \(.*\)\.\n$/);
    return true;
  });
});
