import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { goDuration, runKubelet } from '../../src/pull/kubelet.ts';
import type { Said } from '../../src/pull/run.ts';
import { folder } from '../config/support.ts';
import { startEcr } from '../fakes/ecr.ts';

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
    [JSON.stringify({ ...request, serviceAccountToken: { token } }), /not text/],
    [`{"serviceAccountToken":"${token}"`, /JSON document/],
    [JSON.stringify({ ...request, kind: token }), /kind of \d+ characters/],
    [JSON.stringify({ ...request, apiVersion: `v1/${'x'.repeat(100)}` }), /apiVersion of 103 characters/],
    ...[[], 'x', 7, true, { 'eks.amazonaws.com/ecr-role-arn': 5 }, { other: null }, { 'eks.amazonaws.com/role-arn': ['x'] }].map(
      serviceAccountAnnotations =>
        [JSON.stringify({ ...request, serviceAccountToken: 'tk', serviceAccountAnnotations }), /not a map of texts/] as const,
    ),
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
    assert.match(stderr, /no alias|is not one/, image);
  }
  assert.match((await run(JSON.stringify({ ...request, image: '/app' }))).stderr, /: What has no host is not an ECR registry/);
  const long = await run(JSON.stringify({ ...request, image: `${'x'.repeat(100_000)}/app` }));
  assert.ok(long.stderr.length < 1000, 'a sentence, and not all that came');
});

test('options: its version, its usage, and none that it does not know', async () => {
  assert.match((await run('', '--version')).stdout, /^ecr-courier-credential-provider \S+\n$/);
  assert.match((await run('', '--help')).stdout, /^usage/);
  const { code, stdout, stderr } = await run(JSON.stringify(request), '--verbose');
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /--verbose is unknown.*\nusage/);
  const valued = await run(JSON.stringify(request), '--token=s3cret-value');
  assert.match(valued.stderr, /--token is unknown/);
  assert.ok(!valued.stderr.includes('s3cret-value'));
  const foreign = JSON.stringify({ ...request, image: 'registry.k8s.io/pause' });
  for (const args of [['-'], ['--'], ['--', '--verbose'], ['word']]) assert.equal((await run(foreign, ...args)).code, 0, args.join(' '));
});

