import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../src/commands/io.ts';

/**
 * Builds the program of a Go module (`PATH@VERSION`), which Go gets from the module proxy, and returns its path. The
 * program is kept between runs.
 */
export function buildGo(module: string): string {
  const [path = '', version = ''] = module.split('@');
  const folder = join(process.cwd(), 'node_modules/.cache/go', version);
  const file = join(folder, basename(path));
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  console.log(`building ${module}`);
  try {
    execFileSync('go', ['install', module], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch (error) {
    throw new UsageError(
      `${module} cannot be built, so there is nothing to compare with: Go, and the way to its modules, are needed (${(error as Error).message})`,
    );
  }
  return file;
}
