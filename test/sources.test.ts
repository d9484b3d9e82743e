import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adapters } from '../adapters/index.ts';
import { load } from '../config/load.ts';
import { type App, createApp } from '../src/app.ts';
import { createLog } from '../src/io/log.ts';
import { until } from './commands/cli.ts';
import { keys, useStaticKeys } from './ecr/support.ts';
import { type EcrOptions, type FakeEcr, startEcr } from './fakes/ecr.ts';
import { fastClock } from './fakes/fast-clock.ts';
import type { FakeFunction } from './fakes/lambda.ts';
import { type Manager, managers } from './fakes/managers.ts';
import { startRegistry } from './fakes/registry.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const other = '210987654321.dkr.ecr.eu-west-1.amazonaws.com';
const virginia = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
let folder = '';
before(async () => {
  useStaticKeys();
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
});
after(() => rm(folder, { recursive: true }));

/** The function in docs/lambda.md. */
const good: FakeFunction = ({ input }, token) => {
  const { region } = input['event'] as { region: string };
  const { authorizationToken, expiresAt, proxyEndpoint } = token(region);
  const [username = '', password = ''] = Buffer.from(authorizationToken, 'base64').toString().split(':');
  return {
    value: {
      username,
      password,
      expiresAt: new Date(expiresAt * 1000).toISOString().replace('T', ' ').replace('Z', '+00:00'),
      proxyEndpoint,
    },
  };
};
/** Allows one identity to invoke functions, and nothing else. */
const mayInvoke = (principal: string, action: string): boolean => principal === keys.arn && action === 'lambda:InvokeFunction';

interface World extends AsyncDisposable {
  readonly app: App;
  readonly ecr: FakeEcr;
  readonly manager: Manager;
  readonly lines: string[];
}

async function start(
  sources: readonly object[],
  options: { ecr?: EcrOptions; hosts?: readonly string[]; kind?: keyof typeof managers; faster?: number } = {},
): Promise<World> {
  const { hosts = [host, other], kind = 'portainer', faster = 1 } = options;
  const ecr = await startEcr({ keys: [keys], ...options.ecr });
  const manager = await managers[kind](
    hosts,
    (at, password) => ecr.judge(at === 'public.ecr.aws' ? 'us-east-1' : undefined, password) === 'good',
  );
  const door = await startRegistry(ecr);
  const file = join(folder, `${Math.random()}.json`);
  await writeFile(file, JSON.stringify({ sources, targets: [manager.target()], engine: { tickSeconds: 1 } }), { mode: 0o600 });
  const env = { ...process.env, AWS_ENDPOINT_URL: ecr.url };
  const config = await load({ files: [file], env, adapters });
  const lines: string[] = [];
  const log = createLog({ to: { write: line => lines.push(line) } });
  const app = createApp(config, { clock: fastClock(faster), log, env, registryEndpoint: () => door.url });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  return {
    app,
    ecr,
    manager,
    lines,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      for (const one of [door, manager.fake, ecr]) await one[Symbol.asyncDispose]();
    },
  };
}
const troubleOf = ({ app }: World) => app.status().credentials.find(({ trouble }) => trouble)?.trouble;

test('a Portainer whose courier has no right in ECR, but may invoke one function', async () => {
  await using world = await start([{ name: 'default', lambda: 'ecr-token', region: 'eu-west-1' }], {
    ecr: { functions: { 'ecr-token': good }, allows: mayInvoke },
  });
  const { app, ecr, manager, lines } = world;
  const isServed = (at: string): boolean => ecr.judge('eu-west-1', manager.passwordOf(at) ?? '') !== 'unknown';
  await until(() => app.status().ready && [host, other].every(isServed), 'both rows hold a token');
  assert.deepEqual([...new Set(ecr.calls.map(({ service, action }) => `${service}:${action}`))], ['lambda:InvokeFunction']);
  assert.equal(ecr.calls.length, 2, 'once for each account');
  const [event] = ecr.calls.map(({ input }) => input['event']);
  assert.deepEqual(Object.keys(event as object), ['registry', 'region', 'account', 'service']);
  const password = manager.passwordOf(host) ?? '';
  assert.ok(!lines.join('\n').includes(password));
  assert.ok(!JSON.stringify(app.overview()).includes(password));
});

test('the rights that are missing are told with the statement, and nothing is written', async () => {
  await using world = await start([{ name: 'default', lambda: 'ecr-token', region: 'eu-west-1' }], {
    ecr: { functions: { 'ecr-token': good }, allows: () => false },
  });
  await until(() => troubleOf(world) !== undefined, 'the failure');
  assert.equal(troubleOf(world)?.code, 'FORBIDDEN');
  assert.match(troubleOf(world)?.remedy ?? '', /lambda:InvokeFunction.*arn:aws:lambda:eu-west-1:123456789012:function:ecr-token/);
  assert.deepEqual([world.manager.passwordOf(host), world.manager.passwordOf(other)], ['old', 'old']);
});

