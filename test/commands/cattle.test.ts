import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { type FakeRancher, type RancherOptions, startFakeRancher } from '../fakes/rancher.ts';
import { cli, command, startCli, until } from './cli.ts';

const [near, far, missing] = ['111111111111.dkr.ecr.us-east-1', '222222222222.dkr.ecr.eu-west-1', '333333333333.dkr.ecr.us-east-1'].map(
  start => `${start}.amazonaws.com`,
) as [string, string, string];
let ecr: FakeEcr;
let home: string;

before(async () => {
  ecr = await startEcr();
  home = await mkdtemp(join(tmpdir(), 'courier-'));
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** Starts a Rancher environment with registries in two accounts and regions. */
const start = (more: RancherOptions = {}): Promise<FakeRancher> =>
  startFakeRancher({
    accessControl: true,
    keys: [{ access: 'AGENT', secret: 'agent-secret', account: '1a5', accountKind: 'environment', state: 'active' }],
    registries: [
      { id: '1sp1', serverAddress: near },
      { id: '1sp2', serverAddress: far },
    ],
    credentials: [{ registryId: '1sp1' }, { registryId: '1sp2' }],
    ...more,
  });

/**
 * The environment of a container of the former updater. From HOME on, the variables lead to the doubles of this test.
 */
const environmentOf = (rancher: FakeRancher): Record<string, string> => ({
  CATTLE_URL: `${rancher.url}/v1`,
  CATTLE_ACCESS_KEY: 'AGENT',
  CATTLE_SECRET_KEY: 'agent-secret',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIDTEST',
  AWS_SECRET_ACCESS_KEY: 'secret-access-key',
  AUTO_CREATE: 'false',
  LOG_LEVEL: 'INFO',
  HOME: home,
  AWS_ENDPOINT_URL_ECR: ecr.url,
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1',
  ECR_COURIER_SOCKET: join(home, 'socket'),
});
const stored = (rancher: FakeRancher, host: string): string => rancher.pullsWith('1a5', host)?.values['secretValue'] ?? 'nothing';

test('the environment of the former container is enough: every registry gets a good password', async () => {
  await using rancher = await start();

  const { code, stdout, stderr } = await cli(['once'], environmentOf(rancher));

  assert.equal(code, 0, stdout + stderr);
  assert.equal(ecr.judge('us-east-1', stored(rancher, near)), 'good');
  assert.equal(ecr.judge('eu-west-1', stored(rancher, far)), 'good');
  for (const host of [near, far]) assert.ok(!(stdout + stderr).includes(stored(rancher, host).slice(0, 40)));
});

test('AUTO_CREATE makes what AWS_ECR_REGISTRY_IDS names', async () => {
  await using rancher = await start();

  const { code } = await command(['once'], {
    ...environmentOf(rancher),
    AUTO_CREATE: 'true',
    AWS_ECR_REGISTRY_IDS: '111111111111,333333333333',
  });

  assert.equal(code, 0);
  assert.equal(ecr.judge('us-east-1', stored(rancher, missing)), 'good');
  assert.equal(rancher.state.rows.filter(({ type }) => type === 'registry').length, 3);
});

const fetchesIn = (region: string): number =>
  ecr.calls.filter(call => call.action === 'GetAuthorizationToken' && call.region === region).length;

test('AUTO_CREATE alone makes the registry of the own account in AWS_REGION, whose token says which that is', async () => {
  for (const accountKeys of [{}, { AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/pull', AWS_ENDPOINT_URL_STS: ecr.url }]) {
    await using rancher = await start();
    ecr.calls.length = 0;

    const { code, stdout, stderr } = await command(['once'], { ...environmentOf(rancher), AUTO_CREATE: 'true', ...accountKeys });

    const own = `${'AWS_ROLE_ARN' in accountKeys ? '444455556666' : '123456789012'}.dkr.ecr.us-east-1.amazonaws.com`;
    assert.equal(code, 0, stdout + stderr);
    for (const host of [near, own]) assert.equal(ecr.judge('us-east-1', stored(rancher, host)), 'good', host);
    assert.equal(rancher.state.rows.filter(({ type }) => type === 'registry').length, 3);
    assert.equal(fetchesIn('us-east-1'), 1, 'the token that is delivered is the one that was asked');
  }
});

test('AUTO_CREATE before there are AWS credentials creates nothing and says why; with them it does', async () => {
  await using rancher = await start({ registries: [], credentials: [] });
  const credentials = join(home, 'credentials');
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...keyless } = environmentOf(rancher);
  const env = {
    ...keyless,
    AUTO_CREATE: 'true',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    ECR_COURIER_LISTEN: '127.0.0.1:0',
  };
  const { child, said, ended } = await startCli([], env);
  try {
    await until(async () => (await command(['status'], env)).stdout.includes('OWN_UNKNOWN'), 'the finding');
    assert.match(said.stdout + said.stderr, /No AWS credentials/);
    assert.deepEqual(
      rancher.requests.filter(({ method }) => method !== 'GET'),
      [],
    );

    await writeFile(credentials, '[default]\naws_access_key_id = AKIDTEST\naws_secret_access_key = secret-access-key\n');
    await command(['refresh'], env);
    const own = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    await until(() => rancher.pullsWith('1a5', own) !== undefined, 'the registry');
    await until(async () => !(await command(['status'], env)).stdout.includes('OWN_UNKNOWN'), 'the finding is gone');
    assert.equal(ecr.judge('us-east-1', stored(rancher, own)), 'good');
  } finally {
    child.kill();
  }
  assert.equal((await ended).code, 0);
});

test('check shows what would be done, and writes nothing', async () => {
  await using rancher = await start();

  const { code } = await command(['check'], environmentOf(rancher));

  assert.equal(code, 0);
  assert.ok(rancher.requests.length > 0);
  assert.ok(rancher.requests.every(({ method }) => method === 'GET'));
});

test('the daemon answers /ping at LISTEN_PORT', async () => {
  await using rancher = await start();
  const probe = createServer();
  const port = await new Promise<number>(resolve =>
    probe.listen(0, '127.0.0.1', () => resolve((probe.address() as { port: number }).port)),
  );
  await new Promise(resolve => probe.close(resolve));
  const { child, ended } = await startCli([], { ...environmentOf(rancher), LISTEN_PORT: String(port) });
  try {
    let answer: Response | undefined;
    for (let tries = 0; tries < 1000 && !answer; tries++) {
      answer = await fetch(`http://127.0.0.1:${port}/ping`).catch(() => undefined);
      if (!answer) await wait(20);
    }
    assert.equal(answer?.status, 200);
    assert.equal((await answer.text()).trim(), 'pong!');
  } finally {
    child.kill();
  }
  assert.equal((await ended).code, 0);
});
