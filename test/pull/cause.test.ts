import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { awsFailure } from '../../src/ecr/aws/errors.ts';
import { causeOf, runDocker } from '../../src/pull/docker.ts';
import { useStaticKeys } from '../ecr/support.ts';
import { type AwsCall, errorNames, errorOf } from '../fakes/aws-troubles.ts';

const call: AwsCall = {
  service: 'ecr',
  action: 'GetAuthorizationToken',
  region: 'eu-west-1',
  accessKeyId: 'AKIDTEST',
  principal: 'arn:aws:sts::123456789012:assumed-role/nodes/i-0123456789abcdef0',
  input: {},
};

const get = (env: Readonly<Record<string, string>>): ReturnType<typeof runDocker> =>
  runDocker({
    args: ['get'],
    env,
    clock,
    signal: new AbortController().signal,
    stdin: () => Promise.resolve('123456789012.dkr.ecr.eu-west-1.amazonaws.com\n'),
  });

/** Returns the short cause that the helper prints to stdout, and checks its length and its end. */
function saidOf(failure: Failure): string {
  const cause = causeOf(failure);
  assert.ok(cause.length <= 203, cause);
  assert.match(cause, /[^.!?\s]$|\.\.\.$/, cause);
  return cause;
}

test('the short cause of every refusal of AWS is one clause of our own, without the words of others', () => {
  const causes = errorNames.map(name => {
    const { status, code, message } = errorOf(name, call, 'ecr');
    const thrown = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
    for (const action of ['ecr:GetAuthorizationToken', 'sts:AssumeRole'] as const) {
      const cause = saidOf(awsFailure(thrown, { action, region: 'eu-west-1' }));
      assert.ok(!cause.includes(message), cause);
      assert.doesNotMatch(cause, /: |; /, cause);
    }
    return saidOf(awsFailure(thrown, { action: 'ecr:GetAuthorizationToken', region: 'eu-west-1' }));
  });
  assert.ok(causes.includes(`${call.principal} is not allowed to do ecr:GetAuthorizationToken in eu-west-1`), causes.join('\n'));
  assert.ok(causes.includes('The session behind the AWS keys has expired'), causes.join('\n'));
});

test('where nothing shorter is said the cause is the first sentence, and is cut at a word', () => {
  assert.equal(
    saidOf(new Failure('TIMEOUT', 'api.ecr.eu-west-1.amazonaws.com gave no answer (at 10.0.0.1). More.')),
    'api.ecr.eu-west-1.amazonaws.com gave no answer (at 10.0.0.1)',
  );
  assert.equal(saidOf(new Failure('TIMEOUT', 'Short')), 'Short');
  assert.equal(saidOf(new Failure('TIMEOUT', 'Which one? That.')), 'Which one');
  assert.equal(saidOf(new Failure('TIMEOUT', 'ab '.repeat(150))), `${'ab '.repeat(66)}ab...`);
});

test('a missing profile is told in our own words, on both streams', async () => {
  const home = await mkdtemp(join(tmpdir(), 'cause-'));
  after(() => rm(home, { recursive: true }));
  useStaticKeys();
  const env = { HOME: home, ECR_COURIER_CACHE: home, AWS_EC2_METADATA_DISABLED: 'true', AWS_PROFILE: 'nope' };
  const { stdout, stderr } = await get(env);
  assert.equal(stdout, 'No AWS credentials from the profile "nope"\n');
  assert.match(stderr, /profile "nope" \(.*it is in no file\)\. Mend the profile\./);
  assert.doesNotMatch(stderr, /Could not resolve/);
});

test('without any keys, the cause that a client shows is short, and stderr has all of it', async () => {
  const home = await mkdtemp(join(tmpdir(), 'cause-'));
  after(() => rm(home, { recursive: true }));
  useStaticKeys();
  const deep = join(home, 'a-folder-that-makes-the-message-long/'.repeat(3));
  const env = { HOME: deep, ECR_COURIER_CACHE: home, AWS_EC2_METADATA_DISABLED: 'true' };
  const { code, stdout, stderr } = await get(env);
  assert.equal(code, 1);
  const message = stderr.replace(/^docker-credential-ecr-courier: /, '');
  assert.match(message, /^No AWS credentials\. Looked at: .*instance metadata \(switched off by AWS_EC2_METADATA_DISABLED=true\)/);
  assert.equal(stdout, 'No AWS credentials\n');
});
