import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';
import { makePrograms } from '../../scripts/programs.ts';

let made: Promise<string> | undefined;

/**
 * The path of the executable as people install it, made by the bundler of `npm run build`; beside it are the programs
 * that registry clients start. Each test process has one of its own, which goes when the process ends: dist/ may be
 * old, or be in the making by somebody else.
 */
export function executable(): Promise<string> {
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'courier-dist-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const sources = join(import.meta.dirname, '../../src');
  await bundle({ 'ecr-courier': join(sources, 'main.ts') }, folder);
  await makePrograms(folder);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'ecr-courier.js');
}
