import assert from 'node:assert/strict';
import { test } from 'node:test';
import { made, ours } from '../adapters/kubernetes/rig.ts';
import { host } from '../adapters/rig.ts';
import { folder } from '../config/support.ts';
import { startEcr } from '../fakes/ecr.ts';
import { adminToken, startFakeKubernetes } from '../fakes/kubernetes.ts';
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
