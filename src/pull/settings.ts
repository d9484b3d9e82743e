import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../contract/failures.ts';
import type { Aliases } from '../contract/registry.ts';
import { type Choice, choiceOf, hostsIn } from '../ecr/sources/choice.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The configuration that answers depend on. */
interface Settings {
  readonly sources: Choice;
  readonly aliases: Aliases;
  /** The hosts that the configuration names in any way. It may serve more than these. */
  readonly named: readonly string[];
}

/** The variables of the source `default` in addition to those of the AWS tools. */
const ofSource = ['ECR_COURIER_ROLE_ARN', 'ECR_COURIER_EXTERNAL_ID', 'CATTLE_URL'];

/** The paths where a configuration may lie. The first that is there counts; a path that is named must exist. */
export function configPaths(env: Env): readonly string[] {
  const { ECR_COURIER_CONFIG: named, XDG_CONFIG_HOME: configs, HOME: home } = env;
  if (named) return [named];
  const folders = [...(configs ? [configs] : []), ...(home ? [join(home, '.config')] : []), '/etc'];
  return folders.map(folder => join(folder, 'ecr-courier/config.yaml'));
}

/** The configuration file that is read. undefined: there is none. */
export const configFile = async (env: Env): Promise<string | undefined> => env['ECR_COURIER_CONFIG'] || (await firstOf(configPaths(env)));

/**
 * Reads the sources and aliases of the configuration. Without one, the source `default` is the AWS identity of the
 * environment. `named` lists files to read in place of the usual one. Throws MISCONFIGURED with every mistake in this
 * part of the configuration, and none in others.
 */
export async function readSettings(env: Env, named?: readonly string[]): Promise<Settings> {
  const usual = named ? undefined : await configFile(env);
  const files = named ?? (usual === undefined ? [] : [usual]);
  const [file] = files;
  if (file === undefined && !ofSource.some(name => env[name])) return { sources: choiceOf([]), aliases: new Map(), named: [] };
  // Loaded on demand, because it loads a YAML parser.
  const { loadAsked } = await import('../../config/asked.ts');
  try {
    const { sources, aliases, wanted } = await loadAsked({ files, env });
    return { sources: choiceOf(sources), aliases, named: [...sources.flatMap(hostsIn), ...aliases.keys(), ...wanted] };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
    throw new Failure('MISCONFIGURED', inOneLine(error.message), {
      remedy: file === undefined ? 'Mend it.' : `Mend it; \`ecr-courier config check --config ${file}\` shows all mistakes.`,
    });
  }
}

/** Joins a message of a head that ends in a colon, and a line for each mistake. */
function inOneLine(message: string): string {
  const [head, ...mistakes] = message.split('\n').map(line => line.trim());
  const all = `${head} ${mistakes.join('; ')}`;
  return /[.?!]$/.test(all) ? all : `${all}.`;
}

/**
 * The first path that exists and that we may read: /etc may hold the configuration of a daemon, with secrets that are
 * not for every user of the machine.
 */
async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const code = await access(path, constants.R_OK).then(
      () => '',
      (error: NodeJS.ErrnoException) => error.code ?? '',
    );
    if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return path;
  }
  return undefined;
}
