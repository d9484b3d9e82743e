import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as contract from '../../src/contract/index.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** All words in code spans and code blocks of the guide for authors of adapters. */
const told = new Set([...read('docs/adapters.md').matchAll(/```.*?```|`[^`\n]+`/gs)].flatMap(([code]) => code.match(/\w+/g) ?? []));

/** The two levels of a log that adapters do not get, as the guide says. */
const notHanded = ['Log.warn', 'Log.error'];

/** Returns the members of the interfaces in a file, such as `Slot.id` and `Http.lines`. */
function membersOf(file: string): readonly string[] {
  const interfaces = [...read(`src/contract/${file}.ts`).matchAll(/^(?:export )?interface (\w+).*?\{\n(.*?)^\}/gms)];
  return interfaces.flatMap(([, name, body = '']) =>
    [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(([, member]) => `${name}.${member}`),
  );
}

test('the guide tells each member of the contract', () => {
  const members = ['adapter', 'target', 'http', 'files', 'failures', 'credential', 'registry', 'clock'].flatMap(membersOf);
  assert.ok(members.length > 100, `${members.length} members`);
  const untold = members.filter(member => !notHanded.includes(member) && !told.has(member.replace(/^.*\./, '')));
  assert.deepEqual(untold, []);
});

test('the guide tells each value that the contract exports', () => {
  assert.deepEqual(
    Object.keys(contract).filter(name => !told.has(name)),
    [],
  );
});
