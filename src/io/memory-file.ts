import { join } from 'node:path';
import type { Memory } from '../contract/memory.ts';
import { openAnswers } from './answers.ts';
import { readText } from './files.ts';
import { swapFile } from './swap.ts';

/** More does not lie there. In bytes. */
const most = 4 * 1024 * 1024;

/**
 * A file of this name, in a directory in which nobody else can put one. directory: as it is configured at the moment;
 * undefined: nothing is kept.
 */
export function openMemory(name: string, directory: () => string | undefined): Memory {
  return {
    async recall() {
      const folder = directory();
      return folder === undefined ? undefined : await readText(join(folder, name), most).catch(() => undefined);
    },
    remember(text) {
      const folder = directory();
      if (folder !== undefined) void write(folder, name, text).catch(() => undefined);
    },
  };
}

async function write(folder: string, name: string, text: string): Promise<void> {
  const { directory } = await openAnswers(folder);
  await swapFile(join(directory, name), text);
}
