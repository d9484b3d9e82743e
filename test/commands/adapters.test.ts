import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { ConfigError } from '../../config/config-error.ts';
import { knownAdapters } from '../../src/commands/adapters.ts';
import { isOurs } from '../../src/commands/stray.ts';
import { folder } from '../config/support.ts';
import { cli, startCli, until } from './cli.ts';

const ours = adapters.map(({ kind }) => kind);

/**
 * The source of a module that defines an adapter. `more` comes after the members of a good adapter, and so overrides
 * them.
 */
const moduleOf = (more = '', kind = 'hangar'): string => `
  import { defineAdapter, Failure } from 'ecr-courier/adapter';
  export const Thrown = Failure;
  export default defineAdapter({
    kind: '${kind}', doc: 'A hangar.', options: { url: { doc: 'Its address.', format: 'url', env: '${kind.toUpperCase()}_URL' } },
    limits: { concurrency: 1, discoverMs: 1000, deliverMs: 1000 }, findings: {},
    create: ({ url }) => ({ address: url, discover: async () => ({ slots: [], findings: [] }), deliver: async () => ({ change: 'unchanged' }) }),
    ${more}
  });`;

/** Returns the mistakes, each with the name of its module in front. */
async function mistakesOf(files: Readonly<Record<string, string>>, named = Object.keys(files).map(name => `./${name}`)): Promise<string[]> {
  await using made = await folder(files);
  const error = await knownAdapters({ ECR_COURIER_ADAPTERS: named.join(',') }, made.path).then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError);
  assert.ok(error.mistakes.every(({ origin }) => origin === 'ECR_COURIER_ADAPTERS'));
  return error.mistakes.map(({ message }) => message.replaceAll(made.path, ''));
}

test('without the variable there are those of the courier', async () => {
  assert.deepEqual(
    (await knownAdapters({})).map(({ kind }) => kind),
    ours,
  );
});

test('files, TypeScript and packages are found from the directory, with nothing installed beside them', async () => {
  await using files = await folder({
    'one.mjs': moduleOf(),
    'two #2.ts': moduleOf('creates: true as boolean,', 'loft'),
    'node_modules/shelf-adapter/package.json': '{"name": "shelf-adapter", "type": "module", "exports": {"import": "./main.js"}}',
    'node_modules/shelf-adapter/main.js': moduleOf('', 'shelf'),
  });

  const known = await knownAdapters({ ECR_COURIER_ADAPTERS: ` ./one.mjs, ${files.at('two #2.ts')},,shelf-adapter` }, files.path);

  assert.deepEqual(
    known.map(({ kind }) => kind),
    [...ours, 'hangar', 'loft', 'shelf'],
  );
});

test('an adapter throws the Failure that the engine knows', async () => {
  await using files = await folder({ 'hangar.mjs': moduleOf('make: () => new Failure("AUTH", "no"),') });
  const { Failure } = await import('../../src/contract/failures.ts');

  const [hangar] = (await knownAdapters({ ECR_COURIER_ADAPTERS: './hangar.mjs' }, files.path)).slice(-1);

  assert.ok((hangar as unknown as { make(): unknown }).make() instanceof Failure);
});

