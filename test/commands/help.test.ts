import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Command, commands } from '../../src/commands/list.ts';
import { command } from './cli.ts';

const all: readonly (readonly [words: readonly string[], command: Command])[] = Object.entries(commands).flatMap(([name, one]) => [
  [[name], one] as const,
  ...('verbs' in one ? Object.entries(one.verbs).map(([verb, leaf]) => [[name, verb], leaf] as const) : []),
]);
const helps = async (): Promise<string[]> =>
  Promise.all([['--help'], ...all.map(([words]) => [...words, '--help'])].map(async args => (await command(args)).stdout));

test('no help is wider than 80 columns', async () => {
  for (const text of await helps()) for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

test('a sentence of a help is whole, so that none is broken but by the width', () => {
  for (const [words, { more = [] }] of all)
    for (const line of more.filter(one => typeof one === 'string'))
      assert.match(line, /[.]$|^(bash|zsh|fish): /, `${words.join(' ')}: ${line}`);
});

test('the page of commands names each command, and those that print JSON', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/commands.md'), 'utf8');
  for (const name of Object.keys(commands)) assert.match(page, new RegExp(`^\\| \`${name}\\b`, 'm'), name);
  const [, sentence = ''] = /^(.*) print JSON with `--json`/m.exec(page) ?? [];
  const told = [...sentence.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  const able = all.flatMap(([words, { more = [] }]) => (more.some(([term]) => term === '--json') ? [words.join(' ')] : []));
  assert.deepEqual(new Set(told), new Set(able));
});

test('every option that takes part in what a command prints is in its usage', () => {
  for (const [words, { usage, more = [] }] of all)
    if (!words.includes('kubelet') && more.some(([term]) => term === '--json')) assert.match(usage, /--json/, words.join(' '));
});

test('the options of a configuration may stand before the command', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ecr-courier-'));
  const file = join(folder.path, 'courier.yaml');
  writeFileSync(file, `targets: [{kind: docker-config, path: ${folder.path}/config.json}]`);
  for (const before of [['--config', file], [`--config=${file}`], ['-c', file], [`-c${file}`], ['--log-level', 'debug', '-c', file]]) {
    const { code, stdout, stderr } = await command([...before, 'config', 'check']);
    assert.deepEqual([code, stdout.slice(0, 42)], [0, 'configuration is fine: 1 target (docker-co'], stderr);
  }
  assert.match((await command(['-c', file, 'staus'])).stderr, /did you mean status/);
  // The value of an option is not taken for a command.
  assert.match((await command(['config', '-c', 'check', 'show'])).stderr, /does not exist/);
});

test('what the command line lacks, or has too much, is said in one sentence', async () => {
  for (const [args, said] of [
    [['status', '--target'], '--target needs a value behind it'],
    [['check', '-c'], '--config needs a value behind it'],
    [['status', '--target', '--json'], '--target needs a value behind it'],
    [['status', '--json=1'], '--json takes no value'],
    [['once', 'now'], 'now is too much: only options are taken'],
    [['notify'], 'test is missing'],
    [['config'], 'show, check or schema is missing'],
    [['config', 'frobnicate'], 'there is no config frobnicate, but show, check or schema'],
    [['demo', '--log-level', 'loud'], 'loud is not a level of the log: debug, info, warn, error'],
  ] as const) {
    const { code, stderr } = await command([...args]);
    assert.deepEqual([code, stderr.split('\n')[0]?.replace(/^ecr-courier [^:]*: /, '')], [2, said]);
  }
});

test('every option that a usage names is explained by its help', async () => {
  for (const [words, { usage, bare }] of all) {
    const { stdout } = await command([...words, '--help']);
    const [, ...rest] = stdout.split('\n\n');
    for (const [option] of usage.matchAll(/--[a-z][\w-]*/g))
      assert.match(rest.join('\n\n'), new RegExp(`^ {2}(-., )?${option}\\b`, 'm'), `${words.join(' ')} ${bare}`);
  }
});

test('a word that is nearly a command, or nearly a verb, is guessed', async () => {
  for (const [args, expected] of [
    [['statsu'], 'there is no such command: did you mean status?'],
    [['Refresh'], 'did you mean refresh?'],
    [['config', 'chekc'], 'did you mean check?'],
    [['helper', 'instal'], 'did you mean install?'],
  ] as const) {
    const { code, stderr } = await command([...args]);
    assert.equal(code, 2);
    assert.ok(stderr.includes(expected), stderr);
  }
  assert.doesNotMatch((await command(['frobnicate'])).stderr, /did you mean/);
});

test('bash completes commands, verbs and options', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ecr-courier-'));
  const script = join(folder.path, 'completion.bash');
  writeFileSync(script, (await command(['completion', 'bash'])).stdout);
  const completed = (...words: string[]): string[] => {
    const said = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        'set -u; source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ecr_courier; printf "%s\\n" "${COMPREPLY[@]}"',
        script,
        ...words,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(said.stderr, '');
    return said.stdout.split('\n').filter(Boolean);
  };
  assert.deepEqual(completed('ecr-courier', ''), Object.keys(commands));
  assert.deepEqual(completed('ecr-courier', 'ref'), ['refresh']);
  assert.deepEqual(completed('ecr-courier', 'config', ''), ['show', 'check', 'schema']);
  assert.deepEqual(completed('ecr-courier', 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(completed('ecr-courier', '-c', 'courier.yaml', 'sta'), ['status']);
  assert.deepEqual(completed('ecr-courier', '--log-level', 'debug', 'config', 'sh'), ['show']);
  assert.deepEqual(completed('ecr-courier', '-c', 'cou'), [], 'files are left to the shell');
  assert.deepEqual(completed('ecr-courier', '--conf'), ['--config']);
  assert.deepEqual(completed('ecr-courier', 'kubelet', 'install', '--bin'), ['--bin-dir']);
  assert.deepEqual(completed('ecr-courier', 'check', 'host/image', '--l'), ['--layer', '--listen', '--log-level', '--log-format']);
  assert.deepEqual(completed('ecr-courier', 'why', '--'), ['--json', '--help']);
  assert.deepEqual(completed('ecr-courier', 'check', 'ho'), [], 'files are left to the shell');
  assert.deepEqual(completed('ecr-courier', 'token', '--format', ''), ['docker-auth-config', 'env', 'auth-json', 'k8s-secret']);
  assert.deepEqual(completed('ecr-courier', 'policy', 'pull', 'host/image', '--format', ''), ['json', 'terraform']);
  assert.deepEqual(completed('ecr-courier', 'policy', 'po'), ['pod-identity']);
  assert.deepEqual(completed('ecr-courier', 'policy', 'pull', '--part', 'r'), ['repository', 'registry']);
  assert.deepEqual(completed('ecr-courier', 'kubelet', 'config', '--token-mode', ''), ['optional', 'required']);
  assert.deepEqual(completed('ecr-courier', 'kubelet', 'install', '--spelling', 'd'), ['dual-stack']);
  for (const line of [['--log-level'], ['status', '--log-level'], ['config', 'show', '--log-level']])
    assert.deepEqual(completed('ecr-courier', ...line, ''), ['debug', 'info', 'warn', 'error'], line.join(' '));
  for (const line of [
    ['kubelet', 'install', '--bin-dir'],
    ['helper', '--config'],
    ['explain', '--provider-config'],
  ])
    assert.deepEqual(completed('ecr-courier', ...line, ''), [], `${line.join(' ')}: files are left to the shell`);
});

test('a shell that is not known is named with those that are', async () => {
  for (const args of [['completion'], ['completion', 'tcsh'], ['completion', 'bash', 'zsh']]) {
    const { code, stderr } = await command(args);
    assert.deepEqual([code, /one of bash, zsh, fish is needed/.test(stderr)], [2, true]);
  }
});
