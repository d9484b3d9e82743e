import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { prefix } from '../../config/target-options.ts';
import { clock } from '../../src/contract/clock.ts';
import { answerFor, type Reply } from '../../src/pull/answer.ts';
import { runKubelet } from '../../src/pull/kubelet.ts';
import { useStaticKeys } from '../ecr/support.ts';
import { startEcr } from '../fakes/ecr.ts';

const folder = await mkdtemp(join(tmpdir(), 'pull-sources-'));
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const other = '210987654321.dkr.ecr.eu-west-1.amazonaws.com';
const aws = await startEcr({
  allows: (_, action) => action === 'lambda:InvokeFunction',
  functions: {
    'ecr-token': ({ input }) => {
      const { account, region } = input['event'] as Record<string, string>;
      return { value: { username: 'AWS', password: `pw-${region}-${account}-${aws.calls.length}` } };
    },
  },
});
after(async () => {
  await rm(folder, { recursive: true });
  await aws[Symbol.asyncDispose]();
});

let home = '';
let made = 0;
// The AWS client reads the variables of the process.
beforeEach(async () => {
  useStaticKeys();
  home = join(folder, `${made++}`);
  await mkdir(home);
  Object.assign(process.env, { HOME: home, AWS_ENDPOINT_URL: aws.url, ECR_COURIER_CONFIG: join(home, 'config.yaml') });
  for (const name of ['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'ECR_COURIER_CACHE']) delete process.env[name];
  aws.calls.splice(0);
});

const configure = (source: string): Promise<void> => writeFile(join(home, 'config.yaml'), `sources: [{name: default, ${source}}]\n`);
const ask = (asked: string): Promise<Reply> =>
  answerFor(asked, { env: process.env, clock, signal: new AbortController().signal, unconfiguredPublic: 'not served' });
async function tokenFor(asked: string): Promise<string> {
  const reply = await ask(asked);
  assert.equal(reply.kind, 'answer', JSON.stringify(reply));
  return reply.kind === 'answer' ? reply.answer.password.reveal() : '';
}

test('the helper asks a function once for each account and region, and keeps its answers', async () => {
  await configure('lambda: "arn:aws:lambda:eu-west-1:123456789012:function:ecr-token"');
  const first = await tokenFor(host);
  assert.equal(first, 'pw-eu-west-1-123456789012-1');
  assert.equal(await tokenFor(`${host}:443/team/app`), first);
  assert.equal(await tokenFor(other), 'pw-eu-west-1-210987654321-2');
  assert.equal(aws.calls.length, 2);
  await configure('lambda: "arn:aws:lambda:eu-west-1:123456789012:function:ecr-token:live"');
  assert.equal(await tokenFor(host), 'pw-eu-west-1-123456789012-3', 'another function gives other answers');
});

test('no front answers for it: the environment may say more than a shell can compare', async () => {
  await configure('command: [echo, "AWS:one-for-{account}-{region}"]');
  assert.equal(await tokenFor(host), 'one-for-123456789012-eu-west-1');
  const cache = join(home, '.cache/ecr-courier');
  assert.ok((await readdir(cache)).some(name => name.endsWith('.answer')));
  await assert.rejects(access(join(cache, 'hits')));
});

test('a command gets no variable of the courier or of a manager', async () => {
  const shown = 'process.stdout.write(JSON.stringify({ password: Object.keys(process.env).sort().join() }))';
  await configure(`command: ["${process.execPath}", -e, ${JSON.stringify(shown)}], region: eu-west-1`);
  const ours = ['ECR_COURIER_ADMIN_TOKEN', ...adapters.map(adapter => `${prefix(adapter)}_PASSWORD`)];
  for (const name of ours) process.env[name] = 'k3y-k3y-k3y';
  try {
    const names = (await tokenFor(host)).split(',');
    assert.ok(names.includes('AWS_ACCESS_KEY_ID') && names.includes('PATH'), names.join());
    assert.deepEqual(
      names.filter(name => ours.includes(name)),
      [],
    );
  } finally {
    for (const name of ours) delete process.env[name];
  }
});

test('a file that was written anew is answered at once', async () => {
  await configure('file: token, region: eu-west-1');
  await writeFile(join(home, 'token'), 'AWS:of-the-file-1', { mode: 0o600 });
  assert.equal(await tokenFor(host), 'of-the-file-1');
  await writeFile(join(home, 'token'), 'AWS:of-the-file-2');
  assert.equal(await tokenFor(host), 'of-the-file-2');
  await writeFile(join(home, 'token'), JSON.stringify({ password: 'of-the-file-3', expiresAt: '2020-01-01T00:00:00Z' }));
  const reply = await ask(host);
  assert.ok(reply.kind === 'failed');
  assert.match(reply.failure.message, /token holds a token that expired at 2020-01-01T00:00:00\.000Z/);
});

test('a provider of the kubelet answers by a function, and by a command also for a service account', async () => {
  await configure('lambda: ecr-token, region: eu-west-1');
  const request = { kind: 'CredentialProviderRequest', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', image: `${host}/app` };
  const run = async (more: object = {}) => {
    const stdin = (): Promise<string> => Promise.resolve(JSON.stringify({ ...request, ...more }));
    const { code, stdout, stderr } = await runKubelet({ args: [], env: process.env, clock, signal: AbortSignal.timeout(10_000), stdin });
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { auth: Record<string, unknown> }).auth[host];
  };
  assert.deepEqual(await run(), { username: 'AWS', password: 'pw-eu-west-1-123456789012-1' });
  await configure('command: "echo one-{region}"');
  const serviceAccountAnnotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/r' };
  assert.deepEqual(await run({ serviceAccountToken: 'service-account-token', serviceAccountAnnotations }), {
    username: 'AWS',
    password: 'one-eu-west-1',
  });
});
