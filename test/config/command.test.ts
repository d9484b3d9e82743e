import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../config/config-error.ts';
import { configCheck, configSchema, configShow } from '../../src/commands/config.ts';
import { cli, command } from '../commands/cli.ts';
import { adapters, folder } from './support.ts';

const verbs = { show: configShow, check: configCheck, schema: configSchema };

async function run(
  [verb, ...args]: [keyof typeof verbs, ...string[]],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({ write: (text: string) => (said[name] += text) });
  const code = await verbs[verb](args, { env, stdout: sink('out'), stderr: sink('err') }, async () => adapters);
  return { code, out: said.out.trimEnd(), err: said.err.trimEnd() };
}

const env = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };

test('check says in one line that all is fine', async () => {
  assert.deepEqual(await run(['check'], { ...env, ECR_COURIER_LISTEN: '[::1]:81' }), {
    code: 0,
    out: 'configuration is fine: 1 target (depot), 1 source (default), listening on [::1]:81',
    err: '',
  });
});

test('check lists every mistake', async () => {
  const error = await run(['check'], { ...env, DEPOT_CREATE: 'perhaps', ECR_COURIER_DISCOVERY_CRON: '0 0 30 2 *' }).catch(thrown => thrown);

  assert.ok(error instanceof ConfigError);
  assert.deepEqual(error.message.split('\n'), [
    'The configuration has 2 mistakes:',
    '  ECR_COURIER_DISCOVERY_CRON: must be a cron pattern: it never comes true',
    '  DEPOT_CREATE: is perhaps and must be true or false (also yes, no, on, off, 1, 0)',
  ]);
});

