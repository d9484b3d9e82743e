import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../config/config-error.ts';
import { mistakesOf, plainTarget, readText } from './support.ts';

const text = (source: string): string => `targets: [${plainTarget}]\nsources:\n  - {name: default, ${source}}`;
const sourceOf = async (source: string, env: Record<string, string> = {}) => (await readText(text(source), { env })).sources[0];
const wrong = async (source: string, env: Record<string, string> = {}): Promise<string> =>
  (await mistakesOf(readText(text(source), { env }))).join('\n').replaceAll(/ \([^()]*yaml:\d+:\d+\)$/gm, '');

test('a function, a command as line or list, a file relative to the configuration', async () => {
  assert.equal((await sourceOf('lambda: "ecr-token:live", region: eu-west-1'))?.lambda, 'ecr-token:live');
  assert.equal((await sourceOf('command: aws ecr get-login-password'))?.command, 'aws ecr get-login-password');
  assert.deepEqual((await sourceOf('command: [aws, "a,b", --region, "{region}"]'))?.command, ['aws', 'a,b', '--region', '{region}']);
  assert.match((await sourceOf('file: token'))?.file ?? '', /^\/.*\/token$/);
});

test('the region of a function: its ARN, else its option, else the environment', async () => {
  const arn = 'arn:aws:lambda:eu-north-1:123456789012:function:ecr-token';
  const env = { AWS_REGION: 'us-west-2' };
  assert.equal((await sourceOf(`lambda: "${arn}"`, env))?.region, 'eu-north-1');
  assert.equal((await sourceOf(`lambda: "${arn}", region: eu-west-1`, env))?.region, 'eu-west-1', 'of the tokens then');
  assert.equal((await sourceOf('lambda: ecr-token, registries: ["*.dkr.ecr.eu-west-3.amazonaws.com"]', env))?.region, 'us-west-2');
  assert.equal((await sourceOf('lambda: ecr-token', { AWS_PROFILE: 'a' }))?.region, undefined, 'the profile may know it');
  const missing =
    'sources.default: nothing says in which region the function is: set region, or AWS_REGION, or write the ARN of the function as lambda';
  assert.equal(await wrong('lambda: ecr-token'), missing);
});

test('the region of tokens of a command or file: said by the patterns of the source before the environment', async () => {
  const env = { AWS_REGION: 'us-west-2' };
  const of = async (registries: string) => (await sourceOf(`file: /token, registries: ${registries}`, env))?.region;
  assert.equal(await of('["123456789012.dkr.ecr.eu-west-1.amazonaws.com"]'), 'eu-west-1');
  assert.equal(await of('["*.dkr.ecr.eu-west-1.*", "*.dkr-ecr.eu-west-1.on.aws"]'), 'eu-west-1');
  assert.equal(await of('["*.eu-west-1.amazonaws.com", "*.eu-west-2.amazonaws.com"]'), 'us-west-2');
  assert.equal(await of('["*.eu-west-1.amazonaws.com", "1*"]'), 'us-west-2');
  assert.equal((await sourceOf('command: aws ecr get-login-password --region eu-central-1', env))?.region, 'eu-central-1');
  assert.equal((await sourceOf('command: [relay, --region=us-gov-west-1]', env))?.region, 'us-gov-west-1');
  assert.equal((await sourceOf('command: [relay, my-app-1, eu-west-1, eu-west-2]', env))?.region, 'us-west-2');
  assert.equal((await sourceOf('file: /run/ecr/ap-southeast-2/token', env))?.region, 'ap-southeast-2');
  assert.equal((await sourceOf('file: /run/my-app-1/token, region: eu-west-1', env))?.region, 'eu-west-1');
  assert.equal(
    (await sourceOf('profile: a, registries: ["*.eu-west-1.amazonaws.com"]', env))?.region,
    'us-west-2',
    'as it was for an identity',
  );
});

