import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import { openShared } from '../../src/io/shared-answers.ts';

const refusal = async (path: string): Promise<string> => {
  const failure: unknown = await openShared(path).catch((error: unknown) => error);
  assert.ok(failure instanceof Failure, `${path} was taken`);
  assert.equal(failure.code, 'MISCONFIGURED');
  return failure.message;
};

test('a directory in which everybody may put directories is not a place for shared answers', async () => {
  const path = await mkdtemp(join(tmpdir(), 'shared-'));
  try {
    assert.match(await refusal(path), /can be replaced by (others|another user)/);
    assert.match(await refusal(join(path, 'missing')), /cannot be looked at \(ENOENT\)/);
  } finally {
    await rm(path, { recursive: true });
  }
});

test('shared answers lie where root has put them, and their owner alone writes', {
  skip: process.getuid?.() !== 0 && 'only root can',
}, async () => {
  const path = await mkdtemp('/var/cache/shared-');
  try {
    await chmod(path, 0o755);
    const answers = join(path, 'answers');
    await mkdir(answers);
    await chown(answers, 12_345, 12_345);
    await chmod(answers, 0o2750);
    await symlink(answers, join(path, 'link'));
    assert.equal((await openShared(join(path, 'link'))).directory, answers);
    process.seteuid?.(12_346);
    const said = await refusal(answers).finally(() => process.seteuid?.(0));
    assert.match(said, /cannot be read by this user \(EACCES\)/, 'who is not in the group learns it');
    for (const mode of [0o2770, 0o2752]) {
      await chmod(answers, mode);
      assert.match(await refusal(answers), /can be replaced by others: .* has the mode 27/);
    }
    await chmod(answers, 0o2750);
    await chown(path, 12_345, 0);
    assert.match(await refusal(answers), /can be replaced by another user: .* belongs to uid 12345/);
    await chown(path, 0, 0);
    await chmod(path, 0o777);
    assert.match(await refusal(answers), /can be replaced by others/);
  } finally {
    await rm(path, { recursive: true });
  }
});
