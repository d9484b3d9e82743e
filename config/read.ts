import { resolve } from 'node:path';
import { type Field, type Table, type Values } from './field.ts';
import { fill } from './fill.ts';
import { formats } from './formats.ts';
import { linesOfMap } from './headers.ts';
import { hint, nearest } from './nearest.ts';
import { type Entries, isBlank, isOutside, type Mistake, type Origin, type Placed } from './origin.ts';
import { isPath, shownHost, shownImage, shownPath } from './showable.ts';
import { ownWord } from './target-options.ts';

/** One value as it is in force, for `config show`; secrets are masked already. */
export interface Setting {
  readonly path: string;
  readonly value: string;
  readonly origin: string;
}
/** The place of a map. */
interface Place {
  readonly path: string;
  readonly origin: Origin;
  /** Set where variables made the map: the variable that should have given an option, and what is wrong with it. */
  readonly lacking?: (key: string) => Pick<Mistake, 'origin' | 'message'>;
}
/** What reading returns beside the values. */
export interface Report {
  readonly mistakes: Mistake[];
  readonly warnings: string[];
  /** The `warnings` that a finding repeats while the program runs (TLS_UNVERIFIED, PLAIN_HTTP). */
  readonly dangers: string[];
  readonly settings: Setting[];
}

/** The origin of an option's value in force. */
export const settingOf = ({ settings }: Pick<Report, 'settings'>, path: string): string =>
  settings.find(setting => setting.path === path)?.origin ?? 'default';

/** The name of an option in a warning: the variable or flag that sets it, or its path in a file. */
export function subjectOf(report: Pick<Report, 'settings'>, path: string): string {
  const origin = settingOf(report, path);
  return isOutside(origin) ? origin : path;
}

export function warnOfDanger({ warnings, dangers }: Report, text: string): void {
  warnings.push(text);
  dangers.push(text);
}

const isPlain = ({ value }: Placed): boolean =>
  !(value instanceof Map) && (!Array.isArray(value) || value.every(item => !(item.value instanceof Map) && !Array.isArray(item.value)));
const plain = ({ value }: Placed): unknown => (Array.isArray(value) ? value.map(plain) : value);

const notAPath = (secret: string): string =>
  `names no file (not shown, as it may be the secret itself). Let a path begin with / or ./; a secret itself belongs into ${secret}`;

const isNothing = (value: Placed['value']): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Whether an unknown key may be shown. A mistyped key without a value can be a piece of a secret. */
const isShowable = (key: string, { value }: Placed): boolean => value !== null && /^[A-Za-z_][A-Za-z_.-]{0,31}$/.test(key);

export function unknownKey(key: string, placed: Placed, known: readonly string[]): string {
  return nearest(key, known) || isShowable(key, placed)
    ? `${key} is not known here${hint(key, known)}`
    : 'holds a key that is not known here (not shown, as it may be part of a value)';
}

/**
 * Reads one map by its table. All mistakes go to the report. A caller that finds any there must not use the values, as
 * a default or nothing takes the place of a wrong one. Blank values count as not given, unless the option refuses them.
 * `path` and `origin` are those of the map.
 */
