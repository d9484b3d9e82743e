import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { secureContextOf } from '../../src/io/context.ts';

test('what is trusted is taken in once for each content of a CA file, and anew when that changes', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'courier-'));
  t.after(() => rm(folder, { recursive: true }));
  const caFile = join(folder, 'ca.pem');
  const take = async (name: string) => {
    await writeFile(caFile, await readFile(join(import.meta.dirname, 'certificates', `${name}.pem`)));
    const [one, two] = await Promise.all([secureContextOf({ caFile }, {}), secureContextOf({ caFile }, {})]);
    assert.ok(one);
    assert.equal(one, two, 'as long as the file is the same');
    return one;
  };
  const first = await take('ca');
  assert.notEqual(await take('self-signed'), first);
  assert.equal(await take('ca'), first);
  const authorities = await readFile(join(import.meta.dirname, 'certificates', 'self-signed.pem'), 'utf8');
  assert.notEqual(await secureContextOf({ caFile, authorities }, {}), first, 'others are trusted as well');
  await writeFile(caFile, 'nothing');
  await assert.rejects(secureContextOf({ caFile }, {}), /holds no certificate in PEM/);
});
