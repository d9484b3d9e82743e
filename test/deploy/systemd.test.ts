import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { variables } from '../../config/env.ts';
import { load } from '../../config/load.ts';
import { environmentFile, execStart, valuesOf } from './unit.ts';

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  name: string;
  bin: Record<string, string>;
  files: string[];
};
const credentials = await mkdtemp(join(tmpdir(), 'courier-credentials-'));
after(() => rm(credentials, { recursive: true }));

test('the unit runs what the package installs, and the package brings the unit', () => {
  assert.equal(execStart().script, `/usr/local/lib/node_modules/${manifest.name}/${manifest.bin['ecr-courier']}`);
  assert.ok(manifest.files.includes('deploy'));
});

test('Node gets the same options in the unit and in the image', () => {
  const entrypoint = /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8'))?.[1] ?? '[]';
  const [, ...command] = JSON.parse(entrypoint) as string[];
  assert.deepEqual(execStart().options, command.slice(0, -1));
});

test('the environment file with the credentials of the unit is a configuration without a mistake or a warning', async () => {
  const names = valuesOf('LoadCredential').map(value => value.split(':')[0] ?? '');
  for (const name of names) await writeFile(join(credentials, name), 'ptr_key', { mode: 0o400 });
  const { targets, warnings } = await load({ env: { ...environmentFile().set, CREDENTIALS_DIRECTORY: credentials }, adapters });
  assert.deepEqual(
    targets.map(({ name, options }) => [name, options['apiKey']]),
    [['portainer', { file: join(credentials, 'portainer-api-key') }]],
  );
  assert.deepEqual(warnings, []);
});

test('what the environment file offers is known', () => {
  const known = new Set(variables(adapters).map(({ name }) => name));
  assert.deepEqual(
    environmentFile().offered.filter(name => !known.has(name)),
    [],
  );
});
