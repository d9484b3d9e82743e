import { groups } from '../../config/schema.ts';
import { spellings } from '../kubelet/generate.ts';
import { parts } from '../refusals/documents.ts';
import { options as usual } from './help.ts';
import { type Command, commands, type Line } from './list.ts';
import { jobs } from './policy/jobs.ts';

/** An option for shell completion. */
export interface Option {
  /** The name with its dashes. */
  readonly name: string;
  /** The single letter of its short form. */
  readonly short: string | undefined;
  /** The permitted values; empty if any value is, such as a file; undefined if the option takes none. */
  readonly values: readonly string[] | undefined;
}
/** A command with its verb, and what may follow it. */
export interface Place {
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;

/** The permitted values of options whose help shows only a placeholder in capitals. */
const valuesOf: Readonly<Record<string, readonly string[]>> = {
  '--log-level': groups.log.level.choices,
  '--log-format': groups.log.format.choices,
  '--part': parts,
  '--spelling': ['plain', ...spellings],
};

const termOf = (line: Line): string => (typeof line === 'string' ? '' : line[0]);

/** The options in a usage or a term: `--json`, `--target NAME`, `--format json|terraform`. */
function optionsIn(text: string): Option[] {
  return [...text.matchAll(/(?:-([a-z]), )?(--[a-z][\w-]*)(?: ([A-Za-z][^\s\]]*))?/g)].map(([, short, name = '', value]) => {
    if (value === undefined) return { name, short, values: undefined };
    return { name, short, values: valuesOf[name] ?? (/^[a-z]/.test(value) ? value.split('|') : []) };
  });
}

/** Every option at the start of a usage or help line. An option of several lines has the values of all of them. */
function optionsOf({ usage, more = [], bare }: Command): Option[] {
  const found = [usage, ...[...more, ...(bare ? [] : usual)].map(termOf), '--help'].flatMap(optionsIn);
  return [...Map.groupBy(found, ({ name }) => name)].map(([name, all]) => {
    const values = all.flatMap(one => one.values ?? []);
    return { name, short: all.find(one => one.short)?.short, values: all.some(one => one.values) ? [...new Set(values)] : undefined };
  });
}

/** The options that may precede the command. */
export const before: readonly Option[] = usual.flatMap(line => optionsIn(termOf(line)));

export const places = (): Place[] =>
  Object.entries(commands).flatMap(([name, command]) => [
    { words: [name], options: optionsOf(command) },
    ...('verbs' in command ? Object.entries(command.verbs).map(([verb, leaf]) => ({ words: [name, verb], options: optionsOf(leaf) })) : []),
  ]);

/** The words that may follow a command: its verbs, shells, or policy jobs. */
export const followers: readonly (readonly [name: string, words: readonly string[]])[] = [
  ...Object.entries(commands).flatMap(([name, command]) => ('verbs' in command ? [[name, Object.keys(command.verbs)] as const] : [])),
  ['completion', shells],
  ['policy', Object.keys(jobs)],
];
