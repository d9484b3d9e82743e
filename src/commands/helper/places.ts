import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { loadAsked } from '../../../config/asked.ts';
import { ConfigError } from '../../../config/config-error.ts';
import { type Config } from '../../../config/load.ts';
import { lookAlike } from '../../contract/look-alike.ts';
import { type Address, parseAddress } from '../../contract/registry.ts';
import { shownAddress } from '../../contract/text.ts';
import { hostsIn } from '../../ecr/sources/choice.ts';
import { configFile, configPaths } from '../../pull/settings.ts';
import { type ConfigFlags, type Io, readConfig, UsageError } from '../io.ts';

type Env = Readonly<Record<string, string | undefined>>;

export const program = 'ecr-courier';

/** Whether the program of a helper is on PATH. */
export async function isOnPath(helper: string, env: Env): Promise<boolean> {
  const names =
    process.platform === 'win32'
      ? ['.exe', '.cmd', '.bat'].map(end => `docker-credential-${helper}${end}`)
      : [`docker-credential-${helper}`];
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean))
    for (const name of names) if (await isProgram(join(folder, name))) return true;
  return false;
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK)
    .then(() => stat(path))
    .then(
      stats => stats.isFile(),
      () => false,
    );

/** The part of the configuration that names hosts and addresses. */
export type HelpersConfig = Pick<Config, 'targets' | 'sources' | 'aliases'> & { readonly notes: readonly string[] };

/**
 * Reads the configuration that the helper itself will read, unless the user names another one. Mistakes in parts that
 * the helper does not read only remove the hosts of targets. Throws a ConfigError.
 */
export async function readHelpersConfig(flags: ConfigFlags, io: Pick<Io, 'env'>): Promise<HelpersConfig> {
  const usual = await configFile(io.env);
  const files = flags.config ?? (usual === undefined ? undefined : [usual]);
  const notes = [...otherFile(flags.config, usual, io.env)];
  try {
    const config = await readConfig({ ...flags, ...(files && { config: files }) }, io);
    return { ...config, notes: [...notes, ...withoutRegion(config)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const asked = await loadAsked({ files, env: io.env });
    const left =
      'The hosts of targets are left out, as the configuration has mistakes that do not concern the helper: `ecr-courier config check` shows them.';
    return { ...asked, targets: [], notes: [...notes, left, ...withoutRegion(asked)] };
  }
}

/** A note if flags name another file, because Docker runs the helper without them. */
function otherFile(named: readonly string[] | undefined, usual: string | undefined, env: Env): string[] {
  if (!named || (named.length === 1 && usual !== undefined && resolve(named[0] ?? '') === resolve(usual))) return [];
  const place = configPaths({ ...env, ECR_COURIER_CONFIG: undefined })[0] ?? '';
  const reads = usual === undefined ? 'no file' : usual;
  return [
    `The helper will not read ${named.join(' and ')} when Docker calls it: it reads ${reads}. Set ECR_COURIER_CONFIG=${named[0] ?? 'FILE'} for whoever pulls, or put the file at ${place}.`,
  ];
}

const withoutRegion = ({ sources }: Pick<Config, 'sources'>): string[] =>
  sources
    .filter(({ accounts = [], region }) => accounts.length > 0 && region === undefined)
    .map(({ name }) => `The accounts of the source ${name} name no host, as its \`region\` is missing. Add it, or name the hosts.`);

/** Parses an argument. Throws a UsageError if it is not an ECR registry, with a suggestion. */
export function addressOf(named: string, { aliases }: Pick<Config, 'aliases'>): Address {
  const address = parseAddress(named, aliases);
  if (address) return address;
  const like = lookAlike(named);
  if (like) throw new UsageError(`${like.host} ${like.is}. ${like.remedy}`);
  throw new UsageError(`${shownAddress(named)} is not an ECR registry: ACCOUNT.dkr.ecr.REGION.amazonaws.com is expected`);
}

/** The hosts that a configuration names in targets, sources and aliases, without patterns. */
export function hostsOf({ targets, sources, aliases }: Pick<Config, 'targets' | 'sources' | 'aliases'>): string[] {
  const all = [...targets.flatMap(({ registries }) => registries.map(({ host }) => host)), ...sources.flatMap(hostsIn), ...aliases.keys()];
  return [...new Set(all.flatMap(host => parseAddress(host, aliases)?.registry.host ?? []))].sort();
}
