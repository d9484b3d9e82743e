import { join } from 'node:path';
import { namesIn, readText, statOf } from '../src/io/files.ts';
import { Unreadable } from '../src/io/unreadable.ts';
import { isName } from './formats.ts';
import { type Broken, type Entries, type Placed, parseFile } from './origin.ts';
import { type Listed, mapsOf, type Report } from './read.ts';
import { groups } from './schema.ts';
import { shownPath } from './showable.ts';

/** A map in a list, and its place. */
export interface Item {
  readonly entries: Entries;
  readonly origin: Placed['origin'];
}
/** All files merged: lists one after the other, groups option by option. */
export interface Merged {
  readonly sources: readonly Listed[];
  readonly targets: readonly Listed[];
  readonly aliases: readonly Listed[];
  readonly notify: readonly Listed[];
  readonly groups: ReadonlyMap<string, Entries>;
  /** Unknown keys of the top level. */
  readonly others: Entries;
}

/** The keys that the top level of a file may have. */
export const topKeys = ['sources', 'targets', 'aliases', 'notify', ...Object.keys(groups)];

/** The largest file in bytes. A larger one is not a configuration, but a wrong path. */
const mostBytes = 4 * 1024 * 1024;

const suffix = /\.(ya?ml|json)$/;

/**
 * The files of a path. A directory stands for its *.yaml, *.yml and *.json in the order of their names, without hidden
 * files (Kubernetes keeps such beside the mounted files).
 */
async function listFiles(path: string, wrong: (path: string, why: string) => void): Promise<string[]> {
  if (!(await statOf(path)).isDirectory()) return [path];
  const names = (await namesIn(path)).filter(name => suffix.test(name) && !name.startsWith('.')).sort();
  if (names.length === 0) wrong(path, 'is a directory without *.yaml, *.yml and *.json');
  return names.map(name => join(path, name));
}

/** The paths of configuration files. variable: the variable that names them, if there is one. */
export interface Paths {
  readonly paths: readonly string[];
  readonly variable?: string | undefined;
}

/** Parses all files in order. Files that cannot be read are mistakes. */
async function readAll({ paths, variable }: Paths, report: Report, broken: Broken): Promise<Entries[]> {
  const trees: Entries[] = [];
  const wrong = (path: string, why: string): void =>
    void report.mistakes.push(
      variable && paths.includes(path)
        ? { path: '', origin: variable, message: `${shownPath(path)} ${why}` }
        : { path: '', origin: shownPath(path), message: why },
    );
  const attempt = async <T>(path: string, act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const cure = error.remedy ? `. ${error.remedy}` : '';
      wrong(path, `${error.why}${cure}`);
      return undefined;
    }
  };
  for (const path of paths)
    for (const file of (await attempt(path, () => listFiles(path, wrong))) ?? []) {
      const text = await attempt(file, () => readText(file, mostBytes));
      if (text === undefined) continue;
      const { entries, mistakes } = parseFile(text, file, broken);
      report.mistakes.push(...mistakes);
      trees.push(entries);
    }
  return trees;
}

/**
 * Reads and merges the configuration files at these paths. An option in two files is a mistake that names both.
 * `broken`: see `parseFile`.
 */
export async function readFiles(paths: Paths, report: Report, broken: Broken = 'dropped'): Promise<Merged> {
  const trees = await readAll(paths, report, broken);
  const list = (name: string): Listed[] =>
    trees.flatMap(tree => {
      const placed = tree.get(name);
      return placed ? mapsOf(placed.value, name, placed.origin, report) : [];
    });
  const group = (name: string): Entries => {
    const merged = new Map<string, Placed>();
    for (const tree of trees)
      for (const [key, placed] of mapOf(name, tree.get(name), report)) {
        const first = merged.get(key);
        if (first)
          report.mistakes.push({ path: `${name}.${key}`, origin: placed.origin.text, message: `is set already at ${first.origin.text}` });
        else merged.set(key, placed);
      }
    return merged;
  };
  return {
    sources: list('sources'),
    targets: list('targets'),
    aliases: list('aliases'),
    notify: list('notify'),
    groups: new Map(Object.keys(groups).map(name => [name, group(name)])),
    others: new Map(trees.flatMap(tree => [...tree].filter(([key]) => !topKeys.includes(key)))),
  };
}

function mapOf(name: string, placed: Placed | undefined, report: Report): Entries {
  if (placed === undefined || placed.value === null) return new Map();
  if (placed.value instanceof Map) return placed.value;
  report.mistakes.push({ path: name, origin: placed.origin.text, message: 'must be a map of options' });
  return new Map();
}

/** Reports entries with the same name. The mistake names both places. */
export function requireUnique(list: string, items: readonly (Item & { readonly name: string })[], report: Report): void {
  const first = new Map<string, string>();
  for (const { name, entries, origin } of items) {
    const place = (entries.get('name')?.origin ?? origin).text;
    const taken = first.get(name);
    if (taken)
      report.mistakes.push({
        path: isName(name) ? `${list}.${name}` : list,
        origin: place,
        message: `this name is taken already at ${taken}`,
      });
    else first.set(name, place);
  }
}
