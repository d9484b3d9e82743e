import { renderJsonSchema } from '../../config/json-schema.ts';
import { type Config, ConfigError, load } from '../../config/load.ts';
import type { Adapter } from '../contract/adapter.ts';
import { cronMistake } from '../courier/schedule.ts';
import { configOptions, exit, readArgs } from './io.ts';

export interface ConfigIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Each takes whole lines, without the last line break. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

const usage = `usage: ecr-courier config show|check|schema [--config FILE-or-DIRECTORY]

  show    every value in force and where it comes from; secrets are masked
  check   whether the configuration is fine, or everything that is wrong with it
  schema  the JSON Schema of a configuration file, for editors`;

/** `config show|check|schema`. Exit codes: 0 fine, 2 usage, 78 mistakes in the configuration. */
export async function configCommand(args: string[], io: ConfigIo, adapters: readonly Adapter[]): Promise<number> {
  const line = parse(args);
  if (typeof line === 'string') {
    io.stderr(`ecr-courier config: ${line}\n${usage}`);
    return exit.usage;
  }
  if (line.verb === 'schema') {
    io.stdout(renderJsonSchema(adapters).trimEnd());
    return exit.ok;
  }
  try {
    const config = await load({ files: line.files, flags: line.flags, env: io.env, adapters, checkCron: cronMistake });
    for (const warning of config.warnings) io.stderr(`warning: ${warning}`);
    io.stdout(line.verb === 'show' ? listing(config.settings) : summary(config));
    return exit.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.stderr(error.message);
    return exit.config;
  }
}

/** The command line; a sentence when it is wrong. */
function parse(args: string[]) {
  try {
    const { values, positionals } = readArgs(args, configOptions, true);
    const { config: files, ...flags } = values;
    const [verb] = positionals;
    if (positionals.length !== 1 || verb === undefined || !['show', 'check', 'schema'].includes(verb))
      return 'one of show, check and schema is needed';
    return { verb, files, flags };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A line for each value in force, with where it comes from. */
export function listing(settings: Config['settings']): string {
  const lines = settings.map(({ path, value, origin }) => ({ text: `${path} = ${value}`, origin }));
  // A long value pushes its own origin to the right, not everybody's.
  const width = Math.max(...lines.map(({ text }) => text.length).filter(length => length <= 72));
  return lines.map(({ text, origin }) => `${text.padEnd(width)}  # ${origin}`).join('\n');
}

function summary({ targets, sources, server: { listen } }: Config): string {
  const named = (what: string, all: readonly { readonly name: string }[]): string =>
    `${all.length} ${what}${all.length === 1 ? '' : 's'}${all.length > 0 ? ` (${all.map(({ name }) => name).join(', ')})` : ''}`;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `configuration is fine: ${named('target', targets)}, ${named('source', sources)}, listening on ${host}:${listen.port}`;
}
