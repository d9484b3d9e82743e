import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { ignoredSwitch, leftOut, verifyAlways, wrongWithAuthorities } from '../../src/io/authorities.ts';
import { built } from '../built.ts';
import { cli } from '../commands/cli.ts';
import { folder } from '../config/support.ts';

const certificate = join(import.meta.dirname, 'certificates/ca.pem');

test('authorities that nobody can read are told, and what to use instead', async () => {
  await using files = await folder({ 'not.pem': 'a key, perhaps' });
  const said = async (file: string) => (await wrongWithAuthorities({ NODE_EXTRA_CA_CERTS: file })) ?? '';
  for (const [file, why] of [
    [files.at('absent'), 'does not exist'],
    [files.path, 'is a directory'],
    [files.at('not.pem'), 'holds no certificate in PEM'],
  ] as const)
    assert.ok((await said(file)).startsWith(`NODE_EXTRA_CA_CERTS: ${file} ${why}, so none`), await said(file));
  assert.match(await said(files.path), /AWS_CA_BUNDLE for AWS and caFile/);
  assert.equal(await said(certificate), '');
  assert.equal(await wrongWithAuthorities({}), undefined);
  assert.match((await wrongWithAuthorities({ [leftOut]: certificate })) ?? '', /could not be read at the start/);
});

test('a variable takes verification from nothing, and a sentence says so', () => {
  for (const value of ['0', 'false']) {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: value };
    verifyAlways(env);
    // Node obeys only the value "0".
    assert.notEqual(env.NODE_TLS_REJECT_UNAUTHORIZED, '0');
    assert.match(ignoredSwitch(env) ?? '', /^NODE_TLS_REJECT_UNAUTHORIZED has no effect here.*caFile or tlsFingerprint/);
  }
  for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '' }, { NODE_TLS_REJECT_UNAUTHORIZED: '1' }])
    assert.equal(ignoredSwitch(env), undefined);
});

test('the program starts without authorities for which Node would wait without end, or write plain text', async () => {
  await using files = await folder();
  execFileSync('mkfifo', [files.at('pipe')]);
  const env = { PORTAINER_URL: 'https://127.0.0.1:9', PORTAINER_API_KEY: 'ptr_key', HOME: files.path };
  for (const file of [files.at('pipe'), files.at('absent')]) {
    const variables = { NODE_EXTRA_CA_CERTS: file, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { code, stdout, stderr } = await cli(['config', 'check'], { ...env, ...variables });
    assert.equal(code, 0);
    assert.match(stdout, /^configuration is fine/);
    assert.deepEqual(stderr.trim().split('\n').length, 2, stderr);
    assert.ok(stderr.startsWith(`warning: NODE_EXTRA_CA_CERTS: ${file} `), stderr);
    assert.match(stderr, /^warning: NODE_TLS_REJECT_UNAUTHORIZED has no effect here/m);
  }
});

test('so does the program that answers docker, with what it is asked still unread', async () => {
  await using files = await folder();
  execFileSync('mkfifo', [files.at('pipe')]);
  const { status, stdout } = spawnSync(process.execPath, [join(await built(), 'pull.js'), 'docker', 'get'], {
    env: {
      PATH: process.env['PATH'],
      HOME: files.path,
      NODE_EXTRA_CA_CERTS: files.at('pipe'),
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 'of-nobody',
      AWS_ENDPOINT_URL: 'https://127.0.0.1:9',
      AWS_MAX_ATTEMPTS: '1',
    },
    input: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 1);
  assert.match(stdout, /127\.0\.0\.1:9/);
});
