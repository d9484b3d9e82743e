import type { Aliases } from '../src/contract/registry.ts';
import { readAliases } from './aliases.ts';
import { ConfigError } from './config-error.ts';
import { readFiles, topKeys } from './files.ts';
import { type Places, pathsOf } from './groups.ts';
import { nearest } from './nearest.ts';
import type { Placed } from './origin.ts';
import { type Report, unknownKey } from './read.ts';
import { readSources, type SourceConfig } from './sources.ts';

/** The parts of a configuration that a request for a credential needs. */
interface Asked {
  readonly sources: readonly SourceConfig[];
  readonly aliases: Aliases;
  /** Entries under `registries` of targets, as they are written. */
  readonly wanted: readonly string[];
}

/**
 * Loads sources and aliases alone, as mistakes in targets, doors and so on do not matter to a request for a credential.
 * A file that cannot be read whole is a mistake, as it may hide a source. Throws a ConfigError.
 */
export async function loadAsked(given: Pick<Places, 'files' | 'env'>): Promise<Asked> {
  const all: Report = { mistakes: [], warnings: [], dangers: [], settings: [] };
  const files = await readFiles(pathsOf(given), all);
  const mistakes = all.mistakes.filter(({ path }) => path === '' || /^(sources|aliases)\b/.test(path));
  const report = { ...all, mistakes };
  for (const [key, placed] of files.others)
    if (['sources', 'aliases'].includes(nearest(key, topKeys) ?? ''))
      mistakes.push({ path: '', origin: (placed.key ?? placed.origin).text, message: unknownKey(key, placed, topKeys) });
  const aliases = readAliases(files.aliases, report);
  const sources = readSources(files.sources, given.env, report);
  if (mistakes.length > 0) throw new ConfigError(report);
  return { sources, aliases, wanted: files.targets.flatMap(({ entries }) => textsIn(entries.get('registries')?.value)) };
}

/** The texts of a list, or of a text with commas. */
const textsIn = (value: Placed['value'] | undefined): string[] =>
  typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.flatMap((one: Placed) => textsIn(one.value)) : [];
