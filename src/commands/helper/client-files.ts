import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Docker's own configuration file: in DOCKER_CONFIG, else in ~/.docker. */
export const dockerConfigFile = (env: Env): string => join(env['DOCKER_CONFIG'] || join(homeOf(env), '.docker'), 'config.json');
const homeOf = (env: Env): string => env['HOME'] || env['USERPROFILE'] || homedir();

const dockercfg = (env: Env): string => join(homeOf(env), '.dockercfg');

/** The files in which other clients look for logins, in order, in addition to Docker's own file. */
interface Searched {
  /** go.podman.io/image 5.42.1: if the user names a file, it is the only one. */
  readonly podman: readonly string[];
  /** containers/image of skopeo 1.9.3: a named file comes first, and the others follow. */
  readonly skopeo: readonly string[];
  /** go-containerregistry 0.22.1: the first that is a file. It reads `docker` if one of `isDockers` exists. */
  readonly crane: { readonly isDockers: readonly string[]; readonly docker: string; readonly others: readonly string[] };
  /** docker-py 7.2.0: the first that exists. */
  readonly 'docker-py': readonly string[];
  readonly dockercfg: string;
}

export function searched(env: Env): Searched {
  const docker = dockerConfigFile(env);
  const [first = '', settings] = podmanFiles({ ...env, REGISTRY_AUTH_FILE: undefined }).map(({ path }) => path);
  const named = env['REGISTRY_AUTH_FILE'];
  const behind = [...(settings ? [settings] : []), docker, dockercfg(env)];
  const usual = join(homeOf(env), '.docker/config.json');
  const { XDG_RUNTIME_DIR: runtime } = env;
  return {
    podman: named ? [named] : [first, ...behind],
    skopeo: [named || first, ...behind],
    crane: {
      isDockers: [usual, docker],
      docker,
      others: [...(named ? [named] : []), ...(runtime ? [join(runtime, 'containers/auth.json')] : [])],
    },
    'docker-py': [docker, usual, dockercfg(env)],
    dockercfg: dockercfg(env),
  };
}

/**
 * docker: of Docker. alone: the newer ones of those who are told of it read nothing else. first: that of Docker is read
 * behind it.
 */
export interface ClientFile {
  readonly path: string;
  readonly role: 'docker' | 'alone' | 'first';
  /** `runtime`: the file is in a directory that the system creates when the user logs in. */
  readonly place?: 'runtime';
}

/**
 * The files that podman, skopeo and buildah read, in order, before Docker's own file (go.podman.io/image 5.42.1,
 * pkg/docker/config).
 */
export function podmanFiles(env: Env): readonly ClientFile[] {
  const named = env['REGISTRY_AUTH_FILE'];
  if (named) return [{ path: named, role: 'alone' }];
  const runtime = env['XDG_RUNTIME_DIR'] || `/run/containers/${process.getuid?.() ?? 0}`;
  const own = env['XDG_RUNTIME_DIR'] ? join(runtime, 'containers/auth.json') : join(runtime, 'auth.json');
  const settings = join(env['XDG_CONFIG_HOME'] || join(homeOf(env), '.config'), 'containers/auth.json');
  return [
    { path: own, role: 'first', place: 'runtime' },
    { path: settings, role: 'first' },
  ];
}
