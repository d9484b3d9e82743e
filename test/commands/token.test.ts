import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { command } from './cli.ts';

const hostOf = (account: string, region: string): string => `${account}.dkr.ecr.${region}.amazonaws.com`;
const ireland = hostOf('123456789012', 'eu-west-1');
const other = hostOf('210987654321', 'eu-west-1');
const ohio = hostOf('123456789012', 'us-east-2');
let ecr: FakeEcr;
let env: Record<string, string>;

before(async () => {
  ecr = await startEcr();
  // The AWS SDK reads keys from the environment of the process.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-access-key' });
  env = { HOME: '/nonexistent', AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-access-key', AWS_ENDPOINT_URL_ECR: ecr.url };
});
after(() => ecr[Symbol.asyncDispose]());

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await command(['token', ...args], env);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Returns the password in an `auth`, which must have the only form that all clients read. */
function passwordOf({ auth }: { readonly auth: string }): string {
  assert.match(auth, /^[A-Za-z0-9+/]+=*$/);
  assert.equal(auth.length % 4, 0, 'it is padded');
  const login = Buffer.from(auth, 'base64').toString();
  assert.match(login, /^AWS:/);
  return login.slice(4);
}
const isGood = (region: string, entry: unknown): boolean => ecr.judge(region, passwordOf(entry as { auth: string })) === 'good';
interface Auths {
  readonly auths: Readonly<Record<string, { readonly auth: string }>>;
}

test('docker-auth-config: nothing but auths and auth, on one line; one fetch for a region', async () => {
  const before = ecr.calls.length;
  const text = await printed('--format', 'docker-auth-config', ireland, `https://${other}/`, ohio);
  assert.equal(ecr.calls.length - before, 2);
  assert.equal(text.trimEnd().includes('\n'), false);
  const config = JSON.parse(text) as Auths;
  assert.deepEqual(Object.keys(config), ['auths']);
  assert.deepEqual(Object.keys(config.auths), [ireland, other, ohio]);
  for (const entry of Object.values(config.auths)) assert.deepEqual(Object.keys(entry), ['auth']);
  assert.ok(isGood('eu-west-1', config.auths[other]) && isGood('us-east-2', config.auths[ohio]));
});

test('a port stays in the key, as clients look for it there; without it the key is another one', async () => {
  for (const format of ['docker-auth-config', 'auth-json']) {
    const { auths } = JSON.parse(await printed('--format', format, `${ireland}:443`, `https://${ireland}:5000/x`, ireland)) as Auths;
    assert.deepEqual(Object.keys(auths), [`${ireland}:443`, `${ireland}:5000`, ireland]);
    assert.ok(Object.values(auths).every(entry => isGood('eu-west-1', entry)));
  }
});

test('a region instead of hosts: the login is for the registry of the own account', async () => {
  const { auths } = JSON.parse((await printed('--region', 'eu-west-1', '--format', 'env')).replace('DOCKER_AUTH_CONFIG=', '')) as Auths;
  const [host = ''] = Object.keys(auths);
  assert.match(host, /^(?!0{12})\d{12}\.dkr\.ecr\.eu-west-1\.amazonaws\.com$/);
  assert.ok(isGood('eu-west-1', auths[host]));
});

test('env: one line without quotes, blanks and shell words', async () => {
  const text = await printed('--format', 'env', ireland, ohio);
  const [, json = ''] = /^DOCKER_AUTH_CONFIG=(\{[^\s']*\})\n$/.exec(text) ?? [];
  const { auths } = JSON.parse(json) as Auths;
  assert.ok(isGood('eu-west-1', auths[ireland]));
});

test('auth-json: a file as Docker writes it', async () => {
  const text = await printed('--format', 'auth-json', ireland, ohio, `https://${ireland}/`);
  assert.equal(text, `${JSON.stringify(JSON.parse(text), undefined, '\t')}\n`);
  const { auths } = JSON.parse(text) as Auths;
  assert.ok(isGood('eu-west-1', auths[ireland]) && isGood('us-east-2', auths[ohio]));
});

test('k8s-secret: a pull secret with user name, password and auth, under the name that is given', async () => {
  const text = await printed('--format', 'k8s-secret', '--name', '1e3', '--namespace', 'team-a', ireland, ohio);
  const { data, ...secret } = parse(text) as { data: Record<string, string> };
  assert.deepEqual(secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: '1e3', namespace: 'team-a' },
    type: 'kubernetes.io/dockerconfigjson',
  });
  const { auths } = JSON.parse(Buffer.from(data['.dockerconfigjson'] ?? '', 'base64').toString()) as Auths;
  const entry = auths[ireland] as unknown as Record<string, string>;
  assert.deepEqual(Object.keys(entry), ['username', 'password', 'auth']);
  assert.equal(entry['password'], passwordOf(auths[ireland] ?? { auth: '' }));
  assert.deepEqual((parse(await printed('--format', 'k8s-secret', ireland)) as { metadata: object }).metadata, { name: 'ecr-courier' });
});

test('what cannot be meant is a wrong command line', async () => {
  for (const [args, why] of [
    [['--format', 'yaml', ireland], /there is no format yaml; there are docker-auth-config, auth-json, env, k8s-secret/],
    [['--format', 'env'], /name a registry, or --region/],
    [[ireland, ohio], /one registry at a time, or several with --format/],
    [['--format', 'env', ireland, 'ghcr.io'], /ghcr\.io is not an ECR registry/],
    [['--format', 'k8s-secret', '--name', 'A_b', ireland], /A_b is not a name of a Secret/],
    [['--format', 'k8s-secret', '--name', 'a..b', ireland], /a\.\.b is not a name of a Secret/],
    [['--format', 'k8s-secret', '--name', 'a-.b', ireland], /is not a name of a Secret/],
    [['--format', 'k8s-secret', '--namespace', 'a.b', ireland], /a\.b is not a name of a namespace/],
    [['--format', 'k8s-secret', '--namespace', 'a'.repeat(64), ireland], /is not a name of a namespace/],
    [['--name', 'x', ireland], /--name goes with --format k8s-secret/],
    [['--format', 'env', '--namespace', 'x', ireland], /--namespace goes with --format k8s-secret/],
    [['--format', 'toString', ireland], /there is no format toString/],
  ] as const) {
    const { code, stderr, stdout } = await command(['token', ...args], env);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, why);
  }
});
