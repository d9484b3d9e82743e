import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Config, load } from '../../config/load.ts';
import { nearest, noneNamed } from '../../config/nearest.ts';
import { Failure } from '../contract/failures.ts';
import { cronMistake } from '../courier/schedule.ts';
import type { Sink } from '../io/log.ts';
import { docsUrl } from '../version.ts';
import { knownAdapters } from './adapters.ts';

/** What a command may read. `isTTY`: somebody types it. */
export type Input = AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean };

/** What a command has of the world. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Input;
  /** Aborted when the command shall end. */
  readonly signal: AbortSignal;
  /** Calls the listener when the configuration shall be loaded anew. */
  onReload(listener: () => void): void;
  /** Hands the listener what Node has to say of the process; until then it goes to stderr. */
  onWarning(listener: (warning: Error) => void): void;
  /**
   * Hands the listener what adapters of others throw where nobody can catch it; until then, and without such adapters,
   * it ends the process. module: the file of the adapter, if that is known.
   */
  onStray(listener: (thrown: unknown, module: string | undefined) => void): void;
}

/** 78 is EX_CONFIG of sysexits.h. */
export const exit = { ok: 0, failed: 1, usage: 2, partly: 3, config: 78 } as const;

/** The command line is wrong. */
export class UsageError extends Error {}

/** what: target, source, receiver. */
export const noSuch = (what: string, name: string, names: readonly string[]): UsageError => new UsageError(noneNamed(what, name, names));

/** Options that every command with a configuration takes. */
export const configOptions = {
  config: { type: 'string', short: 'c', multiple: true },
  listen: { type: 'string' },
  'log-level': { type: 'string' },
  'log-format': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Strict: what is not named is an error. */
export function readArgs<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
  more: { readonly allowPositionals?: boolean } = {},
) {
  try {
    return parseArgs({ args, options, strict: true, ...more });
  } catch (error) {
    throw ofNode(error, Object.keys(options)) ?? error;
  }
}

/** What people call an option who know it from elsewhere. */
const meant: Readonly<Record<string, string>> = { role: 'for', principal: 'for', user: 'for', who: 'for', output: 'format' };

/** What util.parseArgs found, in our words: its own give advice that nobody wants who mistyped an option. */
function ofNode(error: unknown, names: readonly string[]): UsageError | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  const [, given = ''] = /'([^']*)'/.exec(message) ?? [];
  // '-c, --config <value>'
  const [, dashes = '', name = ''] = /(--?)([^- <]\S*)(?: <value>)?$/.exec(given) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return new UsageError(`${given} is too much: only options are taken`);
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
    return new UsageError(message.includes('does not take') ? `--${name} takes no value` : `--${name} needs a value behind it`);
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return undefined;
  const near = nearest(name, names) ?? names.find(one => one === meant[name]);
  return new UsageError(`there is no option ${dashes}${name}${near === undefined ? '' : `; did you mean --${near}?`}`);
}

/** What was given of `configOptions`. */
export interface ConfigFlags {
  readonly config?: string[];
  readonly listen?: string;
  readonly 'log-level'?: string;
  readonly 'log-format'?: string;
}

/** The configuration from files, environment and flags. Throws a ConfigError with every mistake. */
export async function readConfig(values: ConfigFlags, io: Pick<Io, 'env'>, known = knownAdapters): Promise<Config> {
  const { config, ...flags } = values;
  return await load({ files: config, env: io.env, flags, adapters: await known(io.env), checkCron: cronMistake });
}

/** The configuration of a command that has nothing to do without a target. Throws MISCONFIGURED when there is none. */
export async function readConfigWithTargets(...given: Parameters<typeof readConfig>): Promise<Config> {
  const config = await readConfig(...given);
  demandTargets(config);
  return config;
}

/** Throws MISCONFIGURED when there is no target. */
export function demandTargets({ targets, warnings }: Config): void {
  if (targets.length > 0) return;
  const remedy = `The guide of each of them has the least that works, and says how to get a key:\n${docsUrl('docs/README.md')}`;
  // The last one says that there is none; the others may say why.
  throw new Failure('MISCONFIGURED', [...warnings.slice(-1), ...warnings.slice(0, -1)].join('\n'), { remedy });
}
