import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface DebParts {
  readonly version: string;
  /** The output of `npm run build`. */
  readonly dist: string;
  /** The Node to include: that of Debian 12 is too old. */
  readonly node: string;
  readonly nodeLicence: string;
  /** The output folder. */
  readonly to: string;
  /** Compression options of dpkg-deb. */
  readonly compression?: readonly string[];
}

const home = '/usr/lib/ecr-courier';
const scripts = ['postinst', 'prerm', 'postrm'] as const;

/** Makes the package for Debian 12 and its derivatives, for the architecture of the given Node. Returns its path. */
export function makeDeb({ version, dist, node, nodeLicence, to, compression = ['-Zzstd', '-z15'] }: DebParts): string {
  using staged = mkdtempDisposableSync(join(tmpdir(), 'ecr-courier-deb-'));
  const root = staged.path;
  // A temporary folder is readable by its owner alone, and the package keeps the mode of its root.
  chmodSync(root, 0o755);
  const architecture = architectureOf(node);
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };

  cpSync(dist, join(root, home), { recursive: true, filter: source => !/\/types$|\.cmd$/.test(source) });
  copyFileSync(node, join(root, home, 'node'));
  write(`${home}/package.json`, '{"type":"module"}\n');
  write('/usr/bin/ecr-courier', `#!/bin/sh\nexec ${home}/node --disable-sigusr1 ${home}/ecr-courier.js "$@"\n`, 0o755);
  symlinkSync(`../lib/ecr-courier/docker-credential-ecr-courier`, join(root, 'usr/bin/docker-credential-ecr-courier'));
  write('/usr/lib/systemd/system/ecr-courier.service', unit(readFileSync('deploy/systemd/ecr-courier.service', 'utf8')));
  write('/etc/ecr-courier/ecr-courier.env', readFileSync('deploy/systemd/ecr-courier.env', 'utf8'), 0o600);
  write('/usr/share/doc/ecr-courier/copyright', `${readFileSync('LICENSE', 'utf8')}\nNode.js:\n\n${readFileSync(nodeLicence, 'utf8')}`);
  write('/DEBIAN/conffiles', '/etc/ecr-courier/ecr-courier.env\n');
  write('/DEBIAN/control', control({ version, architecture, kib: kibOf(root) }));
  for (const script of scripts) write(`/DEBIAN/${script}`, readFileSync(`deploy/debian/${script}`, 'utf8'), 0o755);

  const file = join(to, `ecr-courier_${version}_${architecture}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], { stdio: ['ignore', 'ignore', 'inherit'] });
  return file;
}

/** The systemd unit, with the paths of this package in place of npm's. */
function unit(text: string): string {
  const lines = text.replace(/^# The command `npm install[^]*?ecr-courier\.\n/, '');
  return lines
    .replace(/^ExecStart=node (.*) \S+$/m, `ExecStart=${home}/node $1 ${home}/ecr-courier.js`)
    .replace(/^# node is the first one .*\n/m, '');
}

/** Debian's architecture names, by `e_machine` in the ELF header (elf(5)). */
const architectures: Readonly<Record<number, string>> = { 0x3e: 'amd64', 0xb7: 'arm64' };

/**
 * The Debian architecture of a Node for Linux, read from its ELF header: the program may be for another processor, so
 * it is not run. Throws if it is for no known architecture.
 */
export function architectureOf(node: string): string {
  const header = readFileSync(node).subarray(0, 20);
  const machine = header.toString('latin1', 0, 4) === '\x7fELF' && header.length === 20 ? header.readUInt16LE(18) : 0;
  const architecture = architectures[machine];
  if (!architecture)
    throw new Error(`${node} is no Node for Linux on x64 or arm64: take bin/node of one that was unpacked from nodejs.org.`);
  return architecture;
}

const kibOf = (folder: string): number => Number.parseInt(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }), 10);

const control = ({ version, architecture, kib }: { version: string; architecture: string; kib: number }): string => `Package: ecr-courier
Version: ${version}
Architecture: ${architecture}
Maintainer: ecr-courier maintainers <maintainers@ecr-courier.invalid>
Installed-Size: ${kib}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1
Section: admin
Priority: optional
Homepage: https://github.com/ecr-courier/ecr-courier
Description: Keeps container managers logged in to Amazon ECR
 Finds every ECR registry that Portainer, Harbor, Rancher or Kubernetes knows,
 and writes a fresh password into each before the old one ends. Is a credential
 helper of Docker and a credential provider of the kubelet as well. Brings its
 own Node.js.
`;
