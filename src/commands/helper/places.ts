import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { loadAsked } from '../../../config/asked.ts';
import { type Config, ConfigError } from '../../../config/load.ts';
import { parseAddress } from '../../contract/registry.ts';
import { hostsIn } from '../../ecr/sources/choice.ts';
import { configFile, configPaths } from '../../pull/settings.ts';
import { type ConfigFlags, type Io, readConfig } from '../io.ts';

type Env = Readonly<Record<string, string | undefined>>;

export const program = 'ecr-courier';

/** As Docker finds it: the directory of DOCKER_CONFIG, else ~/.docker. */
export const dockerConfigFile = (env: Env): string => join(env['DOCKER_CONFIG'] || join(homeOf(env), '.docker'), 'config.json');
const homeOf = (env: Env): string => env['HOME'] || env['USERPROFILE'] || homedir();

/** docker: of Docker. alone: who is told of it reads nothing else. first: that of Docker is read behind it. */
export interface ClientFile {
  readonly path: string;
  readonly role: 'docker' | 'alone' | 'first';
}

/**
 * Where podman, skopeo and buildah look, one after the other, before they look into the file of Docker
 * (go.podman.io/image 5.42.1, pkg/docker/config).
 */
export function podmanFiles(env: Env): readonly ClientFile[] {
  const named = env['REGISTRY_AUTH_FILE'];
  if (named) return [{ path: named, role: 'alone' }];
  const runtime = env['XDG_RUNTIME_DIR'] || `/run/containers/${process.getuid?.() ?? 0}`;
  const own = env['XDG_RUNTIME_DIR'] ? join(runtime, 'containers/auth.json') : join(runtime, 'auth.json');
  const settings = join(env['XDG_CONFIG_HOME'] || join(homeOf(env), '.config'), 'containers/auth.json');
  return [own, settings].map(path => ({ path, role: 'first' }));
}

/** Whether a client finds the program of a helper. */
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

/** What hosts and addresses are read from. */
export type HelpersConfig = Pick<Config, 'targets' | 'sources' | 'aliases'> & { readonly notes: readonly string[] };

/**
 * What the helper itself will read, unless another one is named. Mistakes in parts that the helper does not read only
 * take the hosts of targets away. Throws a ConfigError.
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

/** Docker calls the helper without our flags. */
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

/** The hosts that a configuration names: of targets, sources and aliases. A pattern names none. */
export function hostsOf({ targets, sources, aliases }: Pick<Config, 'targets' | 'sources' | 'aliases'>): string[] {
  const all = [...targets.flatMap(({ registries }) => registries.map(({ host }) => host)), ...sources.flatMap(hostsIn), ...aliases.keys()];
  return [...new Set(all.flatMap(host => parseAddress(host, aliases)?.registry.host ?? []))].sort();
}
