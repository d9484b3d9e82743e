/**
 * `npm test [-- OPTION...] [FILE...]`: the tests in these files, or all but those with real programs. An OPTION is one
 * of `node --test`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { built } from './built.ts';
import { chosen, processesFor } from './processes.ts';

const root = join(import.meta.dirname, '..');
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts') && !name.startsWith('real/'))
  .sort()
  .map(name => join(import.meta.dirname, name));
const folder = mkdtempSync(join(tmpdir(), 'npm-test-'));

/**
 * Writes a module that imports the files, and returns its path. node:test starts modules in the order of their names.
 */
function together(some: readonly string[], nr: number): string {
  const path = join(folder, `${`${nr}`.padStart(3, '0')}.mjs`);
  writeFileSync(path, some.map(file => `import '${pathToFileURL(file)}';\n`).join(''));
  return path;
}

const { named, options: given, absent } = chosen(process.argv.slice(2), files, process.env['INIT_CWD'] ?? root);
if (absent.length > 0) {
  process.stderr.write(`npm test has no ${absent.join(', ')}. Those of test/real/ run by npm run test:real -- PART.\n`);
  process.exit(2);
}
// Builds once, before several processes would do so at the same time.
await built();
const entries = processesFor(named.length > 0 ? named : files).map(together);
const preloads = ['scripts/least.cjs', 'test/unwatched.cjs'].flatMap(name => ['-r', join(root, name)]);
// Simulations allocate many short-lived objects: a larger semi-space lets V8 collect less often.
const room = ['--min-semi-space-size=16', '--max-semi-space-size=32'];
const options = ['--test', '--test-concurrency=6', '--test-timeout=300000', '--test-reporter=spec', ...given];
const { status } = spawnSync(process.execPath, [...room, ...preloads, ...options, ...entries], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') },
});
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