for (const [name, files, expected] of [
  ['throws', { 'a.mjs': '\nthrow new Error("boo");' }, ['./a.mjs: cannot be loaded: boo, at /a.mjs:2']],
  ['has a syntax that Node cannot erase', { 'a.ts': 'enum A { b }' }, [/^\.\/a\.ts: cannot be loaded: TypeScript enum .*, at \/a\.ts:1$/]],
  [
    'imports what is not there',
    { 'a.mjs': 'import "nowhere"' },
    [/cannot be loaded: Cannot find package 'nowhere' imported from \/a\.mjs$/],
  ],
  ['asks too much of the contract', { 'a.mjs': 'import { all } from "ecr-courier/adapter"' }, [/does not provide an export named 'all'/]],
  ['has no adapter', { 'a.mjs': 'export const hangar = 1;' }, [/^\.\/a\.mjs: exports no adapter: `export default defineAdapter/]],
  ['has a kind of ours', { 'a.mjs': moduleOf('', 'portainer') }, [/kind portainer already: from the courier itself$/]],
  [
    'has a kind of another',
    { 'a.mjs': moduleOf(), 'b.mjs': moduleOf() },
    ['./b.mjs: there is an adapter of the kind hangar already: from ./a.mjs'],
  ],
  [
    'has a variable of ours',
    { 'a.mjs': moduleOf('options: { url: { doc: "A.", format: "url", env: "PORTAINER_URL" } }') },
    ['./a.mjs: the adapter hangar: the variable PORTAINER_URL has a meaning already'],
  ],
  [
    'has a variable of every target',
    { 'a.mjs': moduleOf('options: { url: { doc: "A.", format: "url", env: "HANGAR_CREATE" } }') },
    ['./a.mjs: the adapter hangar: the variable HANGAR_CREATE has a meaning already'],
  ],
  [
    'has a finding of ours',
    { 'a.mjs': moduleOf('findings: { NO_SLOTS: { severity: "info", doc: "A.", remedy: "B." } }') },
    ['./a.mjs: the adapter hangar: the finding NO_SLOTS has a meaning already'],
  ],
  [
    'has an option of every target',
    { 'a.mjs': moduleOf('options: { name: { doc: "A.", format: "string" } }') },
    [/^\.\/a\.mjs: the adapter hangar: Adapter hangar: the option name name is taken/],
  ],
] as const)
  test(`a module that ${name} is a mistake of the configuration`, async () => {
    const mistakes = await mistakesOf(files);

    assert.equal(mistakes.length, expected.length, mistakes.join('\n'));
    for (const [at, wanted] of expected.entries())
      if (typeof wanted === 'string') assert.equal(mistakes[at], wanted);
      else assert.match(mistakes[at] ?? '', wanted);
  });

test('a module that waits for what never comes is a mistake, and not the silent end of the program', async () => {
  await using files = await folder({ 'a.mjs': 'await new Promise(() => {});' });
  await assert.rejects(knownAdapters({ ECR_COURIER_ADAPTERS: './a.mjs' }, files.path, 200), {
    message: /\.\/a\.mjs: cannot be loaded: it has not come to its end within 0\.2 s: what does its top-level await wait for\?/,
  });
});

test('all that an adapter lacks is said at once', async () => {
  const mistakes = await mistakesOf({
    'a.mjs': `export const a = {
      kind: 'Depot!', doc: '', create: 1, creates: 'yes', keyHint: 7, anyOf: [['key']],
      options: { 'API-KEY': {}, url: { doc: 'A.', format: 'uri' }, key: { format: 'secret', default: 'k3y', env: 'depot-key' }, none: null,
        odd: { doc: 'A.', format: 'choice' }, same: { doc: 'A.', format: 'choice', choices: ['a', 'a'] }, few: { doc: 'A.', format: 'choice', choices: ['a', 'b'], default: 'c' },
        more: { doc: 'A.', format: 'string', choices: ['a'] } },
      limits: { concurrency: 0, discoverMs: '1s', deliverMs: 1e9, lingerMs: -1 },
      findings: { odd: {}, ODD: { severity: 'fatal', doc: 'A.' } },
    };
    export const b = { kind: 'b', create() {}, anyOf: [['key']], options: { lost: { doc: 'A.', format: 'string', needs: 'nothing' } } };`,
  });

  assert.deepEqual(
    mistakes.map(line => line.replace(/^\.\/a\.mjs: the adapter /, '')),
    [
      'Depot!: kind must be a word in lower case, such as depot or docker-config',
      'Depot!: doc must be a sentence',
      'Depot!: options.API-KEY must have a name such as apiKey',
      'Depot!: options.url.format must be one of string, choice, url, address, path, secret, login, boolean, number, strings',
      'Depot!: options.key.doc must be a sentence',
      'Depot!: options.key.env must be the name of a variable, such as DEPOT_URL',
      'Depot!: options.key.default must be null, or missing',
      'Depot!: options.none must be a map',
      'Depot!: options.odd.choices must be a list of different words',
      'Depot!: options.same.choices must be a list of different words',
      'Depot!: options.few.default is c and must be one of a, b',
      'Depot!: options.more.choices goes with the format choice',
      'Depot!: limits.concurrency must be a whole number from 1 to 64',
      'Depot!: limits.discoverMs must be a whole number from 100 to 3600000',
      'Depot!: limits.deliverMs must be a whole number from 100 to 3600000',
      'Depot!: limits.lingerMs must be a whole number from 0 to 3600000',
      'Depot!: findings.odd must have a code such as HOST_TWICE',
      'Depot!: findings.ODD.severity must be one of info, warning, error',
      'Depot!: findings.ODD.remedy must be a sentence',
      'Depot!: create must be a function',
      'Depot!: creates must be true or false',
      'Depot!: keyHint must be text',
      'b: doc must be a sentence',
      'b: anyOf must be a list of lists of options',
      'b: options.lost.needs must name an option of the format boolean',
      'b: limits must be a map',
      'b: findings must be a map',
    ],
  );
});

test('what is not there is said without Node’s own places, and a file without ./ is understood', async () => {
  assert.deepEqual(await mistakesOf({ 'a.mjs': moduleOf() }, ['./b.mjs', 'nowhere', 'a.mjs']), [
    "./b.mjs: cannot be loaded: Cannot find module '/b.mjs'",
    "nowhere: cannot be loaded: Cannot find package 'nowhere'",
    "a.mjs: cannot be loaded: Cannot find package 'a.mjs'; for the file write ./a.mjs",
  ]);
});

test('the commands know such an adapter, and end with 78 when it cannot be had', async () => {
  await using files = await folder({ 'hangar.mjs': moduleOf() });
  const env = { ECR_COURIER_ADAPTERS: files.at('hangar.mjs'), HANGAR_URL: 'https://hangar.test' };

  const shown = await cli(['config', 'show'], env);
  const schema = await cli(['config', 'schema'], env);
  const without = await cli(['once'], { ...env, ECR_COURIER_ADAPTERS: files.at('attic.mjs') });

  assert.match(shown.stdout, /^adapters = \S+hangar\.mjs +# ECR_COURIER_ADAPTERS$/m, shown.stderr);
  assert.match(shown.stdout, /^targets\.hangar\.url = https:\/\/hangar\.test +# HANGAR_URL$/m);
  assert.match(schema.stdout, /"const": "hangar"|"hangar"/);
  assert.equal(without.code, 78);
  assert.match(without.stderr, /attic\.mjs: cannot be loaded: Cannot find module/);
});

test('a promise of an adapter that fails unheard ends the program, which says that it may be the adapter', async () => {
  const floating = `create: ({ url }) => ({ address: url, discover: async () => {
    Promise.reject(new Error('unheard'));
    await new Promise(() => {});
  }, deliver: async () => ({ change: 'unchanged' }) }),`;
  await using files = await folder({ 'hangar.mjs': moduleOf(floating) });

  const { code, stderr } = await cli(['once'], { ECR_COURIER_ADAPTERS: files.at('hangar.mjs'), HANGAR_URL: 'https://hangar.test' });

  assert.equal(code, 1);
  assert.match(stderr, /mistake of its own, or of an adapter that ECR_COURIER_ADAPTERS names\. [^]*unheard[^]*hangar\.mjs/);
});

const unheard: Readonly<Record<string, string>> = {
  'a promise': "Promise.reject(new Error('unheard'))",
  'a timer': "setTimeout(() => { throw new Error('unheard'); }, 1)",
  'an event': "new (await import('node:events')).EventEmitter().once('x', () => { throw new Error('unheard'); }).emit('x')",
  'a socket to which nobody listens': "(await import('node:net')).connect(1, '127.0.0.1')",
  'a text': "setTimeout(() => { throw 'unheard'; }, 1)",
  'what cannot be shown': 'setTimeout(() => { throw Object.create(null); }, 1)',
};
for (const [what, code] of Object.entries(unheard))
  test(`the daemon goes on when ${what} of an adapter fails unheard, and says so in its log once`, async () => {
    const floating = `create: ({ url }) => ({ address: url, discover: async () => {
      setImmediate(async () => { ${code}; });
      setTimeout(async () => { ${code}; }, 50);
      await new Promise(resolve => setTimeout(resolve, 200));
      return { slots: [], findings: [] };
    }, deliver: async () => ({ change: 'unchanged' }) }),`;
    await using files = await folder({ 'hangar.mjs': moduleOf(floating) });
    const env = { ECR_COURIER_ADAPTERS: files.at('hangar.mjs'), HANGAR_URL: 'https://hangar.test', ECR_COURIER_LISTEN: '127.0.0.1:0' };

    const { child, said, ended } = await startCli(['run'], { ...env, ECR_COURIER_SOCKET: files.at('socket') });
    await until(() => /NO_SLOTS/.test(said.stdout), 'what came of the discovery');
    child.kill('SIGTERM');

    assert.equal((await ended).code, 0, said.stderr);
    const lines = said.stdout.split('\n').filter(line => line.includes('adapter failed unheard'));
    assert.equal(lines.length, 1, said.stdout);
    const { level, code: known, error, module } = JSON.parse(lines[0] ?? '');
    assert.deepEqual([level, known], ['error', 'UNEXPECTED']);
    if (what !== 'what cannot be shown') assert.match(error, /unheard|ECONNREFUSED/);
    if (['a promise', 'a timer', 'an event'].includes(what)) assert.match(module, /hangar\.mjs$/);
  });

test('what our own code throws ends the program, with adapters of others as well', () => {
  const main = '/opt/ecr-courier/dist';
  const thrown = (...files: string[]) =>
    Object.assign(new Error('x'), { stack: ['Error: x', ...files.map(file => `    at f (${file}:1:2)`)].join('\n') });
  assert.ok(isOurs(thrown('node:net', `file://${main}/run.js`, '/srv/hangar.mjs'), main));
  assert.ok(isOurs(thrown(`${main}/../node_modules/undici/lib/x.js`.replace('/dist/..', '')), main));
  assert.ok(!isOurs(thrown('file:///srv/hangar.mjs', `file://${main}/run.js`), main));
  assert.ok(!isOurs(thrown('node:net'), main));
  assert.ok(!isOurs('text', main));
});