test('a function that does not say its region serves that of the source, and the other region is told', async () => {
  const mute: FakeFunction = (_, token) => ({ value: { authorizationToken: token('eu-west-1').authorizationToken } });
  await using world = await start([{ name: 'default', lambda: 'ecr-token', region: 'eu-west-1' }], {
    ecr: { functions: { 'ecr-token': mute }, allows: mayInvoke },
    hosts: [host, virginia],
  });
  await until(() => world.manager.passwordOf(host) !== 'old' && troubleOf(world) !== undefined, 'one row is served');
  assert.match(troubleOf(world)?.message ?? '', /a token for eu-west-1, and 123456789012\.dkr\.ecr\.us-east-1\S+ is in us-east-1/);
  assert.equal(world.manager.passwordOf(virginia), 'old');
});

test('a file that is rotated reaches the rows, beside a source of another kind', async () => {
  const file = join(folder, 'token');
  const auths = (password: string): string =>
    JSON.stringify({ auths: { [other]: { auth: Buffer.from(`AWS:${password}`).toString('base64') } } });
  await writeFile(file, auths('of-a-file-1'), { mode: 0o600 });
  await using world = await start(
    [
      { name: 'default', command: ['echo', 'AWS:of-a-command-{region}-{account}'] },
      { name: 'partner', file, accounts: ['210987654321'] },
    ],
    // Fetches are at least a minute apart, so time runs faster.
    { ecr: { allows: () => false }, faster: 60 },
  );
  const { manager, ecr } = world;
  await until(() => manager.passwordOf(host) !== 'old' && manager.passwordOf(other) !== 'old', 'both rows');
  assert.deepEqual([manager.passwordOf(host), manager.passwordOf(other)], ['of-a-command-eu-west-1-123456789012', 'of-a-file-1']);
  await writeFile(file, auths('of-a-file-2'));
  world.app.courier.refresh();
  await until(() => manager.passwordOf(other) === 'of-a-file-2', 'the new content');
  assert.deepEqual(ecr.calls, []);
});

for (const kind of ['portainer', 'harbor'] as const)
  test(`ECR Public for ${kind}: by a source for it alone, beside private registries`, async () => {
    await using world = await start([{ name: 'public', service: 'ecr-public' }], { hosts: ['public.ecr.aws', host], kind });
    const { manager, ecr } = world;
    await until(() => manager.passwordOf('public.ecr.aws') !== 'old' && manager.passwordOf(host) !== 'old', 'both rows');
    assert.equal(ecr.judge('us-east-1', manager.passwordOf('public.ecr.aws') ?? ''), 'good');
    assert.equal(ecr.judge('eu-west-1', manager.passwordOf(host) ?? ''), 'good');
    assert.deepEqual(ecr.calls.map(({ service, region }) => `${service} ${region}`).sort(), ['ecr eu-west-1', 'ecr-public us-east-1']);
  });

test('ECR Public without a source for it is left as it is', async () => {
  await using world = await start([], { hosts: ['public.ecr.aws', host] });
  await until(() => world.manager.passwordOf(host) !== 'old', 'the private row');
  assert.equal(world.manager.passwordOf('public.ecr.aws'), 'old');
});

const roleArn = 'arn:aws:iam::210987654321:role/ecr-pull';

test('a host of another account: by a role there, with its external id, beside the own identity', async () => {
  await using world = await start([{ name: 'partner', roleArn, externalId: 'courier-7f3a', accounts: ['210987654321'] }], {
    ecr: { externalIds: { [roleArn]: 'courier-7f3a' } },
  });
  const { manager, ecr } = world;
  await until(() => manager.passwordOf(host) !== 'old' && manager.passwordOf(other) !== 'old', 'both rows');
  const asked = ecr.calls.map(({ action, principal }) => `${action} ${principal}`);
  assert.deepEqual(asked.sort(), [
    `AssumeRole ${keys.arn}`,
    `GetAuthorizationToken ${keys.arn}`,
    'GetAuthorizationToken arn:aws:sts::210987654321:assumed-role/ecr-pull/ecr-courier',
  ]);
  assert.notEqual(manager.passwordOf(host), manager.passwordOf(other));
});

test('a host of another account without a role there: the own token serves it, as its repository policy decides', async () => {
  await using world = await start([]);
  const { manager, ecr } = world;
  await until(() => manager.passwordOf(host) !== 'old' && manager.passwordOf(other) !== 'old', 'both rows');
  assert.equal(manager.passwordOf(host), manager.passwordOf(other));
  assert.deepEqual(
    ecr.calls.map(({ action }) => action),
    ['GetAuthorizationToken'],
  );
});

test('a role of another account that is refused: both sides are named, and the own account is served', async () => {
  await using world = await start([{ name: 'partner', roleArn, externalId: 'wrong', accounts: ['210987654321'] }], {
    ecr: { externalIds: { [roleArn]: 'courier-7f3a' } },
  });
  await until(() => world.manager.passwordOf(host) !== 'old' && troubleOf(world) !== undefined, 'the own row');
  const { code, message, remedy } = troubleOf(world) ?? {};
  assert.equal(code, 'FORBIDDEN');
  assert.match(message ?? '', /sts:AssumeRole of arn:aws:iam::210987654321:role\/ecr-pull/);
  assert.match(remedy ?? '', /Both sides must allow it.*trust policy/);
  assert.equal(world.manager.passwordOf(other), 'old');
});
