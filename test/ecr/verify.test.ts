import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readImage } from '../../src/contract/image.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Step } from '../../src/ecr/registry/judged.ts';
import type { Pull } from '../../src/ecr/registry/pull.ts';
import { makeVerify } from '../../src/ecr/registry/verify.ts';

const image = readImage('123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1');
const credential = { username: 'AWS', password: new Secret('p'), issuedAt: new Date(), expiresAt: new Date(), source: 's', scope: 'k' };
const door: Step = { name: 'registry', action: 'none', verdict: 'ok' };
const manifest: Step = { name: 'manifest', action: 'ecr:BatchGetImage', verdict: 'ok' };
const diagnosis = {
  id: 'd',
  sentence: 'It lacks a right.',
  side: 'a policy',
  remedy: 'Add it.',
  paste: [{ what: 'Statement', kind: 'policy', text: '{\n  "Effect": "Allow"\n}' }],
} as const;

function verified(...steps: Step[]) {
  assert.ok('registry' in image);
  const pull: Pull = async () => steps;
  return makeVerify(pull)(image, credential, new AbortController().signal);
}

test('all steps: it would be pulled, also where an image has nothing to ask for', async () => {
  assert.deepEqual(await verified(door, manifest, { name: 'config', action: 'none', verdict: 'skipped' }), { ok: true });
});

test('whoever has no credential asks as nobody', async () => {
  assert.ok('registry' in image);
  const wishes: Parameters<Pull>[0][] = [];
  const pull: Pull = async wish => {
    wishes.push(wish);
    return [door];
  };
  assert.deepEqual(await makeVerify(pull)(image, undefined, new AbortController().signal), { ok: true });
  assert.deepEqual(wishes, [{ image, credential: undefined, source: '' }]);
});

test('a refusal is told with the policy in one line, and whether the image was read', async () => {
  const told = { ok: false, refused: true, stale: false, message: 'It lacks a right.', remedy: 'Add it. Statement: {"Effect":"Allow"}' };
  assert.deepEqual(await verified(door, { ...manifest, verdict: 'refused', status: 403, diagnosis }), { ...told, read: false });
  assert.deepEqual(
    await verified(door, manifest, { name: 'config', action: 'ecr:GetDownloadUrlForLayer', verdict: 'refused', status: 403, diagnosis }),
    { ...told, read: true },
  );
  // The image index was readable, but the image of this platform was refused.
  assert.deepEqual(await verified(door, { ...manifest, verdict: 'refused', status: 403, diagnosis, hasRead: true }), {
    ...told,
    read: true,
  });
});

test('of what is missing no policy is pasted, and no answer is not a refusal', async () => {
  const missing = await verified(door, { ...manifest, verdict: 'missing', status: 404, diagnosis });
  assert.ok(!missing.ok && missing.refused && missing.remedy === 'Add it.');
  const silent = await verified({ ...door, verdict: 'unreachable', diagnosis });
  assert.ok(!silent.ok && !silent.refused && !silent.stale);
});

for (const [status, text] of [
  [401, 'h answered 401 (Not Authorized)'],
  [403, 'h answered 403 (Your authorization token has expired. Reauthenticate and try again.)'],
] as const) {
  test(`a credential that is not taken (${status}) is not a refusal of the image: another one is tried`, async () => {
    const told = await verified({ ...door, verdict: 'refused', status, text, diagnosis });
    assert.ok(!told.ok && !told.refused && told.stale);
    assert.equal(told.message, `${text}.`);
  });
}
