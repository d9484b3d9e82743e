import assert from 'node:assert/strict';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { checked, minorOf, starts } from '../../src/commands/kubelet/check.ts';
import { folder } from '../config/support.ts';
import { forms, good, host } from './forms.ts';

/** Returns the remarks as `LEVEL place path text`, without the folder of the file. */
async function said(text: string | Buffer, version?: string): Promise<string[]> {
  await using files = await folder();
  await writeFile(files.at('c.yaml'), text);
  const { remarks } = await checked(files.at('c.yaml'), minorOf(version));
  return remarks.map(({ level, where, path, text }) => `${level} ${where.replace(`${files.path}/`, '')} ${path} ${text}`);
}

for (const [what, text, expected, version] of forms)
  test(`kubelet check: ${what}`, async () => {
    const remarks = await said(text, version);
    if (expected === undefined) assert.deepEqual(remarks, []);
    else
      assert.ok(
        remarks.some(remark => expected.test(remark)),
        remarks.join('\n') || 'nothing was said',
      );
    if (expected?.source.startsWith('^stops'))
      assert.ok(
        remarks.every(remark => !remark.includes('undefined')),
        remarks.join('\n'),
      );
  });

test('kubelet check reads bytes as the kubelet does', async () => {
  const json = JSON.stringify({ kind: 'CredentialProviderConfig', apiVersion: 'kubelet.config.k8s.io/v1', a: 'é' });
  const utf16 = Buffer.from(`\uFEFF${good}`, 'utf16le');
  const files: readonly (readonly [what: string, bytes: Buffer, expected: RegExp | undefined])[] = [
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${good}`), undefined],
    ['UTF-16, low bytes first', utf16, undefined],
    ['UTF-16, high bytes first', Buffer.from(utf16).swap16(), undefined],
    ['UTF-16 without a mark', utf16.subarray(2), /^stops /],
    ['half a character of UTF-16', Buffer.concat([utf16, Buffer.from('a')]), /^stops .*not UTF-8/],
    ['half a pair of UTF-16', Buffer.concat([utf16, Buffer.from('# \ud800 ', 'utf16le')]), /^stops .*not UTF-8/],
    ['Latin-1 in a comment', Buffer.from(good.replace('name: p', 'name: p # é'), 'latin1'), /^stops c\.yaml:4 .*not UTF-8/],
    ['half a character at the end', Buffer.concat([Buffer.from(`${good}# `), Buffer.from([0xc3])]), /^stops c\.yaml:8 .*not UTF-8/],
    ['Latin-1 in JSON', Buffer.from(json, 'latin1'), /^stops c\.yaml:1:\d+ a .*does not know this field/],
  ];
  for (const [what, bytes, expected] of files) {
    const [first, ...more] = await said(bytes);
    if (expected) assert.match(first ?? '', expected, what);
    else assert.deepEqual([first, ...more], [undefined], what);
  }
});

test('kubelet check reads of a folder what the kubelet reads, and says what it does not', async () => {
  await using files = await folder({
    'c.d/10.yaml': good,
    'c.d/.20.yaml': good.replace('name: p', 'name: hidden'),
    'c.d/30.yaml.bak': good,
    'c.d/40.YAML': good,
    'c.d/README': 'x',
  });
  await mkdir(files.at('c.d/50.yaml'));
  const { providers, remarks } = await checked(files.at('c.d'), minorOf('1.37'));
  assert.deepEqual(
    providers.map(({ name }) => name),
    ['hidden', 'p'],
  );
  assert.deepEqual(
    remarks.map(({ level, where, text }) => `${level} ${where.slice(files.at('c.d/').length)} ${text.slice(0, 30)}`),
    [
      'note 30.yaml.bak is not read by the kubelet: it',
      'note 40.YAML is not read by the kubelet: it',
      'note .20.yaml is hidden, and the kubelet rea',
    ],
  );
  assert.equal(starts((await checked(files.at('c.d'), minorOf('1.33'))).remarks), false, 'no folder before 1.34');
});

test('kubelet check: what stops the kubelet in a folder', async () => {
  await using files = await folder({
    'same/1.yaml': good,
    'same/2.json': good,
    'empty/1.yaml': good,
    'empty/.2.yml': '',
    'none/notes': 'x',
    'link/1.yaml': good,
  });
  await symlink(files.at('absent'), files.at('link/2.yaml'));
  const first = async (name: string): Promise<string> =>
    (await checked(files.at(name), minorOf('1.37'))).remarks.find(({ level }) => level === 'stops')?.text ?? '';
  assert.match(await first('same'), /^p is the name of a provider at .*1\.yaml:4:11 already/);
  assert.match(await first('empty'), /is empty/);
  assert.match(await first('none'), /has no file that ends in/);
  assert.match(await first('link'), /is a link to nothing/);
  assert.match(await first('absent'), /does not exist/);
});

test('kubelet check says of no file that the kubelet does not start because we do not read it', async () => {
  const [text, blanks] = [good, (mebibytes: number): string => ' '.repeat(mebibytes * 1024 * 1024)];
  await using files = await folder({ 'large.yaml': `${text}#${blanks(2)}\n`, 'huge.yaml': `${text}#${blanks(5)}\n` });
  assert.equal(starts((await checked(files.at('large.yaml'), minorOf('1.37'))).remarks), true);
  const refused = { code: 'MISCONFIGURED', message: /huge\.yaml is larger than 4096 KiB\.$/, remedy: /^Name another file/ };
  await assert.rejects(checked(files.at('huge.yaml'), minorOf('1.37')), refused);
});

