import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import { adapters } from '../../adapters/index.ts';
import { type Table } from '../../config/field.ts';
import { load } from '../../config/load.ts';
import { renderReference } from '../../config/reference.ts';
import { alias, groups, roles, source } from '../../config/schema.ts';
import { targetTable } from '../../config/target-options.ts';
import { configOptions } from '../../src/commands/io.ts';
import { cronMistake } from '../../src/courier/schedule.ts';
import { folder, adapters as madeUp, read } from './support.ts';

const root = join(import.meta.dirname, '../..');
const example = join(root, 'config/example.yaml');
const sideBySide = join(root, 'config/side-by-side.yaml');
/** The adapters that have a guide. The examples show these. */
const guided = adapters.filter(({ kind }) => existsSync(join(root, 'docs', `${kind}.md`)));

test('the reference lists every option and variable, those of a made-up adapter too', () => {
  const text = renderReference(madeUp);

  for (const word of ['`passwordFile`', '`DEPOT_PASSWORD_FILE`', '`DEPOT_TLS_FINGERPRINT`', '`--log-level`', '`LISTEN_PORT`'])
    assert.ok(text.includes(word), word);
  assert.ok(text.includes('Needs `apiKey`, or `username` and `password`.'));
});

for (const name of readdirSync(join(root, 'config')).filter(name => name.endsWith('.yaml')))
  test(`${name} loads without a warning`, async () => {
    const { warnings } = await load({ files: [join(root, 'config', name)], env: {}, adapters, checkCron: cronMistake });
    assert.deepEqual(warnings, []);
  });

test('example.yaml shows every option', async () => {
  const document = parseDocument(await readFile(example, 'utf8'));
  const shown = document.toJS() as Record<string, Record<string, unknown>[] | Record<string, unknown>>;
  const keys = (value: unknown): string[] => [value].flat().flatMap(entry => Object.keys(entry as object));
  const lacks = (table: Table, entries: unknown): string[] => {
    const there = keys(entries).flatMap(key => [key, key.replace(/File$/, '')]);
    return Object.keys(table).filter(key => !there.includes(key) && !there.includes(key.replace(/File$/, '')));
  };

  assert.deepEqual(lacks(source, shown['sources']), []);
  assert.deepEqual(
    lacks(
      roles,
      [shown['sources']].flat().flatMap(entry => entry?.['roles'] ?? []),
    ),
    [],
  );
  assert.deepEqual(lacks(alias, shown['aliases']), []);
  const targets = [shown['targets']].flat();
  assert.ok(guided.length > 0);
  for (const adapter of guided) {
    const ofKind = targets.filter(entry => entry?.['kind'] === adapter.kind);
    const isOwn = (key: string): boolean => Object.hasOwn(adapter.options, key.replace(/File$/, ''));
    assert.deepEqual(lacks(targetTable(adapter), ofKind).filter(isOwn), [], adapter.kind);
    // Options of every target are shown once, under any kind.
    assert.deepEqual(lacks(targetTable(adapter), targets), []);
  }
  assert.deepEqual(
    Object.keys(groups).filter(name => !(name in shown)),
    [],
  );
});

test('side-by-side.yaml has one target of each kind', async () => {
  const { targets, sources } = await load({ files: [sideBySide], env: {}, adapters, checkCron: cronMistake });

  assert.deepEqual(targets.map(({ kind }) => kind).sort(), guided.map(({ kind }) => kind).sort());
  assert.deepEqual(
    sources.map(({ name }) => name),
    ['default'],
    'one AWS identity for all',
  );
});

test('of every key pair both halves can come from files', () => {
  const names = adapters.flatMap(adapter => Object.values(targetTable(adapter)).flatMap(({ env }) => env ?? []));
  const halves = names.filter(name => /_(USERNAME|PASSWORD|ACCESS_KEY|SECRET_KEY|API_KEY|TOKEN)$/.test(name));

  assert.ok(halves.includes('CATTLE_ACCESS_KEY'));
  assert.deepEqual(
    halves.filter(name => !names.includes(`${name}_FILE`)),
    [],
  );
});

test('the flags of the tables are those of the command line', () => {
  const flags = Object.values<Table>(groups).flatMap(table => Object.values(table).flatMap(({ flag }) => flag ?? []));

  assert.deepEqual(['config', ...flags].sort(), Object.keys(configOptions).sort());
});

test('an option of an adapter may not have the name of one that every target has', async () => {
  const [depot] = madeUp;
  assert.ok(depot);
  const twisted = { ...depot, options: { ...depot.options, create: { doc: 'No.', format: 'boolean' as const, default: false } } };
  await using files = await folder({ 'courier.yaml': 'targets: [{kind: depot}]' });

  await assert.rejects(read({ files: [files.at('courier.yaml')], adapters: [twisted] }), /Adapter depot: the option name create is taken/);
});
