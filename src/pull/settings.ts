import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../contract/failures.ts';
import type { Aliases } from '../contract/registry.ts';
import { type Choice, choiceOf, hostsIn } from '../ecr/sources/choice.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What is configured for those who ask. */
export interface Settings {
  readonly sources: Choice;
  readonly aliases: Aliases;
  /** Hosts that the configuration names in any way, which are some of those that are served. */
  readonly named: readonly string[];
}

/** Variables of the source `default` beside those of the AWS tools. */
const ofSource = ['ECR_COURIER_ROLE_ARN', 'ECR_COURIER_EXTERNAL_ID', 'CATTLE_URL'];

/** Where a configuration may lie, the first that is there counts; one that is named must be there. */
export function configPaths(env: Env): readonly string[] {
  const { ECR_COURIER_CONFIG: named, XDG_CONFIG_HOME: configs, HOME: home } = env;
  if (named) return [named];
  const folders = [...(configs ? [configs] : []), ...(home ? [join(home, '.config')] : []), '/etc'];
  return folders.map(folder => join(folder, 'ecr-courier/config.yaml'));
}

/** The one that is read; undefined: none. */
export const configFile = async (env: Env): Promise<string | undefined> => env['ECR_COURIER_CONFIG'] || (await firstOf(configPaths(env)));

/**
 * Sources and aliases of the configuration; without one, the source `default` is the AWS identity of the environment.
 * `named`: files to read in place of the usual one. Throws MISCONFIGURED with every mistake in this part, none in
 * others.
 */
export async function readSettings(env: Env, named?: readonly string[]): Promise<Settings> {
  const usual = named ? undefined : await configFile(env);
  const files = named ?? (usual === undefined ? [] : [usual]);
  const [file] = files;
  if (file === undefined && !ofSource.some(name => env[name])) return { sources: choiceOf([]), aliases: new Map(), named: [] };
  // Only here: it loads a reader of YAML.
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

/** A head that ends in a colon, and a line for each mistake. */
function inOneLine(message: string): string {
  const [head, ...mistakes] = message.split('\n').map(line => line.trim());
  return `${head} ${mistakes.join('; ')}.`;
}

/**
 * The first one that is there, for us: /etc may hold the configuration of a daemon, with secrets that are not for
 * everybody on the machine.
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
