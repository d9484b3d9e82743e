import { parseAddress, privateRegistryHost, type Registry } from '../src/contract/registry.ts';
import { sourceOf } from './cattle.ts';
import { type Env, fromEnv, overlay } from './env.ts';
import { type Item, requireUnique } from './files.ts';
import { isName } from './formats.ts';
import { type Entries, isBlank, textOf } from './origin.ts';
import { type Report, readMap } from './read.ts';
import { source, type Values } from './schema.ts';

/** One AWS identity and the registries that it serves. */
export type SourceConfig = Values<typeof source>;

/** Any registry of the region of the source `default`; undefined where nobody says that region. */
export function homeOf(sources: readonly SourceConfig[]): Registry | undefined {
  const region = sources.find(({ name }) => name === 'default')?.region;
  return region === undefined ? undefined : parseAddress(privateRegistryHost('000000000000', region))?.registry;
}

/** The sources of the files and `default`, which the environment can set too. */
export function readSources(items: readonly Item[], env: Env, report: Report): SourceConfig[] {
  const region = env['AWS_REGION'] ? 'AWS_REGION' : 'AWS_DEFAULT_REGION';
  const fallback: Entries = new Map(env[region] ? [['region', { value: env[region], origin: { text: region } }]] : []);
  const implicit: Item = { entries: new Map([['name', { value: 'default', origin: { text: 'default' } }]]), origin: { text: 'default' } };
  const all = items.some(({ entries }) => textOf(entries, 'name') === 'default') ? items : [...items, implicit];
  const drafts = all.map(({ entries, origin }) => {
    const isDefault = textOf(entries, 'name') === 'default';
    return {
      name: textOf(entries, 'name'),
      origin,
      entries: isDefault ? overlay(fallback, sourceOf(env), entries, fromEnv(source, env)) : overlay(fallback, entries),
    };
  });
  requireUnique(
    'sources',
    drafts.filter(({ name }) => name),
    report,
  );
  return drafts.map(({ name, entries, origin }, at) => {
    const path = isName(name) ? `sources.${name}` : `sources[${at}]`;
    const read = readMap(source, entries, { path, origin }, report);
    const wrong = (message: string): void => void report.mistakes.push({ path, origin: origin.text, message });
    const has = (key: keyof typeof source): boolean => !isBlank(entries.get(key));
    if (has('externalId') && !has('roleArn')) wrong('externalId goes with roleArn: set that too');
    const isPublic = read.service === 'ecr-public';
    if (isPublic && name === 'default') wrong('default serves private registries: give the source for ECR Public another name');
    if (isPublic && has('accounts')) wrong('accounts are of private registries: ECR Public has none in its host');
    if (!isPublic && name !== 'default' && !has('accounts') && !has('registries') && !has('slots'))
      wrong('serves no registry: give it accounts, registries or slots, or name it default');
    return read;
  });
}
