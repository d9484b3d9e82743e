import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../config/support.ts';

const root = join(import.meta.dirname, '../..');
const least = join(root, 'scripts/least.cjs');
const { scripts, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
  engines: { node: string };
};

test('every script that Node runs looks at its version first', () => {
  const looks = Object.values(scripts).filter(script => /\bnode\b/.test(script));
  assert.ok(looks.length > 5);
  for (const script of looks) assert.match(script, /\bnode -r \.\/scripts\/least\.cjs /);
});

test('a Node that is too old says which one is needed and how one gets it; all others go on', async () => {
  const number = engines.node.replace('>=', '');
  const [major = '', minor = ''] = number.split('.');
  await using files = await folder();
  for (const [version, enough] of [
    ['20.20.2', false],
    [`${major}.${Number(minor) - 1}.9`, false],
    [`${major}.${minor}.0`, true],
    [`${Number(major) + 1}.0.0`, true],
  ] as const) {
    // Run in a folder without packages: the script must load with nothing but syntax that every Node knows.
    const code = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); require(${JSON.stringify(least)}); console.log('on');`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', cwd: files.path });
    assert.deepEqual([status, stdout], enough ? [0, 'on\n'] : [1, ''], version);
    if (!enough) assert.match(stderr, new RegExp(`^This needs Node ${number} or newer; this is ${version} .*\nRun \`npm ci\` without`));
  }
});

test('whoever hands on JSON is told of what npm writes before it', () => {
  const run = (args: readonly string[], env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['-r', least, '-e', '', '--', ...args], {
      encoding: 'utf8',
      env: { ...process.env, npm_config_loglevel: '', ...env },
    });
  const start = { npm_lifecycle_event: 'start' };
  assert.match(run(['why', '-', '--json'], start).stderr, /Without it: npm start -s -- COMMAND --json\n$/);
  for (const [args, env] of [
    [['why', '-'], start],
    [['why', '-', '--json'], { ...start, npm_config_loglevel: 'silent' }],
    [['why', '-', '--json'], { npm_lifecycle_event: 'test' }],
  ] as const)
    assert.equal(run(args, env).stderr, '');
});

test('`npm ci` warns of no Node that only it runs on, and still says what is wrong', async () => {
  await using files = await folder();
  for (const name of ['.npmrc', 'package.json', 'package-lock.json']) copyFileSync(join(root, name), files.at(name));
  // Use the Node of this machine, because the one in node_modules is never too old.
  const places = (process.env['PATH'] ?? '').split(delimiter).filter(place => !place.includes('node_modules'));
  const variables = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = { ...Object.fromEntries(variables), PATH: places.join(delimiter) };
  const install = () =>
    spawnSync('npm', ['ci', '--dry-run', '--offline', '--no-audit', '--no-fund'], { encoding: 'utf8', cwd: files.path, env });

  const { status, stderr } = install();
  assert.deepEqual([status, stderr], [0, '']);
  copyFileSync(least, files.at('package.json'));
  assert.match(install().stderr, /EJSONPARSE/);
});
