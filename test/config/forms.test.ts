import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Facts, type Format, type FormatName, formats } from '../../config/formats.ts';
import { type Form, forms } from '../../config/forms.ts';
import { readImage } from '../../src/contract/image.ts';
import { hostPatterns, parseAddress } from '../../src/contract/registry.ts';
import { cronMistake } from '../../src/courier/schedule.ts';

const fits = ({ pattern, not, most = Infinity, range: { min = -Infinity, max = Infinity, whole } = {} }: Form, text: string): boolean =>
  text.length <= most &&
  !(Number(text) < min || Number(text) > max || (whole && !Number.isInteger(Number(text)))) &&
  new RegExp(pattern.replace('<host>', hostPatterns.host)).test(text) &&
  !(not !== undefined && new RegExp(not).test(text));

/** Checks that the program makes after the rules of the formats. */
const seenLater: Partial<Record<FormatName, (text: string) => boolean>> = {
  registries: text => text === 'own' || parseAddress(text) !== undefined,
  images: text => !('wrong' in readImage(text)),
  cron: text => cronMistake(text) === undefined,
};

/** Whether the program accepts a text as an option of this format, or as the only entry of its list. */
function isTaken(format: FormatName, text: string, facts: Facts): boolean {
  const { coerce, rule }: Format = formats[format];
  const isList = format === 'headers' || Array.isArray(formats[format].json(facts)) || /^list|list$/.test(formats[format].doc);
  const value = format === 'command' ? text : isList ? [text] : coerce ? coerce(text) : text;
  return rule(value, facts) === undefined && (seenLater[format]?.(text) ?? true);
}

