import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

/**
 * Makes one folder of JavaScript out of entry points (name of the output to path of the source); node_modules are bundled too.
 * What several entries use is one chunk, so that `Secret` and `Failure` are the same classes to all of them.
 */
export async function bundle(entryPoints: Readonly<Record<string, string>>, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: { ...entryPoints },
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24.12',
    alias: {
      undici: join(import.meta.dirname, 'undici.cjs'),
      // prom-client's, for exemplars.
      '@opentelemetry/api': join(import.meta.dirname, 'nothing.cjs'),
    },
    // Names stay readable in a stack trace that somebody reports; the licences of what is inside are a file of their own.
    legalComments: 'none',
    banner: {
      // Packages that are still CommonJS ask for Node's own modules by `require`.
      js: "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);",
    },
  });
  return metafile;
}
