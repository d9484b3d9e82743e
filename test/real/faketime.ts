import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A wall clock that can be set while a process runs. The timers of the process are unaffected. */
export interface Faketime {
  /** The variables for the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the clock to an offset from the true time, in milliseconds. */
  set(ms: number): Promise<void>;
}

/** Makes a clock whose offset is stored in `file`. */
export async function faketime(file: string, ms = 0): Promise<Faketime> {
  const env = {
    LD_PRELOAD: library(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  const set = async (offset: number): Promise<void> => {
    // Replaces the file atomically, because the process reads it all the time.
    await writeFile(`${file}.new`, `${offset < 0 ? '-' : '+'}${Math.abs(offset) / 1000}\n`);
    await rename(`${file}.new`, file);
  };
  await set(ms);
  return { env, set };
}

/** Finds the library, which is below a folder named after the architecture. */
function library(): string {
  const found = readdirSync('/usr/lib')
    .map(name => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
    .find(existsSync);
  assert.ok(found, 'the package faketime has its library elsewhere');
  return found;
}
