import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { folder } from '../config/support.ts';
import { randomFrom } from '../courier/rig.ts';
import { assertWhole, killWhileWriting, leftBeside } from '../io/killing.ts';
import { part, path } from './needs.ts';

interface Told {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}
interface Line {
  readonly path: string;
  readonly tried: string | Told;
  readonly came: string | Told;
}

/** Sets up mounts in its own namespace, so that nothing stays mounted even if the test fails. */
const mounts = `
set -e
cd "$1"
mkdir full readonly single source closed small narrow
mount -t tmpfs -o size=64k none full
echo old > full/file
mount -t tmpfs none readonly
echo old > readonly/file
mount -o remount,ro none readonly
echo old > source/file
touch single/file
mount --bind source/file single/file
mount -t tmpfs none closed
touch closed/file
echo old > source/closed
mount --bind source/closed closed/file
mount -o remount,ro none closed
mount -t tmpfs -o size=64k none small
echo old > small/file
touch narrow/file
mount --bind small/file narrow/file
exec "$2" "$3" "$4" "$1/full/file" "$1/readonly/file" "$1/single/file" "$1/closed/file" "$1/narrow/file" "$1/plain"
`;

async function writeAmongMounts(mode: 'each' | 'in-place') {
  await using dir = await folder();
  const writer = join(import.meta.dirname, '../io/writer.ts');
  const after = `${mounts.replace('exec ', '')}\nfor file in full readonly single closed narrow; do head -c 3 $file/file; echo " $(ls -A $file | wc -l) $(wc -c < $file/file)"; done`;
  const { stdout } = await promisify(execFile)(path('unshare'), ['-m', 'sh', '-c', after, 'sh', dir.path, process.execPath, writer, mode]);
  const all = stdout.trim().split('\n');
  const lines = all.filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Line);
  return { lines, left: all.filter(line => !line.startsWith('{')) };
}

const shown = (result: string | Told): string => (typeof result === 'string' ? result : result.code);
const words = (line: Line | undefined): string => {
  const came = line?.came;
  return typeof came === 'object' ? `${came.message} ${came.remedy}` : `${came}`;
};

part('files that are kept', { programs: ['unshare'], root: true }, () => {
  test('on a full disk, read-only, and in a mount of one file: nothing is lost, and the sentence says what to do', async () => {
    const { lines, left } = await writeAmongMounts('each');
    const [full, readonly, single, closed, narrow, plain] = lines;
    assert.deepEqual(
      lines.map(({ came }) => shown(came)),
      ['BUSY', 'MISCONFIGURED', 'MISCONFIGURED', 'MISCONFIGURED', 'MISCONFIGURED', 'created'],
    );
    // A rehearsal detects every fault but the full disk.
    assert.equal(full?.tried, 'updated');
    for (const line of [readonly, single, closed, narrow, plain]) assert.deepEqual(line?.tried, line?.came);
    assert.match(words(full), /the disk is full \(ENOSPC\); what was there is untouched/);
    assert.match(words(readonly), /read-only here \(EROFS\)/);
    assert.match(words(single), /a mount of its own \(EBUSY\)/);
    for (const line of [single, closed])
      assert.match(words(line), /Mount the directory.*\. Or set `writeInPlace`: .* into the file itself/);
    assert.match(words(readonly), / Mount it writable\.$/, 'nothing can be written into it either');
    // Each folder holds one name: no temporary file is left.
    assert.deepEqual(left, Array(5).fill('old 1 4'));
  });

  test('where that is allowed, a mount of one file is written into', async () => {
    const { lines, left } = await writeAmongMounts('in-place');
    assert.deepEqual(
      lines.map(({ came }) => shown(came)),
      ['BUSY', 'MISCONFIGURED', 'updated', 'updated', 'BUSY', 'created'],
    );
    assert.deepEqual(lines[2]?.tried, 'updated');
    // After a full disk behind the mount, the file holds exactly its former content.
    assert.equal(left.at(-1), 'old 1 4');
  });

  test('killed 200 times in the middle: the former text or the new one, whole', async t => {
    const seed = Number(process.env['TEST_SEED'] ?? randomInt(2 ** 31));
    t.diagnostic(`TEST_SEED=${seed}`);
    const seen = new Set<string>();
    const killOften = async (random: () => number): Promise<number> => {
      await using dir = await folder({ file: 'a'.repeat(300_000) });
      for (let kills = 0; kills < 50; kills++) {
        await killWhileWriting(dir.at('file'), random);
        seen.add(await assertWhole(dir.at('file')));
      }
      return (await leftBeside(dir.path)).length;
    };
    const left = await Promise.all([0, 1, 2, 3].map(lane => killOften(randomFrom(seed + lane))));
    assert.equal(seen.size, 2, 'both texts were found');
    t.diagnostic(`${left.reduce((sum, count) => sum + count, 0)} temporary files were left, to be removed when they are old`);
  });
});
