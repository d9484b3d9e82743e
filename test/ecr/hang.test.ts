import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { makeSources } from '../../src/ecr/source.ts';
import { awsDispatcher } from '../../src/io/http.ts';
import { registry } from '../courier/rig.ts';

test('a credential process that hangs is named, and is started once, however often a token is asked for', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chain-'));
  t.after(() => rm(folder, { recursive: true }));
  const starts = join(folder, 'starts');
  await writeFile(join(folder, 'config'), `[default]\ncredential_process = /bin/sh -c "echo started >> ${starts}; exec sleep 5"\n`);
  // The AWS client reads the process's own variables.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') });
  const source = makeSources([], { dispatcher: awsDispatcher({ env: {} }), clock, env: process.env, fetchMs: 700 }).all[0];
  assert.ok(source);

  for (let tries = 0; tries < 3; tries++) {
    const thrown: unknown = await source.fetch(registry(), new AbortController().signal).catch((error: unknown) => error);
    assert.ok(thrown instanceof Failure);
    assert.equal(thrown.code, 'TIMEOUT');
    assert.match(thrown.message, /credential process/);
  }
  assert.equal(await readFile(starts, 'utf8'), 'started\n');
});
