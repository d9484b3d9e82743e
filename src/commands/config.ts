import { formatListen } from '../../config/formats.ts';
import { renderJsonSchema } from '../../config/json-schema.ts';
import { type Config, ConfigError } from '../../config/load.ts';
import { redact } from '../contract/secret.ts';
import { knownAdapters } from './adapters.ts';
import { lookAtFiles, lookAtTargets } from './files.ts';
import { configOptions, demandTargets, exit, type Io, readArgs, readConfig, UsageError } from './io.ts';
import { printNotes } from './notes.ts';

/**
 * `config show|check|schema`: every value in force and where it comes from, or everything that is wrong, or the JSON
 * Schema of a file.
 */
export async function config(args: string[], io: Pick<Io, 'env' | 'stdout' | 'stderr'>, known = knownAdapters): Promise<number> {
  const { values, positionals } = readArgs(args, configOptions, { allowPositionals: true });
  const [verb, ...more] = positionals;
  if (more.length > 0 || !['show', 'check', 'schema'].includes(verb ?? '')) throw new UsageError('one of show, check and schema is needed');
  if (verb === 'schema') {
    io.stdout.write(`${renderJsonSchema(await known(io.env)).trimEnd()}\n`);
    return exit.ok;
  }
  const read = await readConfig(values, io, known);
  if (verb === 'check' && !isForAskers(read)) demandTargets(read);
  const seen = verb === 'check' ? await look(read, io.env) : [];
  for (const warning of [...read.warnings, ...seen]) io.stderr.write(redact(`warning: ${warning}\n`));
  if (verb === 'check') await printNotes(read, io);
  io.stdout.write(`${verb === 'show' ? listing(read.settings) : summary(read)}\n`);
  return exit.ok;
}

/** With sources it is one for those who ask, too: the credential helper and the credential provider. */
const isForAskers = ({ settings }: Config): boolean =>
  settings.some(({ path, origin }) => path.startsWith('sources.') && origin !== 'default');

/** Warnings of what the configuration leads to. Throws a ConfigError. */
async function look(config: Config, env: Io['env']): Promise<readonly string[]> {
  const files = await lookAtFiles(config, env);
  const mistakes = [...files.mistakes, ...(await lookAtTargets(config, env))];
  if (mistakes.length > 0) throw new ConfigError({ ...config, mistakes, warnings: [...config.warnings, ...files.warnings] });
  return files.warnings;
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
  return `configuration is fine: ${named('target', targets)}, ${named('source', sources)}, listening on ${formatListen(listen)}`;
}
