import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package of which something is in the bundle. `id` is name@version. */
interface Bundled {
  readonly id: string;
  readonly folder: string;
  readonly licence: string;
}

export function bundledPackages({ outputs }: Metafile): readonly Bundled[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = new Set(inputs.flatMap(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
    return { id: `${name}@${version}`, folder, licence: license ?? 'unknown' };
  });
}

/** What we read of npm's CycloneDX 1.5 document; a `bom-ref` is name@version. */
interface Sbom {
  readonly metadata: { readonly component: { readonly 'bom-ref': string; readonly name: string } };
  readonly components: readonly { readonly 'bom-ref': string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** npm's bill of materials, cut down to what is in the bundle. Equal sources come to equal text: it has no time and no serial number. */
export function sbom(bundled: readonly Bundled[]): string {
  const all = JSON.parse(execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--loglevel', 'error'], { encoding: 'utf8' })) as Sbom;
  const refs = new Set([all.metadata.component['bom-ref'], ...bundled.map(({ id }) => id)]);
  const components = all.components.filter(component => refs.has(component['bom-ref']));
  if (components.length !== bundled.length)
    throw new Error(`npm lists ${components.length} of the ${bundled.length} packages in the bundle`);
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(other => refs.has(other)) }));
  // npm calls the root after the folder that it lies in.
  const component = { ...all.metadata.component, name: 'ecr-courier' };
  const metadata = { ...all.metadata, component };
  // npm marks all of them as needed for development only: for those who install us they are not.
  const drop = new Set(['timestamp', 'serialNumber', 'properties']);
  return `${JSON.stringify({ ...all, metadata, components, dependencies }, (key, value: unknown) => (drop.has(key) ? undefined : value), 2)}\n`;
}

/** The licences that ask to be carried along, each once, under the names of the packages that have it. */
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
