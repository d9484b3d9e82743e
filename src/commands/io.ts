import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Config, load } from '../../config/load.ts';
import { nearest, noneNamed } from '../../config/nearest.ts';
import { Failure } from '../contract/failures.ts';
import { cronMistake } from '../courier/schedule.ts';
import type { Sink } from '../io/log.ts';
import { docsUrl } from '../version.ts';
import { knownAdapters } from './adapters.ts';

/** The standard input of a command. `isTTY`: it is a terminal. */
export type Input = AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean };

/** The environment in which a command runs. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Input;
  /** Aborted when the command must end. */
  readonly signal: AbortSignal;
  /** Calls the listener when the user asks for a reload. */
  onReload(listener: () => void): void;
  /** Passes Node's process warnings to the listener; before that they go to stderr. */
  onWarning(listener: (warning: Error) => void): void;
  /**
   * Passes uncaught errors of third-party adapters to the listener. Before that, and without such adapters, an uncaught
   * error ends the process. module: the file of the adapter, if known.
   */
  onStray(listener: (thrown: unknown, module: string | undefined) => void): void;
}

/** Exit codes. 78 is EX_CONFIG of sysexits.h. */
export const exit = { ok: 0, failed: 1, usage: 2, partly: 3, config: 78 } as const;

/** A mistake in the command line. */
export class UsageError extends Error {}

/** The error for an unknown name. what: target, source or receiver. */
export const noSuch = (what: string, name: string, names: readonly string[]): UsageError => new UsageError(noneNamed(what, name, names));

/** Options that every command with a configuration takes. */
export const configOptions = {
  config: { type: 'string', short: 'c', multiple: true },
  listen: { type: 'string' },
  'log-level': { type: 'string' },
  'log-format': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Parses the arguments. Throws a UsageError for an unknown option or an unexpected argument. */
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

/** Names that other tools use for our options. */
const meant: Readonly<Record<string, string>> = { role: 'for', principal: 'for', user: 'for', who: 'for', output: 'format' };

/** Rewords an error of util.parseArgs, whose advice on positional arguments does not help after a typo. */
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

/** The parsed values of `configOptions`. */
export interface ConfigFlags {
  readonly config?: string[];
  readonly listen?: string;
  readonly 'log-level'?: string;
  readonly 'log-format'?: string;
}

/** Reads the configuration from files, environment and flags. Throws a ConfigError that lists every mistake. */
export async function readConfig(values: ConfigFlags, io: Pick<Io, 'env'>, known = knownAdapters): Promise<Config> {
  const { config, ...flags } = values;
  return await load({ files: config, env: io.env, flags, adapters: await known(io.env), checkCron: cronMistake });
}

/** Reads the configuration of a command that needs targets. Throws MISCONFIGURED if there is none. */
export async function readConfigWithTargets(...given: Parameters<typeof readConfig>): Promise<Config> {
  const config = await readConfig(...given);
  demandTargets(config);
  return config;
}

/** Throws MISCONFIGURED if there is no target. */
export function demandTargets({ targets, warnings }: Config): void {
  if (targets.length > 0) return;
  const remedy = `The guide of each of them has the least that works, and says how to get a key:\n${docsUrl('docs/README.md')}`;
  // The last warning says that there is no target; the others may say why.
  throw new Failure('MISCONFIGURED', [...warnings.slice(-1), ...warnings.slice(0, -1)].join('\n'), { remedy });
}
