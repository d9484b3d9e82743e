/** `npm run build`: makes dist/, which the package, the image and the unit run. */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { makeDist } from './dist.ts';
import { bundledPackages, licences, sbom } from './packages.ts';

await rm('dist', { recursive: true, force: true });
const made = await makeDist('dist');
await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
const bundled = bundledPackages(...made);
await writeFile('dist/sbom.cdx.json', sbom(bundled));
await writeFile('dist/LICENSES.txt', licences(bundled));