test('what excludes each other, and what is not a name of a function or program', async () => {
  const at = 'sources.default';
  assert.equal(
    await wrong('command: x, file: /y, region: eu-west-1'),
    `${at}: command and file exclude each other: a source takes its tokens from one place`,
  );
  assert.equal(
    await wrong('file: /y, profile: a, endpoint: "https://x.test"'),
    `${at}: profile and endpoint are of an AWS identity, which file does not use: remove them, or give file a source of its own`,
  );
  assert.equal(
    await wrong('command: x', { ECR_COURIER_ROLE_ARN: 'arn:aws:iam::123456789012:role/r' }),
    `${at}: roleArn is of an AWS identity, which command does not use: remove it, or give command a source of its own`,
  );
  assert.deepEqual(await wrong('lambda: ecr-token, profile: a, roleArn: "arn:aws:iam::123456789012:role/r"'), '');
  const name = `${at}.lambda: must be the name of a Lambda function, NAME:ALIAS, or its ARN (no URL, and no blanks)`;
  for (const lambda of ['https://abc.lambda-url.eu-west-1.on.aws/', 'two words', 'arn:aws:lambda:eu-west-1:1:function:x', 'a/b'])
    assert.equal(await wrong(`lambda: "${lambda}", region: eu-west-1`), name, lambda);
  const program = `${at}.command: must begin with a program that is on PATH, or with its whole path`;
  assert.equal(await wrong('command: ./get-token --now'), program);
  assert.equal(await wrong('command: [../get-token]'), program);
  assert.equal(await wrong('command: [bin/get-token]'), program);
  assert.equal(await wrong('command: ["", x]'), `${at}.command: must begin with a program`);
  assert.equal(await wrong('command: [a, 1]'), `${at}.command: must be a line, or a list of texts: put each in quotes`);
  assert.equal(await wrong('command: [a, [b]]'), `${at}.command: must be a list of plain values`);
});

test('the arguments of a command are not shown, whatever else is wrong', async () => {
  const shown = async (command: string): Promise<string> => {
    const { settings } = await readText(text(`command: ${command}`));
    return settings.find(({ path }) => path === 'sources.default.command')?.value ?? '';
  };
  assert.equal(await shown('[vault, --token, s3cr3t]'), 'vault [arguments]');
  assert.equal(await shown('vault --token s3cr3t'), 'vault [arguments]');
  assert.equal(await shown('TOKEN=s3cr3t vault'), '[a command]');
  assert.equal(await shown('get-token'), 'get-token');
  const broken = await readText(text('command: ["./vault", s3cr3t], colour: s3cr3t')).catch((error: unknown) => error);
  assert.ok(broken instanceof ConfigError);
  assert.ok(!JSON.stringify([broken.message, broken.settings]).includes('s3cr3t'));
});

test('what says whose identity it is, and has nothing behind it, is a mistake: another identity would be taken', async () => {
  const said = /^sources\.default\.(\S+): has no value, which would select another identity/m;
  const options = ['service', 'lambda', 'command', 'file', 'profile', 'roleArn', 'externalId', 'roles', 'endpoint', 'stsEndpoint'];
  for (const option of [...options, 'accounts', 'registries', 'slots'])
    for (const nothing of ["''", '""', '', '[]']) {
      if (nothing === '[]' && !['roles', 'accounts', 'registries', 'slots'].includes(option)) continue;
      assert.equal(said.exec(await wrong(`${option}: ${nothing}`))?.[1], option, `${option}: ${nothing}`);
    }
  assert.match(
    await wrong('roles: [{roleArn: "arn:aws:iam::123456789012:role/a", externalId: ""}]'),
    /roles\[0\]\.externalId: has no value/,
  );
  assert.equal((await sourceOf("region: ''"))?.region, undefined);
  // An empty variable counts as unset, as with all variables.
  assert.equal((await sourceOf('region: eu-west-1', { ECR_COURIER_ROLE_ARN: '' }))?.roleArn, undefined);
});
