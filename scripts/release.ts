/**
 * `npm run release`: builds, and lists what a release of this tree would publish, the commands for it, and what is in
 * its way (then exit 1). Publishes nothing itself.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const image = 'ghcr.io/ecr-courier/ecr-courier';
const platforms = 'linux/amd64,linux/arm64';

const textOf = (path: string): string => readFileSync(path, 'utf8');
/** The stdout of a command. If the command fails, prints its output and exits with 1. */
function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  process.stderr.write(
    `${stdout ?? ''}${stderr ?? ''}\n${[command, ...args].join(' ')} failed${error ? `: ${error.message}` : ''}. Nothing was published.\n`,
  );
  process.exit(1);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { name, version } = JSON.parse(textOf('package.json')) as Record<'name' | 'version', string>;
const [packed] = JSON.parse(run('npm', 'pack', '--dry-run', '--json')) as [Packed];
const { components } = JSON.parse(textOf('dist/sbom.cdx.json')) as { components: readonly unknown[] };
const revision = run('git', 'rev-parse', 'HEAD').trim();
const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(textOf('Dockerfile'))?.[1] ?? 'the base of the Dockerfile';
const tags = [version, version.replace(/\.\d+$/, ''), 'latest'].map(tag => `${image}:${tag}`);

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly integrity: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

say(`${name} ${version}, revision ${revision}`);
say('');
say(`Package for npm: ${packed.filename}, ${kib(packed.size)} (${kib(packed.unpackedSize)} unpacked), ${packed.integrity}`);
for (const { path, size } of packed.files) say(`  ${kib(size).padStart(9)}  ${path}`);
say(`Bundled: ${components.length} packages, listed in dist/sbom.cdx.json, their licences in dist/LICENSES.txt`);
say(`Image: ${tags.join(', ')} for ${platforms}`);
say('');
say('With one command (the workflow .github/workflows/release.yml does the rest):');
say(`  git tag -s v${version} -m 'ecr-courier ${version}' && git push origin v${version}`);
say('');
say('By hand, where that workflow does not run:');
say('  npm publish --access public');
say(`  digest=$(docker buildx imagetools inspect ${base} --format '{{.Manifest.Digest}}')`);
const facts = `--build-arg NODE_IMAGE=${base}@$digest --build-arg REVISION=${revision} --build-arg VERSION=${version}`;
const names = tags.map(tag => `-t ${tag}`).join(' ');
say(`  docker buildx build --platform ${platforms} --provenance=true --sbom=true ${facts} ${names} --push .`);
say(`  helm package deploy/helm/${name} && helm push ${name}-${version}.tgz oci://ghcr.io/${name}/charts`);
say('  npm run deb -- --node PATH   # bin/node of an unpacked Node, once for amd64 and once for arm64');

const obstacles = obstaclesOf();
if (obstacles.length > 0) {
  say('');
  say('Not ready:');
  for (const obstacle of obstacles) say(`  ${obstacle}`);
  process.exitCode = 1;
}

function obstaclesOf(): string[] {
  const heading = textOf('CHANGELOG.md').match(/^## .*$/m)?.[0] ?? '';
  const facts: readonly (readonly [boolean, string])[] = [
    [run('git', 'status', '--porcelain') === '', 'Something in this tree is not committed: git status'],
    [run('git', 'branch', '--show-current').trim() === 'main', 'This is not the branch main.'],
    [run('git', 'tag', '--list', `v${version}`) === '', `The tag v${version} is there already: set the next version in package.json.`],
    [
      RegExp(String.raw`^## ${RegExp.escape(version)} / \d{4}-\d\d-\d\d$`).test(heading),
      `CHANGELOG.md begins with "${heading}": it needs "## ${version} / DATE".`,
    ],
    [textOf('docker-compose.yml').includes(`${image}:${version}`), `docker-compose.yml does not name ${image}:${version}.`],
  ];
  return facts.flatMap(([fine, obstacle]) => (fine ? [] : [obstacle]));
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
