import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { folder } from '../config/support.ts';
import { command } from './cli.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const secret = 'Zq7-k93xw-plmv-8101';
const target = 'targets: [{kind: portainer, url: "https://portainer.test", apiKey: k3y-k3y-k3y}]\n';
const env = { HOME: '/nonexistent', PATH: process.env['PATH'] ?? '' };

/** Runs a command with a configuration that contains `source`; `files` lie beside it. */
async function run(args: readonly string[], source: string, more: { files?: Record<string, string>; env?: Record<string, string> } = {}) {
  await using files = await folder({ ...more.files, 'courier.yaml': `${target}sources: [{name: default, ${source}}]\n` });
  return await command([...args, '--config', files.at('courier.yaml')], { ...env, ...more.env });
}
const warnings = async (source: string, files: Record<string, string> = {}): Promise<string> => {
  const { code, stderr } = await run(['config', 'check'], source, { files });
  assert.equal(code, 0, stderr);
  assert.ok(!stderr.includes(secret), stderr);
  return stderr.replaceAll(/\/\S*\//g, '');
};

test('token: by a command and by a file', async () => {
  assert.deepEqual(
    await run(['token', host], `command: [echo, "AWS:${secret}", "{region}"]`.replace(', "{region}"', ''), {
      env: { AWS_REGION: 'eu-west-1' },
    }),
    {
      code: 0,
      stdout: `${secret}\n`,
      stderr: '',
    },
  );
  const files = { token: JSON.stringify({ auths: { [host]: { auth: Buffer.from(`AWS:${secret}`).toString('base64') } } }) };
  assert.equal((await run(['token', host], 'file: token', { files })).stdout, `${secret}\n`);
});

test('the child of a command gets nothing that is ours', async () => {
  const shown = 'process.stdout.write(JSON.stringify({ password: Object.keys(process.env).sort().join() }))';
  const source = `command: ["${process.execPath}", -e, ${JSON.stringify(shown)}], region: eu-west-1`;
  const ours = { PORTAINER_API_KEY: secret, ECR_COURIER_ADMIN_TOKEN: secret, AWS_PROFILE: 'a', VAULT_ADDR: 'b' };
  const { stdout, stderr } = await run(['token', host], source, { env: ours });
  assert.equal(stderr, '');
  assert.deepEqual(
    stdout
      .trim()
      .split(',')
      .filter(name => !/^(__|SHLVL|_$)/.test(name)),
    ['AWS_PROFILE', 'HOME', 'PATH', 'VAULT_ADDR'],
  );
});

test('config check says what can be known offline: programs and files', async () => {
  assert.match(
    await warnings('command: [no-such-program, x]'),
    /warning: The command of the source default cannot run here: there is no program no-such-program on PATH\./,
  );
  assert.match(
    await warnings('command: /nonexistent/get'),
    /cannot run here: get is not a program that this user may run|\/nonexistent\/get is not a program/,
  );
  assert.equal(await warnings('command: "echo x | cat"'), '');
  assert.match(await warnings('file: token'), /warning: sources\.default: The token file token does not exist/);
  assert.match(await warnings('file: token', { token: '' }), /token is empty/);
  assert.match(await warnings('file: token', { token: 'not a token' }), /token holds a text that is not a token/);
  const old = JSON.stringify({ password: secret, expiresAt: 1_500_000_000 });
  assert.match(
    await warnings('file: token, region: eu-west-1', { token: old }),
    /token holds a token that expired at 2017-07-14T02:40:00\.000Z/,
  );
  assert.match(await warnings('file: token', { token: secret }), /does not say its region.*Set `region` of the source/s);
  assert.equal(await warnings('file: token, region: eu-west-1', { token: secret }), '');
});

test('config check: a file that everybody may read is told, and a directory in its place is a mistake', async () => {
  await using files = await folder({
    token: secret,
    'courier.yaml': `${target}sources: [{name: default, region: eu-west-1, file: token}]\n`,
  });
  await chmod(files.at('token'), 0o644);
  const { code, stderr } = await command(['config', 'check', '--config', files.at('courier.yaml')], env);
  assert.equal(code, 0);
  assert.match(stderr, /everybody on this machine may read it: chmod 600 it/);
  await mkdir(files.at('folder'));
  await writeFile(files.at('courier.yaml'), `${target}sources: [{name: default, file: folder}]\n`);
  const wrong = await command(['config', 'check', '--config', files.at('courier.yaml')], env);
  assert.equal(wrong.code, 78);
  assert.match(wrong.stderr, /sources\.default\.file: .*folder .*directory|no file/);
});

test('notes on AWS are not for a source that asks nobody there', async () => {
  assert.equal(await warnings('command: [echo, "{region}"]'), '');
  const { stderr } = await run(['config', 'check'], 'command: [echo, "{region}"]', { env: { AWS_SECRET_ACCESS_KEY: 'x-x-x' } });
  assert.doesNotMatch(stderr, /AWS_ACCESS_KEY_ID/);
});

const python = await promisify(execFile)('python3', ['--version']).then(
  () => true,
  () => false,
);

/** A stand-in for boto3 with the calls that the token function makes. */
const boto3 = `
import base64, datetime
class Client:
    def __init__(self, region): self.region = region
    def get_authorization_token(self):
        end = datetime.datetime(2026, 11, 30, 10, 30, tzinfo=datetime.timezone.utc)
        token = base64.b64encode(b"AWS:${secret}:with-a-colon").decode()
        return {"authorizationData": [{"authorizationToken": token, "expiresAt": end, "proxyEndpoint": "https://123456789012.dkr.ecr." + self.region + ".amazonaws.com"}]}
def client(service, region_name=None):
    assert service == "ecr"
    return Client(region_name)
`;

test('the function of docs/lambda.md runs, and its answer is read', { skip: python ? false : 'no python3 here' }, async () => {
  const guide = await readFile(join(import.meta.dirname, '../../docs/lambda.md'), 'utf8');
  const code = /```python\n([^]*?)```/.exec(guide)?.[1] ?? '';
  await using files = await folder({ 'boto3.py': boto3, 'app.py': code });
  const call = `import json, app; print(json.dumps(app.handler({"region": "eu-west-1", "registry": "${host}"}, None)))`;
  const { stdout } = await promisify(execFile)('python3', ['-c', call], { cwd: files.path });
  assert.deepEqual(JSON.parse(stdout), {
    username: 'AWS',
    password: `${secret}:with-a-colon`,
    expiresAt: '2026-11-30T10:30:00+00:00',
    proxyEndpoint: `https://${host}`,
  });
});
