import type { Config } from '../../config/load.ts';
import type { Log } from '../contract/adapter.ts';
import { clock } from '../contract/clock.ts';
import { redact } from '../contract/secret.ts';
import { environmentNotes } from '../ecr/keys/notes.ts';
import { cannotStart } from '../ecr/sources/command-source.ts';
import { ignoredSwitch, wrongWithAuthorities } from '../io/authorities.ts';
import type { Io } from './io.ts';

/** Notes on the environment that explain later failures. */
async function notesOn({ sources }: Config, env: Io['env']): Promise<readonly string[]> {
  const commands = sources.map(async ({ name, command }) => {
    const why = command === undefined ? undefined : await cannotStart(command, env);
    return why === undefined ? [] : [`The command of the source ${name} cannot run here: ${why}.`];
  });
  const [ofAws, ofNode, ...ofCommands] = await Promise.all([
    environmentNotes(sources, env, clock.wall()),
    wrongWithAuthorities(env),
    ...commands,
  ]);
  return [...ofAws, ...[ofNode, ignoredSwitch(env)].filter(note => note !== undefined), ...ofCommands.flat()];
}

/** Prints the notes on the environment to stderr. */
export async function printNotes(config: Config, { env, stderr }: Pick<Io, 'env' | 'stderr'>): Promise<void> {
  for (const note of await notesOn(config, env)) stderr.write(redact(`warning: ${note}\n`));
}

/** Prints configuration warnings for a command without a log. Dangers are left out: its result has them as findings. */
export function printWarnings({ warnings, dangers }: Pick<Config, 'warnings' | 'dangers'>, { stderr }: Pick<Io, 'stderr'>): void {
  for (const warning of warnings) if (!dangers.includes(warning)) stderr.write(redact(`warning: ${warning}\n`));
}

/** Logs the notes on the environment that are new since the last call. */
export function notesInLog(log: Log, env: NodeJS.ProcessEnv): (config: Config) => Promise<void> {
  const told = new Set<string>();
  return async config => {
    for (const warning of await notesOn(config, env)) {
      if (!told.has(warning)) log.warn('configuration', { warning });
      told.add(warning);
    }
  };
}