test('kubelet check says nothing of what only others may read', async () => {
  await using files = await folder({ 'secret.yaml': good, 'c.d/1.yaml': good });
  await chmod(files.at('.'), 0o755);
  for (const name of ['secret.yaml', 'c.d']) {
    await chmod(files.at(name), 0);
    const refused = {
      code: 'MISCONFIGURED',
      message: /may not be read by the user/,
      remedy: /^Run this as the user that the kubelet runs as/,
    };
    const check = () => checked(files.at(name), minorOf('1.37'));
    await assert.rejects(withoutRoot(check), refused, name);
    await chmod(files.at(name), 0o700);
  }
});

/** Root may read everything, so `work` runs as another user then. */
async function withoutRoot<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work();
  process.seteuid?.(12_346);
  return await work().finally(() => process.seteuid?.(0));
}

test('kubelet check says one thing of an empty folder', async () => {
  await using files = await folder();
  for (const version of ['1.37', '1.34']) {
    const { remarks } = await checked(files.path, minorOf(version));
    assert.deepEqual(
      remarks.map(({ level, where }) => [level, where]),
      [['stops', files.path]],
    );
  }
});

test('kubelet check looks for what our own program needs beside it', async () => {
  const { command } = await import('../commands/cli.ts');
  const name = 'ecr-courier-credential-provider';
  await using files = await folder({
    'c.yaml': good.replace('name: p', `name: ${name}`),
    'bin/.ecr-courier-1/pull.js': '',
    [`bin/.ecr-courier-1/${name}`]: '#!/bin/sh\n',
    'bin/.ecr-courier-1/node': '',
    'path/node': '',
  });
  for (const file of [`bin/.ecr-courier-1/${name}`, 'bin/.ecr-courier-1/node', 'path/node']) await chmod(files.at(file), 0o755);
  await symlink(`.ecr-courier-1/${name}`, files.at(`bin/${name}`));
  const check = async (PATH = '') => {
    const { code, stdout } = await command(['kubelet', 'check', files.at('c.yaml'), '--bin-dir', files.at('bin')], { PATH });
    return `${code} ${/^(NEVER WORKS|note) .*(missing|no Node)/.exec(stdout)?.slice(1).join(': ') ?? 'fine'}`;
  };
  assert.equal(await check(), '0 fine');
  await rm(files.at('bin/.ecr-courier-1/node'));
  assert.equal(await check(), '3 NEVER WORKS: no Node');
  assert.equal(await check(files.at('path')), '0 note: no Node');
  await symlink(files.at('path/node'), files.at('bin/node'));
  assert.equal(await check(), '0 fine', 'a link named node, as the program itself advises');
  await rm(files.at('bin/.ecr-courier-1/pull.js'));
  assert.equal(await check(), '3 NEVER WORKS: missing');
});

test('kubelet check and explain: our own provider speaks v1 alone', async () => {
  const { command } = await import('../commands/cli.ts');
  const named = good.replace('name: p', 'name: ecr-courier-credential-provider');
  const before = (text: string): string =>
    text.replace('credentialprovider.kubelet.k8s.io/v1', 'credentialprovider.kubelet.k8s.io/v1beta1');
  await using files = await folder({ good: named, beta: before(named), others: before(good) });
  const run = async (...args: string[]) => await command(args, { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 's' });
  const explain = async (image: string, file: string) => await run('explain', image, '--offline', '--provider-config', files.at(file));
  const check = await run('kubelet', 'check', files.at('beta'));
  assert.match(check.stdout, /^NEVER WORKS {2}\S+:7:17 {2}providers\[0\]\.apiVersion {2}.*v1 alone/);
  assert.equal(check.code, 3);
  assert.equal((await run('kubelet', 'check', files.at('others'))).code, 0);
  const told = await explain(`${host}/app`, 'beta');
  assert.match(told.stdout, /v1 alone.*gives no login/);
  assert.doesNotMatch(told.stdout, /key of the answer/);
  assert.equal(told.code, 1);
  assert.equal((await explain(`${host}/app:1`, 'good')).code, 0);
  assert.equal((await explain(`${host}/app`, 'others')).code, 0, 'what others speak is not known');
  assert.deepEqual([(await explain('nginx', 'good')).code, (await explain('nginx', 'absent')).code], [0, 1]);
  assert.equal((await run('explain', 'nginx', '--offline')).code, 2);
  assert.match((await run('explain', '--help')).stdout, /2: it is not an ECR image\. With\s+--provider-config that is 0/);
  for (const image of [`${host}:443/app`, host.replace('amazonaws', 'AMAZONAWS').concat('/app'), `210987654321${host.slice(12)}/app`])
    assert.equal((await explain(image, 'good')).code, 1, image);
  for (const image of ['public.ecr.aws/a/b', 'nginx:1', 'registry.example/app'])
    assert.equal((await explain(image, 'good')).code, 0, image);
});

test('kubelet check ends with what a script needs to know', async () => {
  const { command } = await import('../commands/cli.ts');
  await using files = await folder({ good, bad: '', never: good.replace(host, `https://${host}`) });
  const codes = await Promise.all(['good', 'bad', 'never'].map(async name => (await command(['kubelet', 'check', files.at(name)])).code));
  assert.deepEqual(codes, [0, 1, 3]);
  const { code, stdout } = await command(['kubelet', 'check', files.at('good'), '--bin-dir', files.path, '--json']);
  assert.equal(code, 1);
  assert.match(stdout, /"kubeletStarts":false.*p does not exist/);
  await mkdir(files.at('bin/p'), { recursive: true });
  assert.match((await command(['kubelet', 'check', files.at('good'), '--bin-dir', files.at('bin')])).stdout, /STOPS.*p is a folder/);
  assert.match((await command(['kubelet', 'check', files.at('good'), '--kubernetes', 'new'])).stderr, /1\.33 is one/);
});
