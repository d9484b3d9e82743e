import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../config/load.ts';
import { config } from '../../src/commands/config.ts';
import { cli } from '../commands/cli.ts';
import { adapters, folder } from './support.ts';

async function run(args: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({ write: (text: string) => (said[name] += text) });
  const code = await config(args, { env, stdout: sink('out'), stderr: sink('err') }, async () => adapters);
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
    '  discovery.cron: must be a cron pattern: it never comes true (ECR_COURIER_DISCOVERY_CRON)',
    '  targets.depot.create: must be true or false (also yes, no, on, off, 1, 0) (DEPOT_CREATE)',
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

test('schema prints JSON', async () => {
  const { code, out } = await run(['schema']);

  assert.equal(code, 0);
  assert.equal((JSON.parse(out) as { title: string }).title, 'ecr-courier configuration');
});

test('warnings go to stderr', async () => {
  const { code, err } = await run(['check'], { ...env, DEPOT_INSECURE_SKIP_VERIFY: 'yes' });

  assert.equal(code, 0);
  assert.match(err, /^warning: targets\.depot: insecureSkipVerify is on/);
});

test('check warns of a file of certificates from which nobody can be trusted; it may come later, and is read anew', async () => {
  const certificates = join(import.meta.dirname, '../io/certificates');
  await using files = await folder({ 'not.pem': 'a key, perhaps' });
  const checked = (file: string) => run(['check'], { ...env, DEPOT_CA_FILE: file });

  for (const [file, why] of [
    ['/nowhere/ca.pem', 'does not exist'],
    [files.at('not.pem'), 'holds no certificate in PEM'],
    [files.path, 'is a directory'],
  ] as const) {
    const { code, out, err } = await checked(file);
    assert.equal(code, 0);
    assert.match(out, /^configuration is fine/);
    assert.ok(err.startsWith(`warning: targets.depot: DEPOT_CA_FILE: ${file} ${why}. Until that is mended nothing is sent`), err);
  }
  assert.equal((await checked(join(certificates, 'ca.pem'))).err, '');
  const { err } = await run(['check'], { ...env, AWS_CA_BUNDLE: files.at('not.pem') });
  assert.ok(
    err.startsWith(
      `warning: AWS_CA_BUNDLE: ${files.at('not.pem')} holds no certificate in PEM. Until that is mended nothing is sent to AWS`,
    ),
    err,
  );
});

test('create without anything to create is a warning, where somebody has asked for it', async () => {
  const warned = async (more: Record<string, string>) => (await run(['check'], { ...env, AWS_REGION: 'eu-west-1', ...more })).err;

  assert.equal(
    await warned({ DEPOT_CREATE: 'true' }),
    'warning: targets.depot: create has nothing to create: name hosts, or `own`, under registries.',
  );
  assert.match(await warned({ DEPOT_CREATE: 'true', DEPOT_REGISTRIES: ' , ' }), /nothing to create/);
  assert.equal(await warned({}), '');
  for (const registries of ['own', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'])
    assert.equal(await warned({ DEPOT_CREATE: 'true', DEPOT_REGISTRIES: registries }), '');
});

for (const args of [[], ['shwo'], ['check', 'more'], ['check', '--unknown', 'x'], ['check', '--config']])
  test(`wrong usage: config ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await cli(['config', ...args]);

    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /usage: ecr-courier config show\|check\|schema/);
  });
