import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Secret } from '../../src/contract/secret.ts';
import { version } from '../../src/version.ts';
import { startEcr } from '../fakes/ecr.ts';
import { jsonOf, startServer } from '../fakes/server.ts';
import { startProcess } from './daemon.ts';
import { part, path } from './needs.ts';

const root = join(import.meta.dirname, '../..');
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const key = 'key-of-an-operator-of-depot';

/** Matches the files to publish. Any other file in the package is a mistake. */
const meant = [
  /^(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE)$/,
  /^config\/(reference\.md|schema\.json|(example|side-by-side)\.yaml)$/,
  /^docs\/(README|[a-z0-9-]+)\.md$/,
  /^deploy\/[^.]\S*$/,
  /^dist\/((ecr-courier|pull|adapter|testing|chunks\/[\w-]+)\.js|(docker-credential-ecr-courier|ecr-courier-credential-provider)(\.cmd)?|sbom\.cdx\.json|LICENSES\.txt)$/,
  /^dist\/types\/(src\/contract\/[a-z-]+|test\/(testing|adapters\/contract(\/[a-z]+)?|fakes\/(server|replies)))\.d\.ts$/,
  // The adapter suite reads YAML as the courier does.
  /^dist\/types\/config\/(go-yaml|origin|plain)\.d\.ts$/,
];

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let temporary: string;
let packed: Packed;
let tarball: string;

/**
 * Runs a command with this Node first on PATH and nothing of the repository. Returns its stdout. Throws with its output
 * when it fails.
 */
async function run(node: string, cwd: string, command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const { stdout } = await promisify(execFile)(command, [...args], { cwd, env: { ...cleanEnv(node), ...more }, maxBuffer: 2 ** 26 });
  return stdout;
}

/**
 * Makes an environment without the variables that npm sets for its scripts: they would lead an inner npm back to the
 * repository.
 */
function cleanEnv(node: string): Record<string, string> {
  const places = (process.env['PATH'] ?? '').split(delimiter).filter(place => !place.includes('node_modules'));
  return { PATH: [dirname(node), ...places].join(delimiter), HOME: temporary, npm_config_cache: join(temporary, 'cache') };
}

/** Packs a copy of the repository as `npm publish` would. The copy protects the dist/ of the checkout. */
async function pack(): Promise<void> {
  temporary = await mkdtemp(join(tmpdir(), 'courier-package-'));
  const copy = join(temporary, 'repository');
  const left = new Set(['node_modules', '.git', 'dist', 'bench'].map(name => join(root, name)));
  cpSync(root, copy, { recursive: true, filter: source => !left.has(source) });
  // npm does not follow a link to a folder. Hard links to the files are fast, but work on one file system only.
  const modules = [join(root, 'node_modules'), join(copy, 'node_modules')];
  await run(process.execPath, root, 'cp', ['-al', ...modules]).catch(() => run(process.execPath, root, 'cp', ['-aT', ...modules]));
  [packed] = JSON.parse(await run(process.execPath, copy, 'npm', ['pack', '--json', '--pack-destination', temporary])) as [Packed];
  tarball = join(temporary, packed.filename);
}

/** Sets up a directory with the package and the two files of docs/adapters.md, as for a reader. */
async function install(node: string, name: string): Promise<string> {
  const folder = join(temporary, name);
  await mkdir(folder);
  await run(node, folder, 'npm', ['init', '-y', '--init-type=module']);
  await run(node, folder, 'npm', ['install', '--offline', '--no-audit', tarball]);
  const guide = await readFile(join(folder, 'node_modules/ecr-courier/docs/adapters.md'), 'utf8');
  for (const [, text = '', file = ''] of guide.matchAll(/```ts\n(\/\/ (\S+)\n.*?)```/gs)) await writeFile(join(folder, file), text);
  await writeFile(join(folder, 'tsconfig.json'), /```json\n(.*?)```/s.exec(guide)?.[1] ?? '');
  return folder;
}

part('the package', { programs: [] }, () => {
  before(pack);
  after(() => rm(temporary, { recursive: true, force: true }));

  test('holds what is meant to be published, and nothing else', t => {
    const paths = packed.files.map(file => file.path);
    t.diagnostic(`${packed.filename}: ${packed.size} bytes, ${packed.unpackedSize} unpacked, ${paths.length} files`);
    assert.deepEqual(
      paths.filter(name => !meant.some(pattern => pattern.test(name))),
      [],
    );
    for (const needed of ['dist/ecr-courier.js', 'dist/LICENSES.txt', 'docs/adapters.md', 'config/reference.md', 'LICENSE', 'README.md'])
      assert.ok(paths.includes(needed), needed);
  });

  whatPeopleDo('Node 24', () => process.execPath);
  part('on the next Node', { programs: ['node-26'] }, () => whatPeopleDo('Node 26', () => path('node-26')));
});

