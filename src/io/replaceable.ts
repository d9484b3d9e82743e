import { constants } from 'node:fs';
import * as system from 'node:fs/promises';
import { dirname } from 'node:path';
import { files } from './files.ts';
import type { Place } from './place.ts';
import type { Manner } from './replace.ts';
import { Unreadable } from './unreadable.ts';
import { otherOwner, unmade, unwritten } from './unwritten.ts';

/** Throws what `replace` would throw, as far as that can be seen without a write. */
export const checkReplaceable = (place: Place, { unreplaceable, inPlaceBy }: Pick<Manner, 'unreplaceable' | 'inPlaceBy'>): Promise<void> =>
  files.ask(place.path, async () => {
    const { path, stats } = place;
    try {
      await system.access(dirname(path), constants.W_OK | constants.X_OK);
      if (await isMounted(path)) throw Object.assign(new Error('mounted'), { code: 'EBUSY' });
      const us = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      if (stats && us.uid !== 0 && us.uid !== stats.uid) throw otherOwner(stats, us);
    } catch (error) {
      const inPlace = unreplaceable === 'write-in-place' && stats !== undefined;
      const still = inPlace
        ? await system.access(path, constants.W_OK).then(
            () => undefined,
            (later: unknown) => later,
          )
        : error;
      if (still !== undefined) throw still instanceof Unreadable ? still : await unwritten(path, still as NodeJS.ErrnoException, inPlaceBy);
    }
  });

/** Throws what `makeDirectory` would throw: the nearest existing parent must be writable. */
export const checkMakeable = (path: string): Promise<void> =>
  files.ask(path, async () => {
    let above = dirname(path);
    const link = await system.readlink(path).catch(() => undefined);
    if (link !== undefined) throw await unmade(path, Object.assign(new Error('a link to nothing'), { code: 'ENOENT' }));
    for (;;) {
      const error = await system.access(above, constants.W_OK | constants.X_OK).then(
        () => undefined,
        (thrown: NodeJS.ErrnoException) => thrown,
      );
      if (!error) return;
      if (error.code !== 'ENOENT' || above === dirname(above)) throw await unwritten(path, error);
      above = dirname(above);
    }
  });

/** Whether the path is a mount point. Linux lists mounts with blanks and the like as octal escapes. */
async function isMounted(path: string): Promise<boolean> {
  const mounts = await files.readText('/proc/self/mountinfo', 4 * 1024 * 1024).catch(() => '');
  const unescaped = (text: string): string =>
    text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return mounts.split('\n').some(line => unescaped(line.split(' ')[4] ?? '') === path);
}
