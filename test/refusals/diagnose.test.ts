import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/contract/registry.ts';
import { diagnose } from '../../src/refusals/diagnose.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const asked = {
  registry: parseAddress(host)?.registry ?? assert.fail(),
  repository: 'team/app',
  reference: '1',
  principal: 'arn:aws:sts::123456789012:assumed-role/ci/session',
};
const of = (status: number, text: string, action = 'ecr:BatchGetImage') => diagnose({ status, text, action, host }, asked);

test('an answer is told by its words, and without words by its status', () => {
  const message =
    'User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app because no identity-based policy allows the ecr:BatchGetImage action';
  assert.equal(of(403, JSON.stringify({ errors: [{ code: 'DENIED', message }] }))?.id, 'denied-identity');
  assert.equal(of(403, '')?.id, 'refused-without-words');
  const expired = 'Your authorization token has expired. Reauthenticate and try again.';
  for (const status of [401, 403]) assert.equal(of(status, expired)?.id, 'token-expired');
  assert.equal(of(401, 'Not Authorized\n', 'none')?.id, 'password-refused');
  assert.equal(of(200, ''), undefined);
  assert.equal(of(307, ''), undefined);
});

test('where somebody else pulls, the text says whose policies count', () => {
  const message = `User: ${asked.principal} is not authorized to perform: ecr:BatchGetImage on resource: *`;
  const told = diagnose({ status: 403, text: message, action: 'ecr:BatchGetImage', host }, { ...asked, puller: 'node-1' });
  assert.match(told?.sentence ?? '', /token belongs to role ci in account 123456789012.*those of node-1 do not/);
});