function whatPeopleDo(name: string, find: () => string): void {
  let node: string;
  let folder: string;
  before(async () => {
    node = find();
    folder = await install(node, name.replace(' ', '-'));
  });

  test(`${name}: the command is linked and says its version`, async () => {
    assert.match(await run(node, folder, 'node', ['--version']), new RegExp(`^v${name.replace('Node ', '')}\\.`));
    assert.equal(await run(node, folder, 'npx', ['--offline', 'ecr-courier', '--version']), `${version}\n`);
    const { stdout, stderr } = await promisify(execFile)(node, [join(folder, 'node_modules/ecr-courier/dist/ecr-courier.js'), '--version']);
    assert.deepEqual({ stdout, stderr }, { stdout: `${version}\n`, stderr: '' }, 'and nothing else: V8 names flags that it does not know');
  });

  test(`${name}: nothing of the machine that made it is in the package`, () => {
    const files = readdirSync(join(folder, 'node_modules/ecr-courier'), { recursive: true, withFileTypes: true }).filter(file =>
      file.isFile(),
    );
    const telling = [root, temporary, process.env['HOME'] ?? root].filter(place => place.split('/').length > 2);
    for (const file of files) {
      const text = readFileSync(join(file.parentPath, file.name), 'utf8');
      for (const place of telling) assert.ok(!text.includes(place), `${file.name} names ${place}`);
    }
  });

  test(`${name}: the adapter of the guide passes its test`, async () => {
    const said = await run(node, folder, 'node', ['--test', '--test-reporter=tap']);
    assert.match(said, /^# fail 0$/m);
    assert.ok(Number(/^# pass (\d+)$/m.exec(said)?.[1]) >= 30, said.slice(-300));
  });

  test(`${name}: the types are whole, with those of Node alone beside them`, async () => {
    await mkdir(join(folder, 'node_modules/@types'));
    await symlink(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, folder, 'node', [tsc, '--skipLibCheck', 'false']);
    await writeFile(join(folder, 'wrong.ts'), "import depot from './depot.ts';\nexport const kind: number = depot.kind;\n");
    await assert.rejects(run(process.execPath, folder, 'node', [tsc]), (error: { stdout?: string }) => /TS2322/.test(error.stdout ?? ''));
    await rm(join(folder, 'wrong.ts'));
  });

  test(`${name}: the daemon delivers with this adapter`, async () => {
    const issued: string[] = [];
    const mint = (): string => {
      issued.push(Buffer.from(`${Math.random()}`.repeat(60)).toString('base64'));
      return issued.at(-1) ?? '';
    };
    await using ecr = await startEcr({ mint });
    const passwords = new Map([[host, 'of-yesterday']]);
    await using depot = await startServer(request => {
      if (request.headers.authorization !== `Bearer ${key}`) return { status: 401 };
      if (request.method === 'GET') return { status: 200, json: [...passwords.keys()] };
      passwords.set(request.path.replace('/entries/', ''), (jsonOf(request) as { password: string }).password);
      return { status: 200 };
    });
    await using daemon = startProcess(join(folder, 'node_modules/.bin/ecr-courier'), [], {
      cwd: folder,
      env: {
        ...cleanEnv(node),
        ECR_COURIER_ADAPTERS: './depot.ts',
        DEPOT_URL: depot.url,
        DEPOT_ALLOW_HTTP: 'true',
        DEPOT_API_KEY: key,
        AWS_ACCESS_KEY_ID: 'AKIDOFNOBODY',
        AWS_SECRET_ACCESS_KEY: 'a-secret-access-key-of-nobody',
        AWS_ENDPOINT_URL: ecr.url,
        HTTPS_PROXY: 'http://127.0.0.1:9',
        ECR_COURIER_LISTEN: '127.0.0.1:0',
        ECR_COURIER_SOCKET: join(folder, 'socket'),
      },
    });
    const holds = () => ecr.judge('eu-west-1', passwords.get(host) ?? '') === 'good';
    for (const end = Date.now() + 30_000; !holds() && Date.now() < end; await wait(20));

    assert.ok(holds(), daemon.output());
    assert.equal(await daemon.end(), 0, daemon.output());
    assert.match(daemon.output(), /"msg":"stopped"/);
    for (const secret of [...issued, key].map(value => new Secret(value)))
      for (const form of Secret.forms(secret)) assert.ok(!daemon.output().includes(form), 'a secret was written out');
  });

  test(`${name}: installed for all, it takes an adapter that lies alone in a folder`, async () => {
    const everywhere = join(folder, 'everywhere');
    const alone = join(folder, 'alone');
    await run(node, folder, 'npm', ['install', '--global', '--offline', '--no-audit', '--prefix', everywhere, tarball]);
    cpSync(join(folder, 'depot.ts'), join(alone, 'depot.ts'));
    const env = { ECR_COURIER_ADAPTERS: join(alone, 'depot.ts'), DEPOT_URL: 'https://depot.test', DEPOT_API_KEY: key };
    const said = await run(node, temporary, join(everywhere, 'bin/ecr-courier'), ['config', 'check'], env);
    assert.match(said, /^configuration is fine: 1 target \(depot\)/);
  });
}
