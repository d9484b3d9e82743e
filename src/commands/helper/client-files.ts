import { homedir } from 'node:os';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** As Docker finds it: the directory of DOCKER_CONFIG, else ~/.docker. */
export const dockerConfigFile = (env: Env): string => join(env['DOCKER_CONFIG'] || join(homeOf(env), '.docker'), 'config.json');
const homeOf = (env: Env): string => env['HOME'] || env['USERPROFILE'] || homedir();

const dockercfg = (env: Env): string => join(homeOf(env), '.dockercfg');

/** Where the others look for logins, one after the other, beside the file of Docker. */
interface Searched {
  /** go.podman.io/image 5.42.1: whoever names a file reads that one and no other. */
  readonly podman: readonly string[];
  /** containers/image of skopeo 1.9.3: it goes on to the others. */
  readonly skopeo: readonly string[];
  /** go-containerregistry 0.22.1, the first that is a file. It reads `docker` where one of `isDockers` is. */
  readonly crane: { readonly isDockers: readonly string[]; readonly docker: string; readonly others: readonly string[] };
  /** docker-py 7.2.0: the first that is there. */
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
  /** In a directory that the system makes for a user who logs in. */
  readonly place?: 'runtime';
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
  return [
    { path: own, role: 'first', place: 'runtime' },
    { path: settings, role: 'first' },
  ];
}
