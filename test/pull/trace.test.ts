import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { openOnce } from '../../src/io/once.ts';
import type { Run, Said } from '../../src/pull/run.ts';
import { traced } from '../../src/pull/trace.ts';
import { folder } from '../config/support.ts';
import { startServer } from '../fakes/server.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.sa-token-1.signature';
const asked = JSON.stringify({ kind: 'CredentialProviderRequest', image: 'host/app', serviceAccountToken: token });
const said: Said = {
  code: 0,
  stdout: JSON.stringify({ auth: { host: { username: 'AWS', password: 'pass-word-1' } } }),
  stderr: 'a remark\n',
};

const runIn = (file: string, stdin = asked): Run => ({
  args: ['get'],
  env: { ECR_COURIER_TRACE: file, AWS_SECRET_ACCESS_KEY: 'secret-key-1', PATH: '/bin' },
  clock,
  signal: new AbortController().signal,
  stdin: () => Promise.resolve(stdin),
});
const work = async (run: Run): Promise<Said> => {
  await run.stdin();
  run.told?.('source default: access key AKIA1');
  return said;
};
const recordIn = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse((await readFile(file, 'utf8')).trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

test('a trace tells request, answer, identity and names of variables, and no secret', async () => {
  await using files = await folder();
  assert.equal(await traced('kubelet', work, runIn(files.at('trace'))), said);
  const text = await readFile(files.at('trace'), 'utf8');
  for (const secret of [token, 'pass-word-1', 'secret-key-1', 'sa-token-1']) assert.ok(!text.includes(secret), secret);
  const record = await recordIn(files.at('trace'));
  assert.deepEqual(
    [record['program'], record['exit'], record['identity'], record['stderr']],
    ['kubelet', 0, 'source default: access key AKIA1', 'a remark\n'],
  );
  assert.deepEqual(record['environment'], ['AWS_SECRET_ACCESS_KEY', 'ECR_COURIER_TRACE', 'PATH']);
  assert.match(String(record['request']), /"image":"host\/app".*\[secret of 41 characters\]/);
  assert.match(String(record['answer']), /"username":"AWS","password":"\[secret of 11 characters\]"/);
  assert.equal((await stat(files.at('trace'))).mode & 0o777, 0o600);
});

test('a trace shows whom a list is for, and the environment as the caller gave it', async () => {
  await using files = await folder();
  const listed = { ...said, stdout: JSON.stringify({ 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com': 'AWS', other: 'hidden' }) };
  const run = { ...runIn(files.at('trace')), env: { ECR_COURIER_TRACE: files.at('trace'), UV_THREADPOOL_SIZE: '64' } };
  await traced('docker', () => Promise.resolve(listed), { ...run, given: ['PWD', 'SHLVL', '_', 'HOME', 'AWS_PROFILE'] });
  const { answer, environment } = await recordIn(files.at('trace'));
  assert.equal(answer, '{"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com":"AWS","other":"[secret of 6 characters]"}');
  assert.deepEqual(environment, ['AWS_PROFILE', 'HOME']);
});

test('a trace tells the calls, with what signed them and how they ended', async () => {
  await using files = await folder();
  await using server = await startServer(() => ({ status: 403 }));
  const calling = async (): Promise<Said> => {
    const headers = {
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIA1/20261129/eu-west-1/ecr/aws4_request, SignedHeaders=host, Signature=0badc0de',
    };
    await new Promise(resolve => request(`${server.url}/?token=t0ken`, { headers }, answer => answer.resume().on('end', resolve)).end());
    return said;
  };
  await traced('docker', calling, runIn(files.at('trace')));
  const [call] = (await recordIn(files.at('trace')))['calls'] as Record<string, unknown>[];
  assert.equal(call?.['to'], `${server.url}/?...`);
  assert.deepEqual(
    [call?.['action'], call?.['signedAs'], call?.['status']],
    ['AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken', 'AKIA1/20261129/eu-west-1/ecr/aws4_request', 403],
  );
  assert.ok(!(await readFile(files.at('trace'), 'utf8')).includes('0badc0de'));
});

test('a trace is for its owner alone, is cut at a size, and never fails a call', async () => {
  await using files = await folder({ old: '{"time":"'.padEnd(1024 * 1024, 'x'), open: '', syslog: 'Nov 30 01:02:03 '.repeat(70_000) });
  await chmod(files.at('syslog'), 0o640);
  await traced('kubelet', work, runIn(files.at('old')));
  assert.equal((await stat(files.at('old.1'))).size, 1024 * 1024);
  assert.ok((await stat(files.at('old'))).size < 10_000);
  await chmod(files.at('open'), 0o666);
  await traced('kubelet', work, runIn(files.at('open')));
  assert.equal((await stat(files.at('open'))).mode & 0o777, 0o600);
  await mkdir(files.at('folder'));
  await writeFile(files.at('other'), '');
  await symlink(files.at('other'), files.at('link'));
  for (const [file, why] of [
    [files.at('folder'), /folder": that is a folder/],
    [files.at('absent/trace'), /its folder does not exist/],
    [files.at('link'), /links are not followed/],
    [files.at('syslog'), /syslog": that file holds something else, and is left alone/],
    ['trace.log', /a whole path is needed/],
    ...(process.platform === 'linux' ? ([['/dev/full', /the disk is full/]] as const) : []),
  ] as const) {
    const { stderr, ...rest } = await traced('kubelet', work, runIn(file));
    assert.deepEqual(rest, { code: said.code, stdout: said.stdout });
    assert.match(stderr, /^a remark\necr-courier: No trace is written, as ECR_COURIER_TRACE .*\n$/);
    assert.match(stderr, why);
  }
  assert.equal(await readFile(files.at('other'), 'utf8'), '', 'never through a link');
  const { mode, size } = await stat(files.at('syslog'));
  assert.deepEqual([mode & 0o777, size], [0o640, 16 * 70_000], 'never over a log of others');
});

/** The part of the request that one of our messages might quote. */
function imageIn(text: string): string {
  try {
    const { image = text } = JSON.parse(text) as { image?: string };
    return image;
  } catch {
    return text.trim();
  }
}

test('a trace shows no secret, wherever it stands and however it is written', async () => {
  await using files = await folder();
  const request = { kind: 'CredentialProviderRequest', image: 'host.example/app' };
  const key = 'eks.amazonaws.com/ecr-role-arn';
  const coded = Buffer.from(token).toString('base64');
  const forms: readonly (readonly [text: string, ...args: string[]])[] = [
    [JSON.stringify({ ...request, serviceAccountToken: [token], extra: token })],
    [JSON.stringify({ ...request, extra: 'opaque-token-1', deep: { er: ['opaque-token-1', { secret: { x: 'opaque-token-1' } }] } })],
    [JSON.stringify({ ...request, serviceAccountToken: token, serviceAccountAnnotations: { [key]: coded } })],
    [JSON.stringify({ ...request, serviceAccountAnnotations: { [key]: 'opaque-token-1' } })],
    [JSON.stringify({ ...request, [token]: 1, kind: token, image: `me:opaque-token-1@host.example/app` })],
    [JSON.stringify([token, 'opaque-token-1'])],
    [JSON.stringify(token)],
    [JSON.stringify({ ServerURL: 'https://me:opaque-token-1@host.example', Username: 'AWS', Secret: 'opaque-token-1' })],
    [token],
    ['opaque-token-1'],
    ...['me:opaque-token-1', 'opaque-token-1', 'me:opaque%2Dtoken%2D1', 'm@e:opaque-token-1', 'm/e:opaque-token-1'].flatMap(login =>
      ['', 'https://', 'HTTP://'].flatMap((scheme): [string, ...string[]][] => [
        [`${scheme}${login}@host.example/app`, `${scheme}${login}@host.example`],
        [`${scheme}${login}@host.example:5000\n`],
        [JSON.stringify({ ...request, image: `${scheme}${login}@host.example/app@sha256:00` })],
        [JSON.stringify({ ServerURL: `${scheme}${login}@host.example` })],
      ]),
    ),
    ...['host.example/app?token=opaque-token-1', 'host.example/#opaque-token-1', 'me:opaque-token-1%40host.example'].flatMap(
      (address): [string, ...string[]][] => [[address, address], [JSON.stringify({ ...request, image: address })]],
    ),
    [`${token}\n`, token, `--token=${token}`, 'opaque-token-1', '--x=opaque-token-1'],
  ];
  for (const [at, form] of forms.entries()) {
    // Each form gets its own secret, because a secret is masked everywhere for as long as it is referenced.
    const [text = '', ...args] = form.map(one => one.replaceAll('opaque', `opaque${at}x`).replaceAll('me:', `me${at}:`));
    const repeats = async (run: Run): Promise<Said> => {
      const asked = await run.stdin();
      run.told?.(`the role of ${asked.includes(coded) ? coded : 'nobody'}`);
      const stdout = JSON.stringify({ ServerURL: asked.trim(), auth: { [imageIn(asked)]: { username: 'AWS' } } });
      return {
        code: 1,
        stdout,
        stderr: `no login for ${imageIn(asked)}, ${encodeURIComponent(asked)}, ${asked.includes(`"${key}":"opaque`) ? `no role: opaque${at}x-token-1` : token}\n`,
      };
    };
    await traced('kubelet', repeats, { ...runIn(files.at('trace'), text), args });
    const record = await readFile(files.at('trace'), 'utf8');
    for (const secret of [token, `opaque${at}x`, 'sa-token-1', coded])
      assert.ok(!record.includes(secret), `${secret} of ${text} in ${record}`);
  }
});

test('a trace tells what went wrong in our own words, and what was asked', async () => {
  await using files = await folder();
  const stderr = 'The request has the apiVersion "v1beta1", and v1 alone is spoken here.\n';
  const arn = 'arn:aws:iam::123456789012:role/path/puller';
  const text = JSON.stringify({ image: 'h.example/a@sha256:00', serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': arn } });
  await traced('kubelet', async run => ({ code: 1, stdout: '', stderr: (await run.stdin()) && stderr }), {
    ...runIn(files.at('trace'), text),
    args: ['get', '--version'],
  });
  const record = await recordIn(files.at('trace'));
  assert.deepEqual([record['stderr'], record['request'], record['arguments']], [stderr, text, ['get', '--version']]);
});

test('a trace tells what STS was asked for, and not with which token', async () => {
  await using files = await folder();
  await using server = await startServer(() => ({ status: 200 }));
  const roleArn = 'arn:aws:iam::123456789012:role/puller';
  const calling = async (): Promise<Said> => {
    const body = new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity', RoleArn: roleArn, WebIdentityToken: token }).toString();
    const { body: answer } = await openOnce({}).send(
      { method: 'POST', url: new URL(server.url), headers: {}, body },
      new AbortController().signal,
    );
    for await (const _ of answer);
    return said;
  };
  await traced('kubelet', calling, runIn(files.at('trace')));
  const [call] = (await recordIn(files.at('trace')))['calls'] as Record<string, unknown>[];
  assert.deepEqual([call?.['action'], call?.['role'], call?.['status']], ['AssumeRoleWithWebIdentity', roleArn, 200]);
  assert.ok(!(await readFile(files.at('trace'), 'utf8')).includes('sa-token-1'));
});

test('what is not JSON is not written down', async () => {
  await using files = await folder();
  await traced('docker', work, runIn(files.at('trace'), `{"serviceAccountToken":"${token}"`));
  assert.ok(!(await readFile(files.at('trace'), 'utf8')).includes('sa-token-1'));
  await traced('docker', work, runIn(files.at('trace'), 'https://me:pass-w0rd@host.example\n'));
  assert.equal((await recordIn(files.at('trace')))['request'], 'https://[secret]@host.example\n');
});