export function readMap<T extends Table>(table: T, entries: Entries, { path, origin, lacking }: Place, report: Report): Values<T> {
  const at = (key: string): string => (path ? `${path}.${key}` : key);
  const broken = new Set<string>();
  const wrong = (key: string, message: string): void => {
    broken.add(key);
    report.mistakes.push({ path: at(key), origin: (entries.get(key)?.origin ?? origin).text, message });
  };
  for (const [key, placed] of entries)
    if (!Object.hasOwn(table, key))
      report.mistakes.push({ path, origin: (placed.key ?? placed.origin).text, message: unknownKey(key, placed, Object.keys(table)) });
  for (const [key, { value }] of entries)
    if (table[key]?.blank && isNothing(value))
      wrong(key, 'has no value, which would select another identity: give it one, or leave it out');
  const given = new Map([...entries].filter(([key, placed]) => Object.hasOwn(table, key) && !isBlank(placed)));

  const lists: Record<string, unknown> = {};
  const texts: Record<string, unknown> = {};
  for (const [key, placed] of given) {
    const { items, format } = table[key] as Field;
    const file = given.get(`${key}File`);
    if (file) wrong(key, `is given twice: here and as ${key}File (${file.origin.text}). Keep one`);
    if (items) lists[key] = readList(items, placed, at(key), report);
    else if (format === 'headers' && placed.value instanceof Map) texts[key] = linesOfMap(placed.value as Entries);
    else if (isPlain(placed)) texts[key] = plain(placed);
    else wrong(key, placed.value instanceof Map ? `must be ${formats[format].doc}, not a map` : 'must be a list of plain values');
  }
  const read = fill(table, texts, wrong);
  for (const [key, { holds }] of Object.entries<Field>(table))
    if (holds && !broken.has(key) && typeof read[key] === 'string' && !isPath(read[key], given.get(key)?.origin.directory))
      wrong(key, notAPath(holds));
  for (const [key, field] of Object.entries<Field>(table)) {
    const file = Object.hasOwn(table, `${key}File`) ? `${key}File` : undefined;
    if (field.default === undefined && !given.has(key) && !(file && given.has(file))) {
      broken.add(key);
      report.mistakes.push({ path: at(key), origin: origin.text, message: `must be set${file ? `, or ${file}` : ''}`, ...lacking?.(key) });
    }
    const from = given.get(key)?.origin;
    const asWritten = read[key];
    if (broken.has(key)) read[key] = field.default ?? null;
    else if (field.format === 'path' && typeof read[key] === 'string' && from?.directory !== undefined)
      read[key] = resolve(from.directory, read[key]);
    if (read[key] === null) continue;
    const value = field.format === 'path' && !broken.has(key) ? showPath(asWritten, read[key], from) : show(field, read[key]);
    report.settings.push({ path: at(key), value, origin: from?.text ?? 'default' });
  }
  return Object.fromEntries(Object.entries({ ...read, ...lists }).filter(([, value]) => value !== null)) as Values<T>;
}

/** The path in force for display, unless the path as written may not be shown. */
function showPath(written: unknown, inForce: unknown, origin: Origin | undefined): string {
  const said = shownPath(String(written), origin?.directory);
  return said === String(written) ? String(inForce) : said;
}

function show({ format }: Field, value: unknown): string {
  if (format === 'secret' || format === 'headers') return '[secret]';
  if (format === 'command') return shownCommand(value);
  if (!Array.isArray(value)) return String(value);
  const shown =
    format === 'hosts' || format === 'registries'
      ? (entry: string) => shownHost(entry, ownWord)
      : format === 'images'
        ? shownImage
        : String;
  return `[${value.map(entry => shown(String(entry))).join(', ')}]`;
}

/** The program of a command for display. Its arguments may be secret. */
function shownCommand(value: unknown): string {
  const [program, ...rest] = Array.isArray(value) ? value.map(String) : String(value).trim().split(/\s+/);
  if (!/^[\w./-]+$/.test(program ?? '')) return '[a command]';
  return rest.length > 0 ? `${program} [arguments]` : String(program);
}

/** Reads a list of maps, each by the same table. */
function readList(table: Table, { value, origin }: Placed, path: string, report: Report): unknown[] {
  return mapsOf(value, path, origin, report).map(({ entries, origin, at }) =>
    readMap(table, entries, { path: `${path}[${at}]`, origin }, report),
  );
}

/** A map in a list. `at`: its index there, even where other entries are dropped. */
export interface Listed {
  readonly entries: Entries;
  readonly origin: Origin;
  readonly at: number;
}

/** The maps in a list; everything else is a mistake. */
export function mapsOf(value: Placed['value'], path: string, origin: Origin, report: Report): Listed[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    report.mistakes.push({ path, origin: origin.text, message: 'must be a list: begin each entry with a dash' });
    return [];
  }
  return (value as readonly Placed[]).flatMap(({ value: entry, origin }, at) => {
    if (entry instanceof Map) return { entries: entry as Entries, origin, at };
    report.mistakes.push({ path: `${path}[${at}]`, origin: origin.text, message: 'must be a map of options' });
    return [];
  });
}
