import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A wall clock that can be set while a process runs; its timers run as ever. */
export interface Faketime {
  /** What the process must have in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** So many milliseconds from the true time. */
  set(ms: number): Promise<void>;
}

/** `file` will hold the time that is told. */
export async function faketime(file: string, ms = 0): Promise<Faketime> {
  const env = {
    LD_PRELOAD: library(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  const set = async (offset: number): Promise<void> => {
    // Renamed into place: the process reads it all the time.
    await writeFile(`${file}.new`, `${offset < 0 ? '-' : '+'}${Math.abs(offset) / 1000}\n`);
    await rename(`${file}.new`, file);
  };
  await set(ms);
  return { env, set };
}

/** Below a folder that is named after the processor. */
function library(): string {
  const found = readdirSync('/usr/lib')
    .map(name => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
    .find(existsSync);
  assert.ok(found, 'the package faketime has its library elsewhere');
  return found;
}
