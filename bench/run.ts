/**
 * `npm run bench -- NAME`: answers one question with figures. The last line is one JSON object; exit 1 when a limit is
 * broken. The bench runs from a bundle, like the shipped program.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle } from '../scripts/bundle.ts';
import { makeBoth } from '../scripts/dist.ts';

const folder = await mkdtemp(join(tmpdir(), 'ecr-courier-bench-'));
try {
  await Promise.all([
    bundle(
      {
        bench: 'bench/benches.ts',
        fakes: 'bench/fakes.ts',
        'cluster-fakes': 'bench/cluster-fakes.ts',
        'memory-refreshes': 'bench/memory-refreshes.ts',
        'memory-days': 'bench/memory-days.ts',
        'soak-seed': 'bench/soak-seed.ts',
      },
      folder,
    ),
    // Bundled with esbuild's defaults into one file.
    build({
      entryPoints: ['bench/sdk-way.ts'],
      outfile: join(folder, 'sdk-way.js'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);" },
    }),
    // Without it, Node reads each file twice.
    writeFile(join(folder, 'package.json'), '{"type":"module"}'),
    makeBoth({ 'ecr-courier': 'src/main.ts' }, join(folder, 'dist')),
  ]);
  const child = fork(join(folder, 'bench.js'), process.argv.slice(2));
  // Remove the folder only after the child, and all that it has started, have ended.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
