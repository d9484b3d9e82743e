import { configVariable, type Env, type Flags, fromEnv, fromFlags, overlay } from './env.ts';
import type { Table, Values } from './field.ts';
import type { Merged, Paths } from './files.ts';
import type { Entries } from './origin.ts';
import { type Report, readMap } from './read.ts';

/** Where a configuration is read from. */
export interface Places {
  /** Files or directories of --config, which replace ECR_COURIER_CONFIG. */
  readonly files?: readonly string[] | undefined;
  readonly env: Env;
  readonly flags?: Flags | undefined;
}

/** Options that a table gets beside its own: the files of its secrets. */
export type Rest = Readonly<Record<string, unknown>>;

export const pathsOf = ({ files, env }: Pick<Places, 'files' | 'env'>): Paths =>
  files?.length ? { paths: files } : { paths: env[configVariable] ? [env[configVariable]] : [], variable: configVariable };

/** The layers of a group from files, variables and flags. The later wins. */
export const layersOf = (name: string, table: Table, files: Merged, { env, flags = {} }: Pick<Places, 'env' | 'flags'>): Entries[] => [
  files.groups.get(name) ?? new Map(),
  fromEnv(table, env),
  fromFlags(table, flags),
];

export const readGroup = <T extends Table>(name: string, table: T, layers: readonly Entries[], report: Report): Values<T> =>
  readMap(table, overlay(...layers), { path: name, origin: { text: 'default' } }, report);
