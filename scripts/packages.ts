import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package that has code in the bundle. `id` is name@version. */
interface Bundled {
  readonly id: string;
  readonly folder: string;
  readonly licence: string;
}

export function bundledPackages(...made: readonly Metafile[]): readonly Bundled[] {
  const outputs = made.flatMap(({ outputs }) => Object.values(outputs));
  const inputs = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = new Set(inputs.flatMap(path => /^(?:apart:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
    return { id: `${name}@${version}`, folder, licence: license ?? 'unknown' };
  });
}

/** The fields of package-lock.json, version 3, that are read. A key is a path such as node_modules/pino. */
interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}
interface Locked {
  readonly version?: string;
  /** sha512-BASE64 */
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
/** The fields of a package.json that the bill of materials uses. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly repository?: string | { readonly url: string };
}

const jsonOf = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/**
 * The bill of materials of the bundle, as a CycloneDX 1.5 document; a `bom-ref` is name@version. It lists what `npm
 * sbom` would, which older versions of npm lack. It has no time and no serial number, so equal sources give equal text.
 */
export function sbom(bundled: readonly Bundled[]): string {
  const { packages } = jsonOf<Lock>('package-lock.json');
  const root = jsonOf<Manifest & { readonly devDependencies: Readonly<Record<string, string>> }>('package.json');
  const inside = new Set(bundled.map(({ id }) => id));
  const idOf = (place: string): string => `${place.replace(/^.*node_modules\//, '')}@${packages[place]?.version}`;
  const needs = (place: string, names: readonly string[]): string[] =>
    names.map(name => idOf(placeOf(name, place, packages))).filter(id => inside.has(id));
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component: componentOf(root) },
    components: bundled.map(({ folder }) => componentOf(jsonOf<Manifest>(join(folder, 'package.json')), lockedAt(folder, packages))),
    dependencies: [
      { ref: `${root.name}@${root.version}`, dependsOn: needs('', Object.keys(root.devDependencies)) },
      ...bundled.map(({ id, folder }) => {
        const { dependencies = {} } = lockedAt(folder, packages);
        return { ref: id, dependsOn: needs(inProject(folder), Object.keys(dependencies)) };
      }),
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function lockedAt(folder: string, packages: Lock['packages']): Locked {
  const locked = packages[inProject(folder)];
  if (!locked) throw new Error(`${folder} is in the bundle, and not in package-lock.json`);
  return locked;
}

/** The key of a folder in package-lock.json, also where node_modules is a link to another place. */
const inProject = (folder: string): string => folder.slice(folder.indexOf('node_modules/'));

/** Resolves a package name from another package's key, as Node does. */
function placeOf(name: string, from: string, packages: Lock['packages']): string {
  const here = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (Object.hasOwn(packages, here) || from === '') return here;
  return placeOf(name, from.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, ''), packages);
}

function componentOf({ name, version, description, license, homepage, repository }: Manifest, { integrity }: Locked = {}) {
  const vcs = typeof repository === 'string' ? repository : repository?.url;
  const [algorithm, digest] = integrity?.split('-') ?? [];
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    ...(description && { description }),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    externalReferences: [...(vcs ? [{ type: 'vcs', url: vcs }] : []), ...(homepage ? [{ type: 'website', url: homepage }] : [])],
    ...(algorithm === 'sha512' && digest && { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }),
    ...(license && { licenses: [{ license: { id: license } }] }),
  };
}

/** The licence texts of the bundled packages, each once, below the names of the packages that have it. */
export function licences(bundled: readonly Bundled[]): string {
  const byText = Map.groupBy(bundled, ({ folder, licence }) => {
    const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name));
    return file ? readFileSync(join(folder, file), 'utf8').trim() : `${licence}; the package carries no text of it.`;
  });
  const parts = [...byText].map(([text, packages]) => `${packages.map(({ id }) => id).join('\n')}\n\n${text}\n`);
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return [
    'ecr-courier is under the Apache License 2.0. These packages are bundled with it, each list under the licence that follows.\n',
    ...parts,
  ].join(rule);
}