test("a question in Docker's protocol is answered in that protocol", async () => {
  const { code, stdout } = await run('registry.example\n', 'get');
  assert.deepEqual([code, stdout], [1, 'credentials not found in native keychain\n']);
  assert.match((await run(JSON.stringify({ ServerURL: host, Username: 'AWS', Secret: 'x' }), 'store')).stderr, /Nothing is stored/);
  for (const foreign of ['ghcr.io', 'https://index.docker.io/v1/', 'localhost:5000', 'localhost', 'me@registry.example/team'])
    assert.deepEqual(
      [(await run(foreign)).code, (await run(`${foreign}\n`)).stdout],
      [1, 'credentials not found in native keychain\n'],
      foreign,
    );
  for (const text of ['hello', '', 'two words.', '{"image":', '"a.b"', '[1.5]']) {
    const { code, stdout, stderr } = await run(text, 'get-credentials');
    assert.deepEqual([code, stdout, /JSON/.test(stderr)], [1, '', true], text);
  }
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

test('an annotation or a variable that is not an ARN of a role is sent to nobody', async () => {
  await using aws = await startEcr();
  const given: readonly (readonly [annotations: Record<string, string>, env: Record<string, string>, said: RegExp])[] = [
    [
      { 'eks.amazonaws.com/role-arn': 'notanarn' },
      {},
      /The annotation eks\.amazonaws\.com\/role-arn of the service account is not an ARN of a role\./,
    ],
    [
      { 'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::1:role/x' },
      {},
      /The annotation eks\.amazonaws\.com\/ecr-role-arn .* is not an ARN/,
    ],
    [{}, { AWS_ECR_ROLE_ARN: 'puller' }, /AWS_ECR_ROLE_ARN is not an ARN of a role\. Write it as arn:aws:iam::ACCOUNT:role\/NAME/],
  ];
  for (const [annotations, env, said] of given) {
    const asked = { ...request, serviceAccountToken: 'sa-token', serviceAccountAnnotations: annotations };
    const all = { AWS_ENDPOINT_URL: aws.url, AWS_ECR_DISABLE_CACHE: '1', AWS_EC2_METADATA_DISABLED: 'true', ...env };
    const stdin = (): Promise<string> => Promise.resolve(JSON.stringify(asked));
    const { code, stdout, stderr } = await runKubelet({ args: [], env: all, clock, signal: AbortSignal.timeout(10_000), stdin });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, said);
  }
  assert.equal(aws.calls.length, 0);
});

test('a token of a service account: an answer is for whoever has this very token, and may end with the session', async () => {
  await using aws = await startEcr();
  await using home = await folder();
  const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/puller' };
  const said = async (token: string, env: Record<string, string> = {}) => {
    const asked = { ...request, serviceAccountToken: token, serviceAccountAnnotations: annotations };
    const all = { HOME: home.path, AWS_ENDPOINT_URL: aws.url, AWS_EC2_METADATA_DISABLED: 'true', ...env };
    const stdin = (): Promise<string> => Promise.resolve(JSON.stringify(asked));
    return await runKubelet({ args: [], env: all, clock, signal: AbortSignal.timeout(10_000), stdin });
  };
  const ask = async (token: string, env: Record<string, string> = {}): Promise<string> => {
    const { code, stdout, stderr } = await said(token, env);
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { cacheDuration: string }).cacheDuration;
  };
  assert.match(await ask('sa-token-of-pod-1'), /^(6h0m0s|5h59m5\ds)$/);
  const roles = aws.calls.map(({ action }) => action);
  assert.deepEqual(roles, ['AssumeRoleWithWebIdentity', 'GetAuthorizationToken']);
  await ask('sa-token-of-pod-1');
  assert.equal(aws.calls.length, 2, 'the same token is answered from disk');
  await ask('sa-token-of-pod-2');
  assert.equal(aws.calls.length, 4, 'AWS says whether another token is let in');
  assert.match(await ask('sa-token-of-pod-3', { ECR_COURIER_TOKEN_ENDS_WITH_SESSION: 'true' }), /^(30m0s|29m5\ds)$/);
  for (const unclear of ['yes', '1', 'True']) {
    const { code, stderr } = await said('sa-token-of-pod-1', { ECR_COURIER_TOKEN_ENDS_WITH_SESSION: unclear });
    assert.equal(code, 1, unclear);
    assert.match(stderr, /ENDS_WITH_SESSION is neither true nor false\. Write one of both, in lower case\.\n$/);
  }
  for (const name of ['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']) {
    const { code, stdout, stderr } = await said('sa-token-of-pod-1', { [name]: 'True' });
    assert.deepEqual([code, stdout], [1, ''], 'not even from disk');
    assert.match(stderr, new RegExp(`${name} is neither true nor false\\.`));
  }
});

test('an address that is set wins over FIPS and dual stack', async () => {
  await using aws = await startEcr();
  await using home = await folder({ config: '[default]\nuse_fips_endpoint = true\n' });
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-key-of-a-test' };
  for (const [index, set] of [
    { AWS_USE_FIPS_ENDPOINT: 'true', AWS_ENDPOINT_URL: aws.url },
    { AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_ENDPOINT_URL_ECR: aws.url },
    { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_ENDPOINT_URL: aws.url },
  ].entries()) {
    const env = { HOME: home.path, AWS_CONFIG_FILE: home.at('config'), AWS_ECR_DISABLE_CACHE: '1', ...keys, ...set };
    const stdin = (): Promise<string> => Promise.resolve(JSON.stringify(request));
    const { code, stderr } = await runKubelet({ args: [], env, clock, signal: AbortSignal.timeout(10_000), stdin });
    assert.deepEqual([code, stderr, aws.calls.length], [0, '', index + 1]);
  }
});

test('fifty images at once cost one call', async () => {
  await using aws = await startEcr();
  await using home = await folder();
  const env = {
    HOME: home.path,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-key-of-a-test',
  };
  const images = Array.from({ length: 50 }, (_, nr) => `${host}/app-${nr}`);
  const all = await Promise.all(
    images.map(image => {
      const stdin = (): Promise<string> => Promise.resolve(JSON.stringify({ ...request, image }));
      return runKubelet({ args: [], env, clock, signal: AbortSignal.timeout(30_000), stdin });
    }),
  );
  assert.equal(
    new Set(all.map(({ stdout }) => (JSON.parse(stdout) as { auth: Record<string, { password: string }> }).auth[host]?.password)).size,
    1,
  );
  assert.equal(aws.calls.length, 1);
});
