import type { Adapter } from '../src/contract/adapter.ts';
import type { Draft } from './drafts.ts';
import type { Env } from './env.ts';
import type { Mistake } from './origin.ts';
import { targetTable } from './target-options.ts';

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

/** The spelling of a target's options in the place that configures it. */
export function spellingOf(target: Pick<Draft, 'name' | 'adapter' | 'origin'>): Spelling {
  return isByVariables(target) ? variableSpelling(target.adapter) : fileSpelling;
}

/** Whether variables alone made the target, so that messages about it name variables. */
export const isByVariables = ({ name, adapter, origin }: Pick<Draft, 'name' | 'adapter' | 'origin'>): boolean =>
  origin.directory === undefined && name === adapter.kind;

/** The variables of an option, the preferred one first: a secret is better in a file. */
function variablesOf(key: string, adapter: Adapter): readonly [string, ...string[]] {
  const table = targetTable(adapter);
  const plain = table[key]?.env ?? key;
  const file = table[`${key}File`]?.env;
  if (file === undefined) return [plain];
  return table[key]?.format === 'secret' ? [file, plain] : [plain, file];
}

/** The variables of an option for a message: `PORTAINER_API_KEY_FILE (or PORTAINER_API_KEY)`. */
export function spelledVariables(key: string, adapter: Adapter): string {
  const [first, ...others] = variablesOf(key, adapter);
  return others.length > 0 ? `${first} (or ${others.join(', ')})` : first;
}

/** The variable that should give one of these options of a target that variables made, and what is wrong with it. */
export function lacking(keys: readonly [string, ...string[]], adapter: Adapter, env: Env): ReturnType<typeof lackingAny> {
  const [first, ...others] = keys;
  return lackingAny([variablesOf(first, adapter), ...others.map(key => variablesOf(key, adapter))], env);
}

type Names = readonly [string, ...string[]];

/**
 * The same for options with these variables. An empty variable is the subject, as Compose leaves an unset variable
 * empty.
 */
export function lackingAny(options: readonly [Names, ...Names[]], env: Env): Pick<Mistake, 'origin' | 'message'> {
  const [empty, ...more] = options.flat().filter(name => env[name] === '');
  const [first, ...others] = options[0];
  if (empty === undefined) return { origin: first, message: `must be set${others.length > 0 ? `, or ${others.join(', ')}` : ''}` };
  const rest = options[0].filter(name => name !== empty && !more.includes(name));
  const too = more.length > 0 ? `, as ${more.join(' and ')}` : '';
  return { origin: empty, message: `is empty${too}${rest.length > 0 ? `; set it, or ${rest.join(', ')}` : '; set it'}` };
}
