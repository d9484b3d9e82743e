/** `npm run build`: dist/ is what the package, the image and the unit run. Nothing of node_modules is needed beside it. */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { bundle } from './bundle.ts';

await rm('dist', { recursive: true, force: true });
const metafile = await bundle({ 'ecr-courier': 'src/main.ts', adapter: 'src/contract/index.ts', testing: 'test/testing.ts' }, 'dist');
await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
await writeFile('dist/packages.json', `${JSON.stringify(packagesIn(metafile), null, 2)}\n`);

/** Names of the packages of which something is in the bundle, in order. */
function packagesIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const names = inputs.flatMap(path => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}
