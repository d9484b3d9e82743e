import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { adapters } from '../../adapters/index.ts';
import { ConfigError } from '../../config/config-error.ts';
import { adaptersVariable, variables } from '../../config/env.ts';
import { type Mistake } from '../../config/load.ts';
import { wrongWith } from '../../config/shape.ts';
import { shownModule } from '../../config/showable.ts';
import { targetTable } from '../../config/target-options.ts';
import type { Adapter } from '../contract/adapter.ts';
import { clock } from '../contract/clock.ts';
import { failures } from '../contract/failures.ts';
import * as contract from '../contract/index.ts';
import { redact } from '../contract/secret.ts';
import { isMap } from '../contract/shapes.ts';
import { quote } from '../contract/text.ts';
import { engineFindings } from '../courier/findings.ts';

/** Deadline for a module's top-level code, in milliseconds. */
const patience = 10_000;

/**
 * The built-in adapters and those that ECR_COURIER_ADAPTERS names. Throws a ConfigError that lists every mistake. A
 * module is loaded once per process.
 */
export async function knownAdapters(
  env: Readonly<Record<string, string | undefined>>,
  directory = process.cwd(),
  loadMs = patience,
): Promise<readonly Adapter[]> {
  const known: { readonly adapter: Adapter; readonly from: string }[] = adapters.map(adapter => ({ adapter, from: 'the courier itself' }));
  const mistakes: Mistake[] = [];
  for (const name of (env[adaptersVariable] ?? '').split(',').flatMap(entry => entry.trim() || [])) {
    const path = shownModule(name, directory);
    const wrong = (message: string): void =>
      void mistakes.push({ path: '', origin: adaptersVariable, message: redact(`${path}: ${message}`) });
    const found = await load(name, { directory, loadMs }, wrong);
    for (const adapter of found) {
      const clashes = clashesOf(adapter, known);
      clashes.forEach(wrong);
      if (clashes.length === 0) known.push({ adapter, from: name });
    }
  }
  if (mistakes.length > 0) throw new ConfigError({ mistakes, warnings: [], settings: [] });
  return known.map(({ adapter }) => adapter);
}

/** The adapters among the exports of a module. */
async function load(
  name: string,
  { directory, loadMs }: { directory: string; loadMs: number },
  wrong: (message: string) => void,
): Promise<Adapter[]> {
  let module: object;
  try {
    module = await within(loadMs, importFrom(name, directory));
  } catch (error) {
    wrong(`cannot be loaded: ${reasonOf(error, name, directory)}`);
    return [];
  }
  const exported = new Set(Object.values(module).filter(value => isMap(value) && 'kind' in value && 'create' in value));
  if (exported.size === 0) wrong('exports no adapter: `export default defineAdapter({ ... })` is expected');
  return [...exported].flatMap(value => {
    const lacks = wrongWith(value);
    for (const message of lacks) wrong(`the adapter ${typeof value.kind === 'string' ? value.kind : 'without a kind'}: ${message}`);
    return lacks.length > 0 ? [] : [value as Adapter];
  });
}

/** Without a timer, Node exits silently when a module awaits something that never settles. */
async function within<T>(ms: number, loading: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(() => {
    throw new Error(`it has not come to its end within ${ms / 1000} s: what does its top-level await wait for?`);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}

/** The names that an adapter shares with another one. Each must be unique, because lookups go by these names. */
function clashesOf(adapter: Adapter, known: readonly { readonly adapter: Adapter; readonly from: string }[]): string[] {
  const { kind } = adapter;
  const twin = known.find(other => other.adapter.kind === kind);
  if (twin) return [`there is an adapter of the kind ${kind} already: from ${twin.from}`];
  const taken = new Set(variables(known.map(other => other.adapter)).map(({ name }) => name));
  const own = Object.values(targetTable(adapter)).flatMap(({ env }) => env ?? []);
  const shared = own.filter((name, at) => taken.has(name) || own.indexOf(name) !== at);
  const codes = Object.keys(adapter.findings).filter(code => Object.hasOwn(engineFindings, code) || Object.hasOwn(failures, code));
  return [
    ...shared.slice(-1).map(name => `the adapter ${kind}: the variable ${name} has a meaning already`),
    ...codes.map(code => `the adapter ${kind}: the finding ${code} has a meaning already`),
  ];
}

const isPath = (name: string): boolean => /^\.{0,2}\//.test(name);

/** Node's own message and the line of the module that it concerns. */
function reasonOf(error: unknown, name: string, directory: string): string {
  const { message, stack = '' } = error instanceof Error ? error : { message: String(error) };
  const [sentence = ''] = message.split('\n');
  const from = ` imported from ${join(directory, '/')}`;
  const [theirs = ''] = stack.split(import.meta.filename);
  const line = /(?:file:\/\/|^)(\/[^\s()]+?:\d+)/m.exec(theirs)?.[1];
  const hint = !isPath(name) && existsSync(join(directory, name)) ? `; for the file write ./${name}` : '';
  return `${quote(sentence.endsWith(from) ? sentence.slice(0, -from.length) : sentence)}${line ? `, at ${line}` : ''}${hint}`;
}

/**
 * Prefix of a specifier that the hook resolves from a given directory. A plain `import` would resolve it from this
 * file.
 */
const seenFrom = 'ecr-courier:seen-from:';
const ownContract = 'ecr-courier:adapter';
let hooked = false;

async function importFrom(name: string, directory: string): Promise<object> {
  const specifier = isPath(name) ? pathToFileURL(resolve(directory, name)).href : name;
  if (!hooked) hook();
  hooked = true;
  return (await import(`${seenFrom}${JSON.stringify([specifier, pathToFileURL(join(directory, '/')).href])}`)) as object;
}

/**
 * Resolves `ecr-courier/adapter` to the contract of this process, wherever the importing file is. So an adapter needs
 * no installed copy of the package, and its `Failure` is the class that the engine knows.
 */
function hook(): void {
  Object.assign(globalThis, { [Symbol.for(ownContract)]: contract });
  const names = Object.keys(contract).join(', ');
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'ecr-courier/adapter') return { url: ownContract, shortCircuit: true };
      if (!specifier.startsWith(seenFrom)) return next(specifier, context);
      const [asked, parentURL] = JSON.parse(specifier.slice(seenFrom.length)) as [string, string];
      return next(asked, { ...context, parentURL });
    },
    load(url, context, next) {
      if (url !== ownContract) return next(url, context);
      return { format: 'module', source: `export const { ${names} } = globalThis[Symbol.for('${ownContract}')];`, shortCircuit: true };
    },
  });
}
