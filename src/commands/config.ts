import { ConfigError } from '../../config/config-error.ts';
import { formatListen } from '../../config/formats.ts';
import { renderJsonSchema } from '../../config/json-schema.ts';
import { type Config } from '../../config/load.ts';
import { redact } from '../contract/secret.ts';
import { knownAdapters } from './adapters.ts';
import { lookAtFiles, lookAtTargets } from './files.ts';
import { configOptions, demandTargets, exit, type Io, readArgs, readConfig } from './io.ts';
import { printNotes } from './notes.ts';

type ConfigIo = Pick<Io, 'env' | 'stdout' | 'stderr'>;

/** `config show`: prints every effective value and its origin. */
export async function configShow(args: string[], io: ConfigIo, known = knownAdapters): Promise<number> {
  const { warnings, settings } = await readConfig(readArgs(args, configOptions).values, io, known);
  warn(warnings, io);
  io.stdout.write(`${listing(settings)}\n`);
  return exit.ok;
}

/** `config check`: reports every mistake in the configuration, or that there is none. */
export async function configCheck(args: string[], io: ConfigIo, known = knownAdapters): Promise<number> {
  const read = await readConfig(readArgs(args, configOptions).values, io, known);
  if (!isForAskers(read)) demandTargets(read);
  const seen = await look(read, io.env);
  warn([...read.warnings, ...seen], io);
  await printNotes(read, io);
  io.stdout.write(`${summary(read)}\n`);
  return exit.ok;
}

/** `config schema`: prints the JSON Schema of a configuration file. */
export async function configSchema(args: string[], io: ConfigIo, known = knownAdapters): Promise<number> {
  readArgs(args, configOptions);
  io.stdout.write(`${renderJsonSchema(await known(io.env)).trimEnd()}\n`);
  return exit.ok;
}

function warn(warnings: readonly string[], { stderr }: ConfigIo): void {
  for (const warning of warnings) stderr.write(redact(`warning: ${warning}\n`));
}

/** A configuration with sources and without targets serves the credential helper and the credential provider. */
const isForAskers = ({ settings }: Config): boolean =>
  settings.some(({ path, origin }) => path.startsWith('sources.') && origin !== 'default');

/** Checks what the configuration refers to, and returns the warnings. Throws a ConfigError. */
async function look(config: Config, env: Io['env']): Promise<readonly string[]> {
  const files = await lookAtFiles(config, env);
  const mistakes = [...files.mistakes, ...(await lookAtTargets(config, env))];
  if (mistakes.length > 0) throw new ConfigError({ ...config, mistakes, warnings: [...config.warnings, ...files.warnings] });
  return files.warnings;
}

/** One line per effective value, with its origin. */
export function listing(settings: Config['settings']): string {
  const lines = settings.map(({ path, value, origin }) => ({ text: `${path} = ${value}`, origin }));
  // A long value must not push all other origins to the right.
  const width = Math.max(...lines.map(({ text }) => text.length).filter(length => length <= 72));
  return lines.map(({ text, origin }) => `${text.padEnd(width)}  # ${origin}`).join('\n');
}

function summary({ targets, sources, server: { listen } }: Config): string {
  const named = (what: string, all: readonly { readonly name: string }[]): string =>
    `${all.length} ${what}${all.length === 1 ? '' : 's'}${all.length > 0 ? ` (${all.map(({ name }) => name).join(', ')})` : ''}`;
  return `configuration is fine: ${named('target', targets)}, ${named('source', sources)}, listening on ${formatListen(listen)}`;
}
