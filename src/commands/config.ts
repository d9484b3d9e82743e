import { formatListen } from '../../config/formats.ts';
import { renderJsonSchema } from '../../config/json-schema.ts';
import type { Config } from '../../config/load.ts';
import { asFailure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { secureContextOf } from '../io/context.ts';
import type { OptionNames, TlsOptions } from '../io/tls.ts';
import { knownAdapters } from './adapters.ts';
import { configOptions, exit, type Io, readArgs, readConfig, readConfigWithTargets, UsageError } from './io.ts';
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
  const read = await (verb === 'show' ? readConfig : readConfigWithTargets)(values, io, known);
  const warnings = [...read.warnings, ...(verb === 'check' ? await distrusted(read, io.env) : [])];
  for (const warning of warnings) io.stderr.write(redact(`warning: ${warning}\n`));
  if (verb === 'check') await printNotes(read, io);
  io.stdout.write(`${verb === 'show' ? listing(read.settings) : summary(read)}\n`);
  return exit.ok;
}

/** As a key's file, those of certificates may be put there later, and are read anew each time: no mistake. */
async function distrusted({ targets }: Config, env: Io['env']): Promise<string[]> {
  const told = [
    ...targets.map(({ name, tls, spelling }) => withoutTrust(`targets.${name}: `, tls, spelling, 'this target')),
    withoutTrust('', { caFile: env['AWS_CA_BUNDLE'] }, { caFile: 'AWS_CA_BUNDLE' }, 'AWS'),
  ];
  return (await Promise.all(told)).flat();
}

async function withoutTrust(start: string, tls: TlsOptions, names: OptionNames, to: string): Promise<string[]> {
  try {
    await secureContextOf(tls, names);
    return [];
  } catch (error) {
    return [`${start}${asFailure(error).message} Until that is mended nothing is sent to ${to}; the file is read anew by itself.`];
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
  return `configuration is fine: ${named('target', targets)}, ${named('source', sources)}, listening on ${formatListen(listen)}`;
}
