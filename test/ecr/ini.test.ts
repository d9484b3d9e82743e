import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oddities } from '../../src/ecr/keys/ini.ts';

const said = (text: string, kind: 'credentials' | 'config' = 'config'): string[] =>
  oddities(text, kind, '/f').map(({ section, said }) => `${section} ${said}`);

test('what the SDK reads as it is meant is not remarked upon', () => {
  const config =
    '# [ no header ]\n[default]\nregion = eu-west-1 ; no: option\n[profile a-b_c@d+e.f%g:h/i]\nrole_arn=x\ns3 =\n  addressing_style: path\n[profile "quoted"]\n[sso-session my]\nsso_region = x\n[services dev]\necr =\n  endpoint_url = http://x\n';
  assert.deepEqual(said(config), []);
  assert.deepEqual(said('\uFEFF[default]\r\naws_access_key_id = a\r\n[other]\naws_secret_access_key = b # c\n', 'credentials'), []);
});

test('headers that are not read: the line, and what to write', () => {
  const cases: readonly [text: string, kind: 'credentials' | 'config', words: RegExp][] = [
    ['[ default ]', 'credentials', /^default \/f, line 1: \[ default \] is not read: write \[default\]$/],
    ['\n[ default ]', 'config', /^default \/f, line 2: \[ default \] is not read: write \[default\]$/],
    ['[prod]', 'config', /^prod .*: write \[profile prod\]$/],
    ['[profile prod]', 'credentials', /^prod .*: write \[prod\]$/],
    ['[Profile prod]', 'config', /^prod .*: write \[profile prod\]$/],
    ['[profile  prod]', 'config', /^prod .*: write \[profile prod\]$/],
    ['[profile my prof]', 'config', /^my prof .*no blanks\. Give the profile another name$/],
    ['[profile "my prof"]', 'config', /^my prof .*another name$/],
    ['[my prof]', 'credentials', /^my prof .*another name$/],
    ['[default', 'credentials', /^default \/f, line 1: \[default is not read: end the line with \]/],
    ['[default]# mine', 'credentials', /^default \/f, line 1: \[default is not read/],
    ['[default]\rregion = x\r', 'config', /^default \/f, line 1: \[default is not read/],
    ['[Default]', 'credentials', /^Default .*: \[Default\] is another profile than \[default\]/],
    ['[profile DEFAULT]', 'config', /^DEFAULT .*another profile than \[default\]/],
  ];
  for (const [text, kind, words] of cases) {
    const [first = '', ...more] = said(text, kind);
    assert.match(first, words);
    assert.deepEqual(more, []);
  }
});

test('[default] with credentials beside [profile default]: the SDK drops it', () => {
  const whole = 'aws_access_key_id = a\naws_secret_access_key = b\n';
  const dropped = (at: number) => [`default /f, line ${at}: [default] is not read, as there is [profile default]: keep one of the two`];
  assert.deepEqual(said(`[default]\n${whole}[profile default]\nregion = x\n`), dropped(1));
  assert.deepEqual(said(`[profile default]\nregion = x\n\n[default]\n${whole}`), dropped(4));
  assert.deepEqual(said(`[default]\nregion = x\n[profile default]\n${whole}`), [], 'no credentials are lost');
  assert.deepEqual(said(`[default]\n${whole}[profile other]\nregion = x\n`), []);
});

test('options that are not read: the line, and never a value', () => {
  const text =
    '[default]\naws_access_key_id: AKIAHIDDEN\naws_secret_access_key : hidden=\nREGION = x\naws_session_token =\naws_access_key_id = "hidden"\nwhatever: x\n';
  const lines = said(text);
  assert.deepEqual(
    lines.map(line => /line \d+: \w+/.exec(line)?.[0]),
    ['line 2: aws_access_key_id', 'line 3: aws_secret_access_key', 'line 4: REGION', 'line 5: aws_session_token', 'line 6: the'],
  );
  assert.doesNotMatch(lines.join(' '), /hidden/i);
});

test('lines that mean a credential and are none: the line, and never a value', () => {
  const cases: readonly [line: string, words: string][] = [
    ['export aws_access_key_id=hidden', 'export aws_access_key_id is not read: write aws_access_key_id = VALUE'],
    ['set AWS_SECRET_ACCESS_KEY=hidden', 'set AWS_SECRET_ACCESS_KEY is not read: write aws_secret_access_key = VALUE'],
    ['aws_access_key_id', 'aws_access_key_id is not read: write aws_access_key_id = VALUE'],
    ['aws_access_key_id hidden', 'aws_access_key_id is not read: write aws_access_key_id = VALUE'],
    ['aws_secret_acces_key = hidden', 'aws_secret_acces_key is not read: write aws_secret_access_key'],
    ['aws_secert_access_key = hidden', 'aws_secert_access_key is not read: write aws_secret_access_key'],
    ['aws-access-key-id = hidden', 'aws-access-key-id is not read: write aws_access_key_id'],
    ['aws_accesskey_id = hidden', 'aws_accesskey_id is not read: write aws_access_key_id'],
    ['secret_access_key = hidden', 'secret_access_key is not read: write aws_secret_access_key'],
    ['aws_secret_key = hidden', 'aws_secret_key is not read: write aws_secret_access_key'],
    ['source-profile = x', 'source-profile is not read: write source_profile'],
    [
      'aws_access_key_id = hidden aws_secret_access_key = hidden',
      'aws_secret_access_key stands in the same line as aws_access_key_id: let it begin a line of its own',
    ],
  ];
  for (const [line, words] of cases) assert.deepEqual(said(`[default]\n${line}\n`), [`default /f, line 2: ${words}`]);
  const others = 'aws_account_id = x\naws_security_token = x\naccount = x\ncli_pager =\noutput = json\ncredential_process = /p --set a=b\n';
  assert.deepEqual(said(`[default]\n${others}`), []);
});

test('lines that stand below no header, or below one that is not read', () => {
  const key = 'aws_access_key_id = AKIAHIDDEN\n';
  assert.deepEqual(said(key, 'credentials'), [
    'default /f, line 1: aws_access_key_id stands above every profile: write [default] in a line above it',
  ]);
  const mixed = `[default]\n${key}[prod]# mine\n${key}[other] # fine\n${key}`;
  assert.deepEqual(
    oddities(mixed, 'credentials', '/f').map(({ section, mixed }) => [section, mixed]),
    [
      ['default', true],
      ['prod', undefined],
    ],
  );
  assert.match(said(mixed, 'credentials')[0] ?? '', /line 3: \[prod is not read: .* is read as part of \[default\]$/);
  assert.deepEqual(said(`[services x]\n[prod]# mine\n${key}`).length, 1);
});
