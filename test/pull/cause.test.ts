import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { failures } from '../../src/contract/failures.ts';
import { causeOf, runDocker } from '../../src/pull/docker.ts';
import { useStaticKeys } from '../ecr/support.ts';
import { type AwsCall, errorNames, errorOf } from '../fakes/aws-troubles.ts';

/** A cause is a beginning of the message, and ends where a word of it ends. */
function assertWhole(cause: string, message: string): void {
  const kept = cause.replace(/\.\.\.$/, '');
  assert.ok(cause.length <= 403, `${cause.length} characters`);
  assert.ok(message.startsWith(kept), cause);
  assert.match(message.slice(kept.length), /^( |$)/, cause);
  if (kept !== message) assert.match(cause, /[.!?]$/);
}

const call: AwsCall = {
  service: 'ecr',
  action: 'GetAuthorizationToken',
  region: 'eu-west-1',
  accessKeyId: 'AKIDTEST',
  principal: 'arn:aws:sts::123456789012:assumed-role/nodes/i-0123456789abcdef0',
  input: {},
};

test('the short cause of every failure ends with a sentence, or at least with a word', () => {
  const said = [
    ...Object.values(failures).flatMap(({ doc, remedy }) => [`${doc} ${remedy} `, `${doc} ${remedy} `.replaceAll('.', ',')]),
    ...errorNames.map(name => `${errorOf(name, call, 'ecr').message}; `),
    'No AWS credentials. Looked at: instance metadata (switched off by AWS_EC2_METADATA_DISABLED=true), ',
  ];
  for (const text of said)
    for (let moved = 0; moved < text.length; moved += 7) {
      const message = `${'y'.repeat(moved % 40)} ${text.repeat(1 + 800 / text.length)}`.trim();
      assertWhole(causeOf(message), message);
    }
  assert.equal(causeOf('Short.'), 'Short.');
  assert.equal(causeOf(`${'a '.repeat(150)}end. ${'b'.repeat(400)}`), `${'a '.repeat(150)}end.`, 'sentences that fit');
  assert.equal(causeOf('x'.repeat(500)), `${'x'.repeat(400)}...`, 'one word');
});

test('without any keys, the cause that a client shows is whole, and stderr has all of it', async () => {
  const home = await mkdtemp(join(tmpdir(), 'cause-'));
  after(() => rm(home, { recursive: true }));
  useStaticKeys();
  const deep = join(home, 'a-folder-that-makes-the-message-long/'.repeat(3));
  const env = { HOME: deep, ECR_COURIER_CACHE: home, AWS_EC2_METADATA_DISABLED: 'true' };
  const { code, stdout, stderr } = await runDocker({
    args: ['get'],
    env,
    clock,
    signal: new AbortController().signal,
    stdin: () => Promise.resolve('123456789012.dkr.ecr.eu-west-1.amazonaws.com\n'),
  });
  assert.equal(code, 1);
  const message = stderr.replace(/^docker-credential-ecr-courier: /, '');
  assert.match(message, /^No AWS credentials\. Looked at: .*instance metadata \(switched off by AWS_EC2_METADATA_DISABLED=true\)/);
  assertWhole(stdout.trimEnd(), message);
});