test('show prints each value with its origin, secrets masked', async () => {
  await using files = await folder({ 'courier.yaml': 'engine: {tickSeconds: 20}' });

  const { code, out } = await run(['show', '--config', files.at('courier.yaml'), '--log-level', 'debug'], env);
  const lines = out.split('\n').map(line => line.replace(/ +# /, ' # '));

  assert.equal(code, 0);
  for (const line of [
    'log.level = debug # --log-level',
    `engine.tickSeconds = 20 # ${files.at('courier.yaml')}:1:23`,
    'targets.depot.url = https://depot:9443 # DEPOT_URL',
    'targets.depot.apiKey = [secret] # DEPOT_API_KEY',
    'targets.depot.required = true # default',
  ])
    assert.ok(lines.includes(line), line);
  assert.doesNotMatch(out, /k3y/);
});

test('without a target check fails, as the daemon would; show does not', async () => {
  await assert.rejects(run(['check']), { code: 'MISCONFIGURED', message: /^No target is configured: set DEPOT_URL/ });
  const { code, err } = await run(['show']);

  assert.equal(code, 0);
  assert.match(err, /^warning: No target is configured/);
});

test('sources alone are a configuration for those who ask: check says that there is no target, and does not fail', async () => {
  await using files = await folder({ 'courier.yaml': 'sources: [{ name: prod, profile: prod, accounts: ["222222222222"] }]' });
  const { code, out, err } = await run(['check', '--config', files.at('courier.yaml')]);

  assert.equal(code, 0);
  assert.match(err, /^warning: No target is configured/);
  assert.match(out, /^configuration is fine: 0 targets, 2 sources \(prod, default\)/);
});

test('schema prints JSON', async () => {
  const { code, out } = await run(['schema']);

  assert.equal(code, 0);
  assert.equal((JSON.parse(out) as { title: string }).title, 'ecr-courier configuration');
});

test('warnings go to stderr', async () => {
  const { code, err } = await run(['check'], { ...env, DEPOT_INSECURE_SKIP_VERIFY: 'yes' });

  assert.equal(code, 0);
  assert.match(err, /^warning: DEPOT_INSECURE_SKIP_VERIFY is on/);
});

/** Runs `config check` with this environment. Returns code 0 with the warnings, or 78 with the mistakes. */
async function checked(more: Record<string, string>): Promise<{ code: number; said: string }> {
  try {
    const { code, err } = await run(['check'], { DEPOT_URL: 'https://depot:9443', ...more });
    return { code, said: err };
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return { code: 78, said: error.message };
  }
}

test('check reads the files of certificates: one that is absent may come later, one that nobody can be trusted by is a mistake', async () => {
  const certificates = join(import.meta.dirname, '../io/certificates');
  await using files = await folder({ 'not.pem': 'a key, perhaps' });
  const withCa = (file: string) => checked({ DEPOT_API_KEY: 'k3y-k3y-k3y', DEPOT_CA_FILE: file });

  assert.deepEqual(await withCa('/nowhere/ca.pem'), {
    code: 0,
    said: 'warning: DEPOT_CA_FILE: /nowhere/ca.pem does not exist. Until that is mended nothing is sent to this target; the file is read anew by itself.',
  });
  for (const [file, why] of [
    [files.at('not.pem'), 'holds no certificate in PEM'],
    [files.path, 'is a directory'],
  ] as const) {
    const { code, said } = await withCa(file);
    assert.equal(code, 78);
    assert.ok(said.includes('  DEPOT_CA_FILE: ') && said.includes(`${file} ${why}`), said);
  }
  assert.deepEqual(await withCa(join(certificates, 'ca.pem')), { code: 0, said: '' });
  const bundle = await checked({ DEPOT_API_KEY: 'k3y-k3y-k3y', AWS_CA_BUNDLE: files.at('not.pem') });
  assert.equal(bundle.code, 78);
  assert.ok(bundle.said.includes(`AWS_CA_BUNDLE: ${files.at('not.pem')} holds no certificate in PEM`), bundle.said);
});

/** Writes an unusable key file to the path, by the words of the mistake. */
const unusable: Readonly<Record<string, (path: string) => unknown>> = {
  'is a directory': path => mkdirSync(path),
  'is not a regular file': path => execFileSync('mkfifo', [path]),
  'has quotes around it': path => writeFileSync(path, '"planted-k3y"\n'),
  'begins with a byte order mark': path => writeFileSync(path, '\uFEFFplanted-k3y'),
  'holds a placeholder': path => writeFileSync(path, '${PLANTED_K3Y}'),
  'holds a name and a value': path => writeFileSync(path, 'DEPOT_API_KEY=planted-k3y'),
  'holds more than one line': path => writeFileSync(path, 'planted-k3y\nplanted-k3y\n'),
};
for (const [why, put] of Object.entries(unusable))
  test(`check reads the files of keys: one that ${why} is a mistake, and is not shown`, async () => {
    await using files = await folder({ user: 'u', secret: 'wJalrXUtnFEMI', 'courier.yaml': '' });
    const file = files.at('key');
    put(file);
    const yaml = join(files.path, 'courier.yaml');
    writeFileSync(yaml, 'targets: [{name: one, kind: depot, url: "https://depot", apiKeyFile: key}]');
    const own = { DEPOT_API_KEY: 'k3y-k3y-k3y' };
    const places: [path: string, env: Record<string, string>, origin: string][] = [
      ['', { DEPOT_API_KEY_FILE: file }, 'DEPOT_API_KEY_FILE'],
      ['targets.one.apiKeyFile: ', { ...own, ECR_COURIER_CONFIG: yaml }, `${yaml}:1:`],
      ['', { ...own, ECR_COURIER_ADMIN_TOKEN_FILE: file }, 'ECR_COURIER_ADMIN_TOKEN_FILE'],
    ];
    // Only part of the table applies to a key file of AWS; a byte order mark, for example, is removed there.
    if (why.startsWith('holds p') || why.startsWith('is ') || why.startsWith('has '))
      places.push(['', { ...own, AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY_FILE: file }, 'AWS_SECRET_ACCESS_KEY_FILE']);

    for (const [path, env, origin] of places) {
      const { code, said } = await checked(env);
      assert.equal(code, 78, path);
      const line = path ? `  ${path}${file} ${why}` : `  ${origin}: ${file} ${why}`;
      assert.ok(said.includes(line) && (!path || said.includes(`(${origin}`)), said);
      assert.doesNotMatch(said, /planted|PLANTED/);
    }
  });

test('check reads the files of keys: one that is absent or empty may be filled later, so it is a warning', async () => {
  await using files = await folder({ empty: '\n', key: 'k3y-k3y-k3y' });
  for (const [file, why] of [
    [files.at('absent'), 'does not exist'],
    [files.at('key/under'), 'does not exist'],
    [files.at('empty'), 'is empty'],
  ] as const) {
    const { code, said } = await checked({ DEPOT_API_KEY_FILE: file });
    assert.equal(code, 0);
    assert.ok(said.startsWith(`warning: DEPOT_API_KEY_FILE: ${file} (the API key of depot) ${why}. Create it at Settings`), said);
    for (const env of [{ AWS_SESSION_TOKEN_FILE: file }, { ECR_COURIER_ADMIN_TOKEN_FILE: file }]) {
      const other = await checked({ DEPOT_API_KEY: 'k3y-k3y-k3y', ...env });
      assert.equal(other.code, 0);
      assert.match(other.said.replace(' (the admin token)', ''), new RegExp(`${file} ${why}\\. `));
    }
  }
  assert.deepEqual(await checked({ DEPOT_API_KEY_FILE: files.at('key') }), { code: 0, said: '' });
});

test('check reads a file of headers', async () => {
  await using files = await folder({ headers: 'X-Access planted', good: 'X-Access: 1' });
  const { code, said } = await checked({ DEPOT_API_KEY: 'k3y', DEPOT_HEADERS_FILE: files.at('headers') });
  assert.equal(code, 78);
  assert.ok(said.includes(`DEPOT_HEADERS_FILE: ${files.at('headers')} holds something else: entry 1 must be a name`), said);
  assert.doesNotMatch(said, /planted/);
  assert.equal((await checked({ DEPOT_API_KEY: 'k3y', DEPOT_HEADERS_FILE: files.at('good') })).said, '');
});

test('check asks the adapters what they refuse: a header that is ours, a key that was misspelled; it asks nobody else', async () => {
  const checking = async (env: Record<string, string>) => {
    const { code, stdout, stderr } = await command(['config', 'check'], env);
    return { code, said: stdout + stderr };
  };
  const url = 'https://127.0.0.1:9';
  for (const [env, says] of [
    [{ PORTAINER_API_KEY: 'ptr_key', PORTAINER_HEADERS: 'x-api-key: other' }, 'PORTAINER_HEADERS names x-api-key, which the courier sends'],
    [{ PORTAINER_USERNAME: 'u', PORTAINER_PASSWORD: 'p', PORTAINER_HEADERS: 'Authorization: x' }, 'PORTAINER_HEADERS names Authorization'],
    [{ PORTAINER_API_KEY: 'ptr_key # mine' }, 'The API key of Portainer has something before or after the token'],
  ] as const) {
    const { code, said } = await checking({ PORTAINER_URL: url, ...env });
    assert.equal(code, 78);
    assert.ok(said.includes(`PORTAINER_URL: ${says}`), said);
  }
  for (const [kind, keys] of [
    ['HARBOR', { HARBOR_USERNAME: 'u', HARBOR_PASSWORD: 'p' }],
    ['CATTLE', { CATTLE_ACCESS_KEY: 'a', CATTLE_SECRET_KEY: 'b' }],
    ['RANCHER', { RANCHER_TOKEN: 'token-a:b' }],
  ] as const)
    assert.match(
      (await checking({ [`${kind}_URL`]: url, ...keys, [`${kind}_HEADERS`]: 'Authorization: Basic eDp5' })).said,
      new RegExp(`${kind}_HEADERS names Authorization`),
    );
  assert.equal((await checking({ PORTAINER_URL: url, PORTAINER_API_KEY: 'ptr_key', PORTAINER_HEADERS: 'X-Access: 1' })).code, 0);
  assert.equal((await checking({ PORTAINER_URL: url, PORTAINER_API_KEY_FILE: '/absent/key' })).code, 0);
});

test('create without anything to create is a warning, where somebody has asked for it', async () => {
  const warned = async (more: Record<string, string>) => (await run(['check'], { ...env, AWS_REGION: 'eu-west-1', ...more })).err;

  assert.equal(
    await warned({ DEPOT_CREATE: 'true' }),
    'warning: DEPOT_CREATE has nothing to create: name hosts, or `own`, in DEPOT_REGISTRIES.',
  );
  assert.match(await warned({ DEPOT_CREATE: 'true', DEPOT_REGISTRIES: ' , ' }), /nothing to create/);
  assert.equal(await warned({}), '');
  for (const registries of ['own', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'])
    assert.equal(await warned({ DEPOT_CREATE: 'true', DEPOT_REGISTRIES: registries }), '');
});

test('an option whose switch is off is a warning that says how to turn it on, in a file as well', async () => {
  const warned = async (more: Record<string, string>, ...args: readonly string[]): Promise<string> =>
    (await command(['config', 'check', ...args], more)).stderr;
  const portainer = { PORTAINER_URL: 'https://portainer:9443', PORTAINER_API_KEY: 'ptr_key' };
  const says = 'warning: PORTAINER_SERVICES has no effect without PORTAINER_SWARM=true.\n';
  assert.equal(await warned({ ...portainer, PORTAINER_SERVICES: 'all' }), says);
  assert.equal(await warned({ ...portainer, PORTAINER_SERVICES: 'all', PORTAINER_SWARM: 'false' }), says);
  for (const more of [{}, { PORTAINER_SERVICES: '' }, { PORTAINER_SERVICES: 'all', PORTAINER_SWARM: 'true' }])
    assert.equal(await warned({ ...portainer, ...more }), '');
  const target = { kind: 'portainer', url: 'https://portainer:9443', apiKey: { env: 'KEY' }, services: 'all' };
  await using files = await folder({ 'courier.json': JSON.stringify({ targets: [target] }) });
  assert.match(
    await warned({ KEY: 'ptr_key' }, '--config', files.at('courier.json')),
    /targets\.portainer\.services has no effect without `swarm: true`\./,
  );
});

for (const args of [[], ['shwo'], ['check', 'more'], ['check', '--unknown', 'x'], ['check', '--config']])
  test(`wrong usage: config ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await cli(['config', ...args]);

    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /usage: ecr-courier config show\|check\|schema/);
  });
