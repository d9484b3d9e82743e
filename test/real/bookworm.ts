import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startProcess } from './daemon.ts';
import { cacheOf, path } from './needs.ts';

/** Returns the root folder of a minimal Debian 12 with systemd, which is built once. */
export function bookworm(): string {
  const root = cacheOf('bookworm');
  if (existsSync(root)) return root;
  const made = `${root}.${process.pid}`;
  rmSync(made, { recursive: true, force: true });
  // Uses the mirror of this machine.
  const mirror = /^(?:URIs: |deb (?:\[.*?\] )?)(\S+)/m.exec(sources())?.[1] ?? 'http://deb.debian.org/debian';
  const args = ['--variant=minbase', '--include=systemd,systemd-sysv,dbus', 'bookworm', made, mirror];
  const { status, stdout, stderr } = spawnSync(path('debootstrap'), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`debootstrap: ${stdout.slice(-2000)}${stderr}`);
  renameSync(made, root);
  return root;
}

const sources = (): string =>
  ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources']
    .map(file => (existsSync(file) ? readFileSync(file, 'utf8') : ''))
    .join('\n');

export interface Machine extends AsyncDisposable {
  /** Runs a script in the machine and returns its stdout. Throws with its output when it fails. */
  sh(script: string): string;
}

/**
 * Boots a copy of the root with systemd in the network of this machine. `folder` is mounted read-only at /folder.
 * Changes stay in memory, and are lost when the machine ends.
 */
export async function startMachine(root: string, folder: string): Promise<Machine> {
  const options = ['--quiet', '--boot', '--register=no', '--keep-unit', '--console=pipe', '--volatile=overlay'];
  const running = startProcess(path('systemd-nspawn'), [...options, '-D', root, `--bind-ro=${folder}:/folder`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const leader = async (): Promise<string> => {
    for (const end = Date.now() + 60_000; Date.now() < end; await wait(100)) {
      const [child] = childrenOf(running.child.pid ?? 0);
      if (
        child &&
        /running|degraded/.test(`${spawnSync('nsenter', inside(child, 'systemctl is-system-running'), { timeout: 5000 }).stdout}`)
      )
        return child;
      if (running.child.exitCode !== null) break;
    }
    throw new Error(`the machine does not start: ${running.output()}`);
  };
  const init = await leader();
  return {
    sh(script) {
      return execFileSync('nsenter', inside(init, script), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    },
    async [Symbol.asyncDispose]() {
      // Killing its init also ends everything that runs in the machine.
      process.kill(Number(init), 'SIGKILL');
      await running[Symbol.asyncDispose]();
    },
  };
}

const childrenOf = (pid: number): string[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
const inside = (pid: string, script: string): string[] => [
  '--target',
  pid,
  '--mount',
  '--uts',
  '--ipc',
  '--pid',
  '--root',
  '--wd',
  'env',
  '-i',
  '--chdir=/',
  'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
  'sh',
  '-ec',
  script,
];
