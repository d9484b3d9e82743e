import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { goDuration, runKubelet } from '../../src/pull/kubelet.ts';
import type { Said } from '../../src/pull/run.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const request = { kind: 'CredentialProviderRequest', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', image: `${host}/app` };

const run = (stdin: string, ...args: string[]): Promise<Said> =>
  runKubelet({ args, env: {}, clock, signal: AbortSignal.timeout(10_000), stdin: () => Promise.resolve(stdin) });

test('a request that is none is told, without a word of what came', async () => {
  const token = 'eyJhbGciOi.payload.signature';
  for (const [text, said] of [
    ['', /Nothing came/],
    ['\n', /Nothing came/],
    ['hello', /JSON document/],
    [`${JSON.stringify(request)}\n${JSON.stringify(request)}`, /JSON document/],
    [`${JSON.stringify(request)} }`, /JSON document/],
    ['[]', /JSON document/],
    ['null', /JSON document/],
    [JSON.stringify({ ...request, kind: undefined }), /kind none/],
    [JSON.stringify({ ...request, kind: 'Request', serviceAccountToken: token }), /kind "Request"/],
    [JSON.stringify({ ...request, apiVersion: 'credentialprovider.kubelet.k8s.io/v1beta1' }), /v1beta1/],
    [JSON.stringify({ ...request, image: '' }), /no image/],
    [JSON.stringify({ ...request, image: 7 }), /no image/],
    [JSON.stringify({ ...request, image: `${host} /app` }), /blank/],
    [JSON.stringify({ ...request, image: ` ${host}/app` }), /blank/],
    [JSON.stringify({ ...request, serviceAccountToken: { token } }), /no text/],
    [`{"serviceAccountToken":"${token}"`, /JSON document/],
  ] as const) {
    const { code, stdout, stderr } = await run(text);
    assert.deepEqual([code, stdout], [1, ''], text);
    assert.match(stderr, said, text);
    assert.ok(!stderr.includes(token) && stderr.trim().split('\n').length === 1, stderr);
  }
});

test("hosts that are not ECR's get an empty answer for five minutes, and the reason is on stderr", async () => {
  for (const image of [
    'registry.k8s.io/pause',
    `${host}.evil.example/app`,
    '12345678901.dkr.ecr.eu-west-1.amazonaws.com/app',
    'nginx',
    '/',
    'https://x/y',
  ]) {
    const { code, stdout, stderr } = await run(JSON.stringify({ ...request, image }));
    assert.deepEqual(
      [code, JSON.parse(stdout)],
      [
        0,
        { kind: 'CredentialProviderResponse', apiVersion: request.apiVersion, cacheKeyType: 'Registry', cacheDuration: '5m0s', auth: {} },
      ],
    );
    assert.match(stderr, /no alias|is none/, image);
  }
});

test('options: its version, its usage, and none that it does not know', async () => {
  assert.match((await run('', '--version')).stdout, /^ecr-courier-credential-provider \S+\n$/);
  assert.match((await run('', '--help')).stdout, /^usage/);
  const { code, stdout, stderr } = await run(JSON.stringify(request), '--verbose');
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /--verbose is unknown.*\nusage/);
});

test("a question in Docker's protocol is answered in that protocol", async () => {
  const { code, stdout } = await run('registry.example\n', 'get');
  assert.deepEqual([code, stdout], [1, 'credentials not found in native keychain\n']);
  assert.match((await run(JSON.stringify({ ServerURL: host, Username: 'AWS', Secret: 'x' }), 'store')).stderr, /Nothing is stored/);
  assert.match((await run('hello', 'get-credentials')).stderr, /JSON document/);
});

test('times as Go writes them, in whole seconds', () => {
  const times = {
    0: '0s',
    999: '0s',
    1_000: '1s',
    59_999: '59s',
    60_000: '1m0s',
    450_500: '7m30s',
    3_600_000: '1h0m0s',
    21_600_500: '6h0m0s',
    360_000_000: '100h0m0s',
  };
  for (const [ms, text] of Object.entries(times)) assert.equal(goDuration(Number(ms)), text);
  assert.equal(goDuration(-5_000), '0s');
});

test("the kubelet's question to the helper of Docker is answered in the kubelet's protocol", async () => {
  const { runDocker } = await import('../../src/pull/docker.ts');
  const stdin = (): Promise<string> => Promise.resolve(JSON.stringify({ ...request, image: 'registry.k8s.io/pause' }));
  for (const args of [[], ['get'], ['get-credentials']]) {
    const { code, stdout } = await runDocker({ args, env: {}, clock, signal: AbortSignal.timeout(10_000), stdin });
    assert.deepEqual([code, (JSON.parse(stdout) as { kind: string }).kind], [0, 'CredentialProviderResponse'], args.join());
  }
  const { code, stdout } = await runDocker({
    args: [],
    env: {},
    clock,
    signal: AbortSignal.timeout(10_000),
    stdin: () => Promise.resolve(''),
  });
  assert.equal(code, 1);
  assert.match(stdout, /^usage/);
});