const [account, ecr] = ['123456789012', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'];
const hosts = [
  ecr,
  ecr.toUpperCase(),
  `https://${ecr}:443/team/`,
  ` ${ecr}. `,
  `${account}.dkr-ecr.us-east-1.on.aws`,
  `${account}.dkr.ecr-fips.us-gov-west-1.amazonaws.com`,
  `${account}.dkr.ecr.cn-north-1.amazonaws.com.cn`,
  `${account}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn`,
  `${account}.dkr.ecr.us-iso-east-1.c2s.ic.gov`,
  `${account}.dkr.ecr.us-isob-east-1.sc2s.sgov.gov`,
  `${account}.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk`,
  `${account}.dkr.ecr.us-isof-south-1.csp.hci.ic.gov`,
  `${account}.dkr.ecr.eusc-de-east-1.amazonaws.eu`,
  'public.ecr.aws',
  'ecr-public.aws.com',
];
const noHosts = [
  'docker.io',
  'ecr',
  `${account}.dkr.ecr.eu-west-1.amazonaws.com.evil.example`,
  `${account}.dkr.ecr.eu-west-1a.amazonaws.com`,
  `${account}.dkr.ecr.cn-north-1.amazonaws.com`,
  `https://${account}.dkr.ecr.CN-north-1.amazonaws.com:443/x`,
  `${account}.dkr.ecr.eu-west-1.amazonaws.com.cn`,
  `${account}.dkr.ecr.us-iso-east-1.amazonaws.com`,
  `12345.dkr.ecr.eu-west-1.amazonaws.com`,
  `x${ecr}`,
];

/**
 * good: all are accepted. bad: none is accepted, and the form rejects them. unseen: none is accepted, but the form
 * accepts them.
 */
const cases: Record<FormatName, { good: readonly string[]; bad: readonly string[]; unseen?: readonly string[]; facts?: Facts }> = {
  string: { good: ['a', ' a b ', 'ä'], bad: ['a\nb', ' ', '\t', 'a\u0000'] },
  strings: { good: ['abc'], bad: ['abcd', 'ABC', ''], facts: { form: { pattern: '^[a-z]+$', words: 'small', most: 3 } } },
  secret: { good: ['s3cr3t', 'a b'], bad: ['a\nb', ' '] },
  login: { good: ['me'], bad: ['a\u0007'] },
  path: { good: ['/a', './a', 'a'], bad: ['a\nb', '  '] },
  headers: {
    good: ['X-A: b', 'x: \u00ff', 'contents: a', 'X`a: b:c'],
    bad: ['X-A:', 'X A: b', ': b', 'Host: a', 'content-type: a', 'PROXY-A: b', 'X-A: a\u0100', 'X-A: a\nb', 'no'],
  },
  url: {
    good: ['https://a', 'HTTP://a:1/b/', 'https://[::1]:6443', 'https://a/b@c', 'https:///a'],
    bad: ['http:/', 'ftp://a', 'a', 'https://u:p@a', 'https://a?b', 'https://a#b', 'https://a b', 'https://a\\b', 'https://', 'unix:///a'],
    unseen: ['https://a:99999', 'https://a%'],
  },
  address: {
    good: ['https://a', 'unix:///var/run/docker.sock', 'UNIX:///a'],
    bad: ['unix://a', 'tcp://a', 'ssh://a', 'unix:///a b', 'unix:///a?b', 'a'],
  },
  boolean: { good: ['true', 'NO', 'On', '1', '0'], bad: ['y', 'truth', ''] },
  number: { good: ['1', '+4', '2.0'], bad: ['a', '1e3', '1.', '0x1', ' 1', '5', '0', '-1', '1.5'], facts: { min: 1, max: 4, whole: true } },
  hosts: { good: ['*', ecr], bad: ['a\nb'] },
  registries: { good: ['own', ...hosts], bad: ['OWN', 'own ', ...noHosts] },
  images: {
    good: [
      ...hosts.filter(host => !/[\s/]/.test(host)).map(host => `${host}/team/app:1`),
      `https://${ecr}:443/a`,
      `${ecr}/a/b_c/d--e:V.1@sha256:${'0'.repeat(64)}`,
      `${ecr}@sha256:${'0'.repeat(64)}/a`,
    ],
    bad: [
      ...noHosts.map(host => `${host}/team/app`),
      'docker.io/library/nginx',
      'nginx',
      ecr,
      `${ecr}/`,
      `${ecr}/A`,
      `${ecr}/a:`,
      `${ecr}/a:b:c`,
      `${ecr}/a@sha256:12`,
      `${ecr}/a//b`,
      `arn:aws:ecr:eu-west-1:${account}:repository/a`,
      `${ecr}/${'a'.repeat(1024)}`,
    ],
  },
  name: { good: ['a', 'A.b_c-d', '1'], bad: ['-a', 'a b', 'ä', 'a'.repeat(64)] },
  objectName: { good: ['a', 'a.b-c', '1'], bad: ['A', 'a_b', 'a.', '-a', 'a..b', 'a'.repeat(254)] },
  shard: { good: ['0/3', '02/03'], bad: ['3', 'a/b', '1/', '0/10000'], unseen: ['3/3', '0/0'] },
  cron: {
    good: [
      '@midnight',
      '@HOURLY',
      '* * * * *',
      ' 0 */2 * * * * ',
      '*/5 2-4 1,15,L * MON-FRI',
      '0 0 LW * *',
      '0 0 15W jan,Feb 5#2',
      '0 0 * * 5L',
      '0 0 * * 5#L',
      '0 0 29 2 *',
      '0 0 31 2 1',
      '0 0 30,31 4 *',
      '0 0 * * +sun',
      '? ? ? ? ?',
      '0 0 0 1 1 * 2099,3000-3010',
      '0 0 1 */3 7',
      '@daily',
      ' @Yearly ',
      '2099-01-01T00:00:00',
    ],
    bad: [
      '@noon',
      '@every',
      'foo',
      '',
      '* * * *',
      '* * * * * * * *',
      '60 * * * *',
      '* 24 * * *',
      '* * 32 * *',
      '* * * 13 *',
      '* * * * 8',
      'a b c d e',
      '* * * foo *',
      '0 0 30 2 *',
      '0 0 31 feb,4 ?',
      '0 0 0 30,31 2 *',
    ],
    unseen: ['5-1 * * * *', '0 0 0 1 1 * 1999', '*/0 * * * *', '2001-01-01T00:00:00'],
  },
  listen: { good: ['127.0.0.1:8080', '[::1]:0', 'a_b:65535'], bad: ['8080', 'a:', 'a:65536', 'a:99999', ':80', '::1:80', 'http://a:1'] },
  role: {
    good: ['arn:aws:iam::123456789012:role/a/b', 'arn:aws-cn:iam::123456789012:role/x+=,.@-'],
    bad: ['a', 'arn:aws:iam::1:role/a', 'arn:aws:iam::123456789012:user/a'],
  },
  region: { good: ['eu-west-1', 'us-isob-east-1'], bad: ['eu-west-1a', 'EU-WEST-1', 'eu', 'aws-global'] },
  function: {
    good: ['a', 'a:live', 'arn:aws:lambda:eu-west-1:123456789012:function:a:1', '123456789012:function:a', 'a:$LATEST'],
    bad: ['a b', 'https://a', 'a:', 'arn:aws:lambda:eu-west-1:123456789012:layer:a'],
  },
  command: {
    good: ['aws ecr', '/bin/a b', ' aws', 'a=1 b/c', '~/a'],
    bad: ['a\nb', 'aws\n', '/a\tb', './a', 'bin/a', '../a b', ' ./a', ' ', '.'.repeat(2) + '/x'],
  },
  choice: { good: ['a', 'b-c'], bad: ['A', 'b', 'a|b'], facts: { choices: ['a', 'b-c'] } },
  accounts: { good: [account], bad: ['1', '12345678901a', `${account}0`] },
  host: { good: ['a.b', 'a:5000', '1'], bad: ['A', 'https://a', 'a/b', 'a:', '-a'] },
  registry: { good: hosts, bad: ['own', ...noHosts] },
  serverName: {
    good: ['a.b', 'a_b', '::1', '10.0.0.1', 'fe80::1%eth0'],
    bad: ['https://a', 'a:1x', 'a/b', '*.a', 'a.', '1:2'],
    unseen: ['1::2::3'],
  },
  fingerprint: {
    good: [
      'ab'.repeat(32),
      Array(32).fill('AB').join(':'),
      `sha256 Fingerprint=${Array(32).fill('aB').join(':')}`,
      `SHA256:${'0'.repeat(64)} `,
    ],
    bad: ['zz', 'ab'.repeat(31), `md5:${'0'.repeat(64)}`, 'ab'.repeat(33)],
  },
};

for (const [format, { good, bad, unseen = [], facts = {} }] of Object.entries(cases) as [FormatName, (typeof cases)['name']][])
  test(`the form of ${format} lets through what the program takes, and nothing that it can tell from that`, () => {
    const form: Form | undefined = forms[format](facts);
    assert.ok(form);
    for (const text of good) assert.deepEqual([isTaken(format, text, facts), fits(form, text)], [true, true], text);
    for (const text of bad) assert.deepEqual([isTaken(format, text, facts), fits(form, text)], [false, false], text);
    for (const text of unseen) assert.deepEqual([isTaken(format, text, facts), fits(form, text)], [false, true], text);
  });
