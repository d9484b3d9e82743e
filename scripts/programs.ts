import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { banner, bundle } from './bundle.ts';
import { writeFronts } from './fronts.ts';

/**
 * Makes the programs that other software starts, in one folder: the fronts, and the JavaScript that they run. They are
 * bundled separately from the daemon: they start at each pull, and code shared with it would be dozens of small files.
 */
export async function makePrograms(target: string): Promise<Metafile> {
  // esbuild resolves links, and would bundle a module twice that it finds by two paths.
  await mkdir(target, { recursive: true });
  const outdir = await realpath(target);
  const made = await bundle({ pull: 'src/pull/main.ts' }, outdir);
  await join(made, 'src/pull/main.ts', ['src/pull/start.ts', 'src/pull/fetch.ts']);
  await writeFronts(outdir);
  return made;
}

/**
 * Joins each entry point in `heads` with all files that it always loads, as each further file costs most of a
 * millisecond. Files that `main` or an earlier head loads stay separate, as no module may exist twice. The joined files
 * re-export their contents for modules that load them later.
 */
export async function join({ outputs }: Metafile, main: string, heads: readonly string[]): Promise<void> {
  const outputOf = (source: string): string => Object.keys(outputs).find(file => outputs[file]?.entryPoint === source) ?? unknown(source);
  const loaded = closure(outputs, outputOf(main));
  for (const file of loaded) await writeFile(file, withoutModule(await readFile(file, 'utf8')));
  const apart = [...loaded];
  for (const head of heads.map(outputOf)) {
    const files = [...closure(outputs, head)].filter(file => !loaded.has(file));
    await makeOne({ head, others: files.filter(file => file !== head), apart, outputs });
    for (const file of files) loaded.add(file);
    apart.push(head);
  }
}

function unknown(source: string): never {
  throw new Error(`${source} is not an entry point of the bundle`);
}

/** All files that loading a file loads, itself included. */
function closure(outputs: Metafile['outputs'], file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') closure(outputs, path, seen);
  return seen;
}

interface One {
  readonly head: string;
  /** The files to join into the head. */
  readonly others: readonly string[];
  /** The files that the head loads and that stay separate. */
  readonly apart: readonly string[];
  readonly outputs: Metafile['outputs'];
}

async function makeOne({ head, others, apart, outputs }: One): Promise<void> {
  const exported = (file: string, form: (name: string) => string, from: string): string =>
    `export { ${(outputs[file]?.exports ?? []).map(form).join(', ')} } from './${basename(from)}';\n`;
  const contents = [
    exported(head, name => name, head),
    ...others.map((file, at) => exported(file, name => `${name} as ${name}_${at}`, file)),
  ].join('');
  await build({
    stdin: { contents, resolveDir: dirname(head) },
    outfile: head,
    allowOverwrite: true,
    // External files are recognized by path, which resolving a link above them would change.
    preserveSymlinks: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24.12',
    plugins: [leaving(apart.map(file => resolve(file))), bareRequire],
  });
  for (const [at, file] of others.entries())
    await writeFile(
      file,
      exported(file, name => `${name}_${at} as ${name}`, head),
    );
}

const leaving = (files: readonly string[]): Plugin => ({
  name: 'leaving',
  setup(building) {
    building.onResolve({ filter: /^\.\// }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import' || files.includes(resolve(resolveDir, path)) ? { path, external: true } : undefined,
    );
  },
});

/**
 * Replaces the import of node:module, which loads many other modules. On a Node without getBuiltinModule, the program
 * reports the version before it requires anything.
 */
const withoutModule = (text: string): string => text.replace(banner, 'const require = process.getBuiltinModule;');

const bareRequire: Plugin = {
  name: 'bare-require',
  setup(building) {
    building.onLoad({ filter: /\.js$/ }, async ({ path }) => ({ contents: withoutModule(await readFile(path, 'utf8')) }));
  },
};
