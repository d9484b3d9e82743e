import type { Adapter } from '../src/contract/adapter.ts';
import type { Draft } from './drafts.ts';
import type { Env } from './env.ts';
import { targetTable } from './schema.ts';

/** Options that messages name, as a file spells them. */
const fileSpelling = {
  caFile: 'caFile',
  serverName: 'tlsServerName',
  fingerprint: 'tlsFingerprint',
  clientCertFile: 'clientCertFile',
  clientKeyFile: 'clientKeyFile',
  headers: 'headers',
  allowHttp: 'allowHttp',
  create: 'create',
  registries: 'registries',
} as const;

/** What a person writes to set these options: a variable, or the option of a file. */
export type Spelling = Readonly<Record<keyof typeof fileSpelling, string>>;

function variableSpelling(adapter: Adapter): Spelling {
  const table = targetTable(adapter);
  return Object.fromEntries(Object.entries(fileSpelling).map(([key, option]) => [key, table[option]?.env ?? ''])) as Spelling;
}

/** How the options of a target are spelled where it comes from. */
export function spellingOf(target: Pick<Draft, 'name' | 'adapter' | 'origin'>): Spelling {
  return isByVariables(target) ? variableSpelling(target.adapter) : fileSpelling;
}

/** Variables alone made the target, so messages about it name variables. */
export const isByVariables = ({ name, adapter, origin }: Pick<Draft, 'name' | 'adapter' | 'origin'>): boolean =>
  origin.directory === undefined && name === adapter.kind;

/** `PORTAINER_API_KEY (or PORTAINER_API_KEY_FILE)` */
export function variablesOf(key: string, adapter: Adapter): string {
  const table = targetTable(adapter);
  const file = table[`${key}File`]?.env;
  return `${table[key]?.env ?? key}${file ? ` (or ${file})` : ''}`;
}

/** Which variables of these options are empty, as compose leaves them: `; PORTAINER_API_KEY is empty`. */
export function emptyAmong(keys: readonly string[], adapter: Adapter, env: Env): string {
  const table = targetTable(adapter);
  const empty = keys.flatMap(key => [key, `${key}File`]).flatMap(key => table[key]?.env ?? []);
  const told = empty.filter(name => env[name] === '').map(name => `${name} is empty`);
  return told.length > 0 ? `; ${told.join(', ')}` : '';
}
