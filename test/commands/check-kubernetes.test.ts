import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { made, ours, seed } from '../adapters/kubernetes/rig.ts';
import { attach, stuckPod } from '../adapters/kubernetes/stuck-rig.ts';
import { host, other } from '../adapters/rig.ts';
import { folder } from '../config/support.ts';
import { startEcr } from '../fakes/ecr.ts';
import type { Rule } from '../fakes/kubernetes/access.ts';
import { adminToken, courierToken, leastRules, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { command } from './cli.ts';

test('check has a row for each ServiceAccount, and says of an entry once what is wrong with it', async () => {
  const entries = { auths: { 'hub.test': { username: 'u', password: 'p', email: 'a@b.test' } } };
  const secret = made('team-a', entries, { metadata: { name: 'ecr-courier', namespace: 'team-a', labels: ours } });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  await using fake = await startFakeKubernetes({ namespaces: ['team-a'], objects: [secret, account] });
  await using ecr = await startEcr();
  const target = `{kind: kubernetes, name: prod, url: "${fake.url}", tokenFile: token, allowHttp: true, registries: [${host}], namespaces: [team-a], serviceAccounts: [default]}`;
  await using files = await folder({ 'courier.yaml': `targets: [${target}]\n`, token: adminToken });
  const aws = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_ECR: ecr.url };
  const { stdout, stderr } = await command(['check', '-c', files.at('courier.yaml')], {
    ...aws,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  });
  assert.match(stdout, /^prod +ServiceAccount team-a\/default +- +would be created +- +-$/m, stdout + stderr);
  assert.equal(stdout.split('ENTRY_WITH_EMAIL').length, 2, stdout);
  assert.ok(!stdout.includes('; prod'), stdout);
});

test('an image of a pod brings no token of a source whose slots do not have that namespace', async () => {
  const account = (namespace: string) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  const pod = (namespace: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', namespace },
    spec: { containers: [{ name: 'c', image: `${other}/app` }] },
  });
  const objects = ['shop-a', 'team-a'].flatMap(namespace => [account(namespace), pod(namespace)]);
  await using fake = await startFakeKubernetes({ namespaces: ['shop-a', 'team-a'], objects });
  await using ecr = await startEcr();
  await using files = await folder({
    'courier.yaml': `sources:
  - {name: default, accounts: ["111111111111"]}
  - {name: shop, accounts: ["222222222222"], slots: ["prod/shop-*/*"]}
targets:
  - {kind: kubernetes, name: prod, url: "${fake.url}", tokenFile: token, allowHttp: true, onlyWithImages: true}
`,
    token: adminToken,
  });
  const aws = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_ECR: ecr.url };
  const { stdout, stderr } = await command(['check', '-c', files.at('courier.yaml')], {
    ...aws,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  });
  assert.match(stdout, /^prod +shop-a\/ecr-courier +222222222222\S+ +would be created/m, stdout + stderr);
  assert.doesNotMatch(stdout, /^prod +team-a\/ecr-courier +222222222222\S+ +would be created/m);
  assert.match(stdout, /NO_SOURCE .*is served by the source shop, whose `slots` do not have prod\/team-a\/ecr-courier, and by no other\./);
});

test('check and once that are stopped say so, and do not end well', async () => {
  await using ecr = await startEcr();
  const aws = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_ECR: ecr.url };
  for (const name of ['check', 'once']) {
    const stopping = new AbortController();
    await using fake = await startFakeKubernetes({ namespaces: ['team-a', 'team-b'] });
    fake.fault = ({ method, path }) => {
      if (method !== 'PATCH' || !path.includes('/team-b/')) return undefined;
      stopping.abort();
      return 'hang';
    };
    const target = { kind: 'kubernetes', name: 'prod', url: fake.url, tokenFile: 'token', allowHttp: true, registries: [host] };
    const config = { targets: [{ ...target, namespaces: ['team-*'] }] };
    await using files = await folder({ 'courier.json': JSON.stringify(config), token: adminToken });
    const env = { ...aws, HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' };
    const { code, stderr } = await command([name, '-c', files.at('courier.json')], env, undefined, undefined, stopping.signal);
    assert.match(stderr, /The command was stopped before its end\./, name);
    assert.ok(code === 1 || code === 3, `${name} ended with ${code}`);
  }
});

test('check does not end well where a right is missing that only the next renewal needs', async () => {
  await using ecr = await startEcr();
  const [secrets, namespaces] = leastRules() as [Rule, Rule];
  for (const { verbs, expected } of [
    { verbs: secrets.verbs, expected: 0 },
    { verbs: secrets.verbs.filter(verb => verb !== 'patch'), expected: 3 },
  ]) {
    await using fake = await startFakeKubernetes({ namespaces: ['team-a'], rules: [{ ...secrets, verbs }, namespaces] });
    await seed(fake, 'team-a', [host], 'old', adminToken, 'prod', new Date(Date.now() + 12 * 3_600_000));
    const target = { kind: 'kubernetes', name: 'prod', url: fake.url, tokenFile: 'token', allowHttp: true, registries: [host] };
    const config = { targets: [{ ...target, namespaces: ['team-*'] }] };
    await using files = await folder({ 'courier.json': JSON.stringify(config), token: courierToken });
    const aws = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_ECR: ecr.url };
    const { code, stdout } = await command(['check', '-c', files.at('courier.json')], {
      ...aws,
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
    });
    assert.equal(code, expected, stdout);
    assert.equal(stdout.includes('RIGHT_MISSING'), expected !== 0, stdout);
  }
});

test('check says which pods would be deleted, and deletes none', async () => {
  const past = { ...clock, wall: () => clock.wall() - 300_000 };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  await using fake = await startFakeKubernetes({ namespaces: ['team-a'], clock: past, objects: [account, stuckPod('web-1')] });
  await seed(fake, 'team-a', [host], 'old', undefined, 'prod', new Date(Date.now() + 3_600_000));
  attach(fake);
  await using ecr = await startEcr();
  const target = `{kind: kubernetes, name: prod, url: "${fake.url}", tokenFile: token, allowHttp: true, registries: [${host}], namespaces: [team-a], serviceAccounts: [default], restartStuckPods: true}`;
  await using files = await folder({ 'courier.yaml': `targets: [${target}]\n`, token: adminToken });
  const aws = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_ECR: ecr.url };
  const { stdout, stderr } = await command(['check', '-c', files.at('courier.yaml')], {
    ...aws,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  });
  assert.match(stdout, /^prod +Pod team-a\/web-1 +- +would be updated/m, stdout + stderr);
  assert.match(stdout, /POD_RESTARTED.*Pod team-a\/web-1 would be deleted/, stdout);
  assert.equal(fake.get('pods', 'team-a', 'web-1')?.metadata.deletionTimestamp, undefined);
});
