/**
 * `npm run build`: dist/ is what the package, the image and the unit run. Nothing of node_modules is needed beside it.
 */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bundle } from './bundle.ts';
import { bundledPackages, licences, sbom } from './packages.ts';
import { makePrograms } from './programs.ts';

await rm('dist', { recursive: true, force: true });
const entries = {
  'ecr-courier': 'src/main.ts',
  adapter: 'src/contract/index.ts',
  testing: 'test/testing.ts',
};
const made = [await bundle(entries, 'dist'), await makePrograms('dist')];
await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
const bundled = bundledPackages(...made);
await writeFile('dist/sbom.cdx.json', sbom(bundled));
await writeFile('dist/LICENSES.txt', licences(bundled));
