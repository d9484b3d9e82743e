import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type OnResolveArgs, type OnResolveResult, type Plugin } from 'esbuild';

/** CommonJS packages load Node's own modules by `require`, which an ES module has to define. Works on every Node. */
export const banner = "import { createRequire as requireOfBundle } from 'node:module';\nconst require = requireOfBundle(import.meta.url);";

/**
 * Bundles entry points (name of the output to path of the source) into one folder of JavaScript, with what they use of
 * node_modules. Code that several entries share becomes one chunk, so that `Secret` and `Failure` are the same classes
 * in all of them.
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
    // Prefer ES modules: esbuild can drop their unused parts.
    mainFields: ['module', 'main'],
    alias: {
      undici: join(import.meta.dirname, 'undici.cjs'),
      'node:http2': join(import.meta.dirname, 'http2.cjs'),
      // prom-client imports it for exemplars.
      '@opentelemetry/api': join(import.meta.dirname, 'nothing.cjs'),
    },
    // Names are not minified, so that stack traces in reports stay readable. The licences of bundled packages are in a
    // file of their own.
    legalComments: 'none',
    plugins: [builtins, apart],
    banner: { js: banner },
  });
  return metafile;
}

/**
 * Replaces import statements of Node's own modules by `require`, and reads only the exports that are used. An import
 * statement makes Node evaluate every export, and some of them load other modules: webcrypto and workers for
 * node:crypto and node:util. Calls of `require` and dynamic imports stay as they are.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(building) {
    const importers: string[] = [];
    building.onResolve({ filter: /^node:/ }, ({ kind, path, importer }) => {
      if (kind !== 'import-statement') return undefined;
      if (!importers.includes(importer)) importers.push(importer);
      // Each importer gets its own copy: a shared one would become a chunk, which is one more file to load.
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

/** The files in dist-es/submodules that signing and retrying need, for each index of @smithy/core. */
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
 * Bundles what `src/ecr/aws/call.ts` uses a second time, separate from the SDK, for processes that call AWS once: a few
 * functions shared with the SDK would pull in all that their modules hold for it. The indices of these packages also
 * load webcrypto and zlib. A function missing from `parts` fails the build.
 */
const apart: Plugin = {
  name: 'apart',
  setup(building) {
    const find = ({ path, kind, resolveDir }: OnResolveArgs) => building.resolve(path, { kind, resolveDir, pluginData: 'found' });
    const own = async (args: OnResolveArgs): Promise<OnResolveResult | undefined> => {
      if (Object.hasOwn(parts, args.path)) return { path: args.path, namespace: 'apart', sideEffects: false, pluginData: args.resolveDir };
      const { path, errors } = await find(args);
      // Relative, like the paths of all other inputs.
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
