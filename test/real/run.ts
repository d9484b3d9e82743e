/**
 * `npm run test:real -- [--install] [PART...]`: the tests that need real programs. A PART is the name of a file in this
 * folder, without `.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kubeletPlugins } from './kubelet/harness.ts';
import { install, path } from './needs.ts';

const all = readdirSync(import.meta.dirname).flatMap(name => (name.endsWith('.test.ts') ? [name.replace('.test.ts', '')] : []));
const usage = `usage: npm run test:real -- [--install] [PART...]\nParts: ${all.join(', ')}.\n`;

function read() {
  try {
    return parseArgs({ options: { install: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } }, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}

const { values, positionals } = read();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const unknown = positionals.filter(name => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no part ${unknown.join(', ')}. There are: ${all.join(', ')}.\n`);
  process.exit(2);
}
if (values.install) install();
let parts = positionals.length > 0 ? positionals : all;
// Built here, because the build takes longer than a test may.
if (values.install && parts.includes('kubelet'))
  await kubeletPlugins(path('go')).catch((error: Error) => {
    process.stderr.write(`NOT SHOWN HERE: the part kubelet, as its program could not be built: ${error.message}\n`);
    parts = parts.filter(name => name !== 'kubelet');
  });
const files = parts.map(name => join(import.meta.dirname, `${name}.test.ts`));
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=2', '--test-timeout=300000', ...files],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(values.install ? { TEST_REAL: 'all' } : {}) },
  },
);
process.exit(status ?? 1);
