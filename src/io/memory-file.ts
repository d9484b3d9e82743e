import { join } from 'node:path';
import type { Memory } from '../contract/memory.ts';
import { openAnswers } from './answers.ts';
import { readText } from './files.ts';
import { swapFile } from './swap.ts';

/** The size limit for reading such a file, in bytes. */
const most = 4 * 1024 * 1024;

/**
 * A memory in a file of this name, in a directory into which no other user can write. directory: returns the directory
 * that is configured at present; undefined disables the memory.
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
