import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

/**
 * Makes one folder of JavaScript out of entry points (name of the output to path of the source); node_modules are
 * bundled too.
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
      'node:http2': join(import.meta.dirname, 'http2.cjs'),
      // prom-client's, for exemplars.
      '@opentelemetry/api': join(import.meta.dirname, 'nothing.cjs'),
    },
    // Names stay readable in a stack trace that somebody reports; the licences of what is inside are a file of their
    // own.
    legalComments: 'none',
    plugins: [builtins],
    banner: {
      // Packages that are still CommonJS ask for Node's own modules by `require`.
      js: "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);",
    },
  });
  return metafile;
}

/**
 * An import statement makes Node evaluate every export of its own modules, and some of these load others: fetch and
 * websockets for node:http, for one. Taken as packages in CommonJS take them, they load what is used. What is required,
 * or imported while the program runs, is left as it is.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(building) {
    building.onResolve({ filter: /^node:/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    building.onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};
