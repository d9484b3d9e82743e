import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../config/support.ts';
import { chosen, leavesProcessAlone, longest, processesFor } from '../processes.ts';

const tests = join(import.meta.dirname, '..');
const all = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => join(tests, name));

const alone: Readonly<Record<string, string>> = {
  'a hook before each test': 'beforeEach(() => {});\n',
  'one after each': 'afterEach(async () => {});\n',
  'a variable': `process.env['A'] = 'b';\n`,
  'a variable by name': `process.env.HOME = '/';\n`,
  'all variables': `process.env = {};\n`,
  'a variable less': `delete process.env['A'];\n`,
  'several variables': 'Object.assign(process.env, {});\n',
  'the folder': `process.chdir('/');\n`,
  'who hears of errors': `process.on('uncaughtException', () => {});\n`,
  'the memory': 'const { heapUsed } = process.memoryUsage();\n',
  'flags of V8': `setFlagsFromString('--expose-gc');\n`,
  stacks: 'Error.stackTraceLimit = 0;\n',
  'what it imports does': `import { it } from './support.ts';\n`,
  'what it imports at length does': `import {\n  it,\n} from './support.ts';\n`,
  'what it imports for itself does': `import './support.ts';\n`,
  'what that imports does': `import { it } from './more.ts';\n`,
};
for (const [what, text] of Object.entries(alone))
  test(`a test file has a process of its own: ${what}`, async () => {
    await using files = await folder({
      'a.test.ts': text,
      'support.ts': `beforeEach(() => {});\nexport const it = 1;\n`,
      'more.ts': `export { it } from './support.ts';\n`,
    });
    assert.ok(!leavesProcessAlone(files.at('a.test.ts'), files.at('.')));
  });

test('a test file shares a process: it reads variables, begins and ends with a hook, imports what does the same', async () => {
  const text = `import { it } from './support.ts';\nconst home = process.env['HOME'] === 'x';\nbefore(() => {});\nafter(() => {});\n`;
  await using files = await folder({ 'a.test.ts': text, 'support.ts': `export { test } from './a.test.ts';\n` });
  assert.ok(leavesProcessAlone(files.at('a.test.ts'), files.at('.')));
});

test('each file runs once; a process has files of one folder, ten at most', () => {
  const processes = processesFor(all);
  assert.deepEqual(processes.flat().toSorted(), all.toSorted());
  for (const files of processes) {
    assert.ok(files.length <= 10, `${files}`);
    assert.equal(new Set(files.map(file => file.slice(tests.length + 1).split('/')[0])).size, 1, `${files}`);
  }
  assert.deepEqual(
    processes.slice(0, longest.length),
    longest.map(name => [join(tests, name)]),
    'those that take longest begin first',
  );
  for (const name of ['courier/starvation.test.ts', 'operating/reload.test.ts'])
    assert.ok(
      processes.some(files => files.length === 1 && files[0] === join(tests, name)),
      name,
    );
});

test('names of test files are told from options, relative to where npm was called', () => {
  const [a, b] = ['io/http.test.ts', 'app.test.ts'].map(name => join(tests, name));
  const args = ['--test-name-pattern', 'a word', 'http.test.ts', '../app.test.ts', 'real/helm.test.ts', '--test-skip-pattern=x.test.ts'];
  assert.deepEqual(chosen(args, [`${a}`, `${b}`], join(tests, 'io')), {
    named: [a, b],
    options: ['--test-name-pattern', 'a word', '--test-skip-pattern=x.test.ts'],
    absent: ['real/helm.test.ts'],
  });
});
