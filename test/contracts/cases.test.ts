import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildPrograms } from './cases/program.ts';
import { report, runFile } from './cases.ts';

const programs = await buildPrograms();
after(() => programs[Symbol.asyncDispose]());

const folder = import.meta.dirname;
const files = readdirSync(folder).filter(name => /^(credential-helper|kubelet-plugin).*\.json$/.test(name));

for (const name of files)
  test(`our program does what is decided: ${name}`, async () => {
    const results = await runFile(join(folder, name), programs);
    assert.ok(results.length > 0);
    const failed = results.filter(({ differences }) => differences.length > 0);
    assert.equal(failed.length, 0, failed.map(report).join('\n'));
  });
