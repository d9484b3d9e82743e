import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type OnResolveArgs, type OnResolveResult, type Plugin } from 'esbuild';

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
    // What packages offer as modules can be left out where it is not used.
    mainFields: ['module', 'main'],
    alias: {
      undici: join(import.meta.dirname, 'undici.cjs'),
      'node:http2': join(import.meta.dirname, 'http2.cjs'),
      // prom-client's, for exemplars.
      '@opentelemetry/api': join(import.meta.dirname, 'nothing.cjs'),
    },
    // Names stay readable in a stack trace that somebody reports; the licences of what is inside are a file of their
    // own.
    legalComments: 'none',
    plugins: [builtins, apart],
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

/**
 * What a process needs that asks AWS once (`src/ecr/call.ts`) is bundled a second time, apart from the SDK: shared with
 * it, a few functions would bring along whatever their modules hold for the SDK.
 */
const apart: Plugin = {
  name: 'apart',
  setup(building) {
    const own = async ({ path, kind, resolveDir }: OnResolveArgs): Promise<OnResolveResult | undefined> => {
      if (path.startsWith('node:')) return undefined;
      const found = await building.resolve(path, { kind, resolveDir, pluginData: 'found' });
      // Relative, as esbuild names all other inputs.
      return { path: relative(process.cwd(), found.path), namespace: 'apart', sideEffects: found.sideEffects, errors: found.errors };
    };
    building.onResolve({ filter: /^@smithy\// }, args =>
      args.importer.endsWith(join('src', 'ecr', 'call.ts')) && args.pluginData !== 'found' ? own(args) : undefined,
    );
    building.onResolve({ filter: /./, namespace: 'apart' }, own);
    building.onLoad({ filter: /./, namespace: 'apart' }, async ({ path }) => ({
      contents: await readFile(path),
      resolveDir: resolve(dirname(path)),
    }));
  },
};
