import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type OnResolveArgs, type OnResolveResult, type Plugin } from 'esbuild';

/** Packages that are still CommonJS ask for Node's own modules by `require`. This works on every Node. */
export const banner = "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);";

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
    banner: { js: banner },
  });
  return metafile;
}

/**
 * An import statement makes Node evaluate every export of its own modules, and some of these load others: webcrypto and
 * workers for node:crypto and node:util. Here a module is required, and of its exports those are looked at that
 * somebody uses. What is required, or imported while the program runs, is left as it is.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(building) {
    const importers: string[] = [];
    building.onResolve({ filter: /^node:/ }, ({ kind, path, importer }) => {
      if (kind !== 'import-statement') return undefined;
      if (!importers.includes(importer)) importers.push(importer);
      // Each file has its own: what several chunks share is a file more to load.
      return { path: `${path}#${importers.indexOf(importer)}`, namespace: 'builtin', sideEffects: false };
    });
    building.onLoad({ filter: /^/, namespace: 'builtin' }, ({ path: numbered }) => {
      const path = numbered.replace(/#.*$/, '');
      const names = Object.getOwnPropertyNames(process.getBuiltinModule(path)).filter(
        name => /^[a-z_$][\w$]*$/i.test(name) && name !== 'default',
      );
      const exports = names.map((name, at) => `const _${at} = /* @__PURE__ */ (() => it.${name})();\nexport { _${at} as ${name} };\n`);
      return { contents: `const it = require('${path}');\nexport default it;\n${exports.join('')}` };
    });
  },
};

/** Of an index of @smithy/core, the files that signing and retrying need, in dist-es/submodules. */
const parts: Readonly<Record<string, readonly string[]>> = {
  '@smithy/core/client': ['transport/normalizeProvider'],
  '@smithy/core/protocols': ['transport/httpRequest', 'protocols/util-uri-escape/escape-uri'],
  '@smithy/core/retry': ['retry/service-error-classification/service-error-classification'],
  '@smithy/core/serde': [
    'serde/hash-node/hash-node',
    'serde/is-array-buffer/is-array-buffer',
    'serde/util-hex-encoding/hex-encoding',
    'serde/util-utf8/fromUtf8',
    'serde/util-utf8/toUint8Array',
    'serde/writeKey',
    'transport/hasOwn',
  ],
};

/**
 * What a process needs that asks AWS once (`src/ecr/aws/call.ts`) is bundled a second time, apart from the SDK: shared
 * with it, a few functions would bring along whatever their modules hold for the SDK. The indices of these packages
 * load webcrypto and zlib as well. Whatever lacks here fails the build.
 */
const apart: Plugin = {
  name: 'apart',
  setup(building) {
    const find = ({ path, kind, resolveDir }: OnResolveArgs) => building.resolve(path, { kind, resolveDir, pluginData: 'found' });
    const own = async (args: OnResolveArgs): Promise<OnResolveResult | undefined> => {
      if (Object.hasOwn(parts, args.path)) return { path: args.path, namespace: 'apart', sideEffects: false, pluginData: args.resolveDir };
      const { path, errors } = await find(args);
      // Relative, as esbuild names all other inputs.
      return { path: relative(process.cwd(), path), namespace: 'apart', sideEffects: false, errors };
    };
    building.onResolve({ filter: /^@smithy\// }, args =>
      args.importer.endsWith(join('src', 'ecr', 'aws', 'call.ts')) && args.pluginData !== 'found' ? own(args) : undefined,
    );
    building.onResolve({ filter: /./, namespace: 'apart' }, own);
    building.onLoad({ filter: /^@smithy/, namespace: 'apart' }, async ({ path, pluginData: resolveDir }) => {
      const { path: index } = await building.resolve(path, { kind: 'import-statement', resolveDir, pluginData: 'found' });
      const folder = index.replace(/(submodules).*$/s, '$1');
      const contents = (parts[path] ?? []).map(part => `export * from ${JSON.stringify(join(folder, `${part}.js`))};`).join('\n');
      return { contents, resolveDir };
    });
    building.onLoad({ filter: /./, namespace: 'apart' }, async ({ path }) => ({
      contents: await readFile(path),
      resolveDir: resolve(dirname(path)),
    }));
  },
};
