/** `npm run build`: dist/ is what the package, the image and the unit run. Nothing of node_modules is needed beside it. */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';

const { metafile } = await clean().then(bundle);
await declarations();
await writeFile('dist/packages.json', `${JSON.stringify(packagesIn(metafile), null, 2)}\n`);

function clean(): Promise<void> {
  return rm('dist', { recursive: true, force: true });
}

/** One chunk is shared by all entries, so that `Secret` and `Failure` are the same classes to a plug-in and to the daemon. */
function bundle() {
  return build({
    entryPoints: { 'ecr-courier': 'src/main.ts', adapter: 'src/contract/index.ts', testing: 'test/testing.ts' },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24.12',
    // Names stay readable in a stack trace that somebody reports; the licences of what is inside are in dist/packages.json and the SBOM.
    legalComments: 'none',
    banner: {
      // Packages that are still CommonJS ask for Node's own modules by `require`.
      js: "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);",
    },
  });
}

async function declarations(): Promise<void> {
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
}

/** Names of the packages of which something is in the bundle, in order. */
function packagesIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const names = inputs.flatMap(path => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}
