import type { TextForm } from '../src/contract/adapter.ts';
import type { FormatName } from './formats.ts';

/**
 * One option. Tables of options feed the loader, the reference page, the JSON Schema and the names of variables and
 * flags. default null: may be left out. No default: must be given. `env`: the variable that sets it, if there is one.
 */
export interface Field {
  readonly doc: string;
  readonly format: FormatName;
  readonly default?: unknown;
  readonly env?: string;
  readonly flag?: string;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  readonly form?: TextForm;
  /** The option, or the variable, that takes the secret itself, where this option names the file of a secret. */
  readonly holds?: string;
  /** Makes the value a list of maps, each with these options; `format` does not matter then. */
  readonly items?: Table;
  /**
   * Makes an empty value a mistake: the option decides which identity is used, and without a value it would be another
   * one.
   */
  readonly blank?: 'refused';
}
export type Table = Readonly<Record<string, Field>>;

type Lists = 'strings' | 'hosts' | 'registries' | 'images' | 'accounts' | 'headers';
type Value<F extends Field> = F extends { items: infer T extends Table }
  ? readonly Values<T>[]
  : F['format'] extends 'boolean'
    ? boolean
    : F['format'] extends 'number'
      ? number
      : F['format'] extends Lists
        ? readonly string[]
        : F['format'] extends 'command'
          ? string | readonly string[]
          : F extends { choices: readonly (infer C)[] }
            ? C
            : string;
/** The values that reading a table gives. */
export type Values<T extends Table> = {
  readonly [K in keyof T]: T[K] extends { default: null } ? Value<T[K]> | undefined : Value<T[K]>;
};

/** Whether the option `x` has a twin `xFile`. */
export const hasFile = ({ format }: Pick<Field, 'format'>): boolean => format === 'secret' || format === 'login' || format === 'headers';

/**
 * Adds the option `xFile` to every secret and login `x`, and the variable `X_FILE` where there is a variable `X`. A
 * required option may be given in either form.
 */
export function withFiles(table: Table): Table {
  const pair = ([key, field]: [string, Field]): [string, Field][] => {
    if (!hasFile(field)) return [[key, field]];
    const file: Field = {
      doc: `File that holds \`${key}\`; it is read again before each use.`,
      format: 'path',
      default: null,
      holds: field.env ? `${key} or ${field.env}` : key,
      ...(field.env ? { env: `${field.env}_FILE` } : {}),
    };
    return [
      [key, field],
      [`${key}File`, file],
    ];
  };
  return Object.fromEntries(Object.entries(table).flatMap(pair));
}
