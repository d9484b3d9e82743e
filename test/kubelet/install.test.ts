import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { demandExecutable, installProgram, type Program } from '../../src/kubelet/install.ts';
import { demandSystem, seenFrom } from '../../src/kubelet/node-system.ts';
import { cli, command } from '../commands/cli.ts';
import { folder } from '../config/support.ts';

const name = 'ecr-courier-credential-provider';

/** Creates a program with a front and its modules, and a stand-in for Node. */
async function built(version: string): Promise<AsyncDisposable & { readonly program: Program; at(name: string): string }> {
  const files = await folder({
    [`dist/${name}`]: `#!/bin/sh\necho ${version}\n`,
    'dist/pull.js': 'import { a } from "./chunks/a.js";\nconst b = await import("./chunks/b.js");\n',
    'dist/chunks/a.js': 'import "./b.js";\nexport const a = 1;\n',
    'dist/chunks/b.js': `// ${version}\n`,
    'dist/chunks/other.js': '',
    node: '#!/bin/sh\n',
  });
  return {
    program: { name, from: files.at('dist'), node: files.at('node') },
    at: files.at,
    [Symbol.asyncDispose]: files[Symbol.asyncDispose],
  };
}
const fine = async (): Promise<void> => undefined;
const runs = async (file: string): Promise<string> => (await promisify(execFile)(file)).stdout.trim();

test('the program is put there with all that it needs, and a new version takes its place in one step', async () => {
  await using one = await built('1');
  await using two = await built('2');
  const bin = one.at('bin');
  const first = await installProgram(one.program, bin, fine);
  assert.equal(first.change, 'installed');
  assert.equal(await runs(join(bin, name)), '1');
  assert.deepEqual(
    (await readdir(first.folder, { recursive: true })).sort(),
    ['chunks', 'chunks/a.js', 'chunks/b.js', name, 'node', 'package.json', 'pull.js'].sort(),
  );
  assert.equal((await installProgram(one.program, bin, fine)).change, 'unchanged');
  const second = await installProgram(two.program, bin, async () =>
    assert.equal(await runs(join(bin, name)), '1', 'the old one is there until the new one is'),
  );
  assert.equal(await runs(join(bin, name)), '2');
  assert.deepEqual((await readdir(bin)).sort(), [second.folder.slice(bin.length + 1), name]);
});

test('a program that does not run here changes nothing', async () => {
  await using one = await built('1');
  await using two = await built('2');
  const bin = one.at('bin');
  await installProgram(one.program, bin, fine);
  const before = await readdir(bin);
  await assert.rejects(
    installProgram(two.program, bin, async () => {
      throw new Error('no glibc');
    }),
    /no glibc/,
  );
  assert.deepEqual(await readdir(bin), before);
  assert.equal(await runs(join(bin, name)), '1');
});

test('nothing is replaced where nothing can be executed', async () => {
  await using one = await built('1');
  await installProgram(one.program, one.at('bin'), fine);
  await demandExecutable(join(one.at('bin'), name), one.at('bin'));
  // A file without the execute bit gives the same error as any file on a file system mounted noexec.
  await writeFile(one.at('file'), '', { mode: 0o644 });
  await assert.rejects(demandExecutable(one.at('file'), '/opt/bin'), {
    code: 'REJECTED',
    message: 'Nothing that lies in /opt/bin can be executed, so nothing was replaced: its file system is mounted noexec.',
  });
});

test('what a killed install left behind is replaced, and a file of that name on demand', async () => {
  await using one = await built('1');
  const bin = one.at('bin');
  await mkdir(join(bin, '.ecr-courier-000000000000.1.new'), { recursive: true });
  await writeFile(join(bin, name), 'an old one');
  await writeFile(join(bin, 'ecr-credential-provider'), 'of somebody else');
  await assert.rejects(installProgram(one.program, bin, fine), /exists already, and this command did not install it/);
  await installProgram(one.program, bin, fine, 'replaced');
  assert.ok((await readlink(join(bin, name))).startsWith('.ecr-courier-'));
  assert.deepEqual(
    (await readdir(bin)).filter(file => file.endsWith('.new')),
    [],
  );
  assert.ok((await readdir(bin)).includes('ecr-credential-provider'));
});

test('kubelet install refuses what would stop the kubelet or overwrite what others wrote, before it writes anything', async () => {
  const config = (await command(['kubelet', 'config'])).stdout;
  await using files = await folder({
    'others.yaml': config.replace(name, 'ecr-credential-provider'),
    'broken.yaml': 'x: [',
    'twice/other.yaml': config,
    'link/notes': '',
    'empty/empty.yaml': '',
    'hand.yaml': `${config}    env:\n      - {name: AWS_PROFILE, value: handmade}\n`,
    'stops.yaml': config.replace('"0s"', '"-1s"'),
  });
  const install = (...args: string[]) => command(['kubelet', 'install', '--bin-dir', files.at('bin'), ...args]);
  for (const [path, said] of [
    ['others.yaml', /others\.yaml exists already.*ecr-credential-provider/],
    ['broken.yaml', /broken\.yaml exists already/],
    ['twice', /is configured at .*other\.yaml:4:5 already/],
  ] as const) {
    const { code, stderr } = await install('--config', files.at(path));
    assert.equal(code, 1);
    assert.match(stderr, said);
  }
  assert.match((await install()).stderr, /--bin-dir and --config are needed/);
  assert.match((await install('--config', files.at('new.yaml'))).stderr, /nothing to install/);
  for (const [args, said] of [
    [['--config', files.at('hand.yaml'), '--account', '123456789012'], /hand\.yaml is there already, and differs.*\n.*--replace/],
    [['--config', files.at('new.d/')], /new\.d\/ does not exist/],
    [['--config', files.at('absent/new.yaml')], /absent does not exist, so no configuration/],
    [['--config', files.at('empty')], /empty\.yaml is empty/],
    [['--config', files.at('link'), '--kubernetes', '1.33'], /is a folder/],
    [['--config', files.at('stops.yaml')], /would not start/],
    [['--config', files.at('new.yaml'), '--kubernetes', '1.32', '--token-mode', 'optional'], /1\.33 and newer/],
  ] as const) {
    const { code, stderr } = await install(...args);
    assert.notEqual(code, 0);
    assert.match(stderr, said);
  }
  const kept = await install('--config', files.at('hand.yaml'), '--dry-run');
  assert.match(kept.stderr, /nothing to install/, 'a file of ours stays as it is');
  assert.deepEqual((await readdir(files.path)).sort(), ['broken.yaml', 'empty', 'hand.yaml', 'link', 'others.yaml', 'stops.yaml', 'twice']);
});

/**
 * Creates the root of a node as distributions lay it out, with links that lead elsewhere when they are followed from
 * outside.
 */
async function node(glibc = 'GLIBC_2.28'): Promise<Awaited<ReturnType<typeof folder>>> {
  const files = await folder({
    'usr/bin/sh': '',
    'usr/lib64/ld-linux-x86-64.so.2': '',
    'usr/lib/ld-linux-aarch64.so.1': '',
    'usr/lib64/libstdc++.so.6.0.33': '',
    'usr/lib64/libc.so.6': `bytes GLIBC_2.2.5 ${glibc} bytes`,
    'data/rancher/credentialprovider/notes': '',
    'var/lib/notes': '',
  });
  for (const [path, target] of [
    ['bin', 'usr/bin'],
    ['lib', 'usr/lib'],
    ['lib64', '/usr/lib64'],
    ['usr/lib64/libstdc++.so.6', 'libstdc++.so.6.0.33'],
    ['var/lib/rancher', '/data/rancher'],
    ['usr/lib64/round', '/usr/lib64/round'],
  ] as const)
    await symlink(target, files.at(path));
  return files;
}

test('a path of a node is found below its root, wherever its links lead', async () => {
  await using files = await node();
  const seen = async (path: string) => (await seenFrom(files.path, path))?.slice(files.path.length);
  assert.equal(await seen('/bin/sh'), '/usr/bin/sh');
  assert.equal(await seen('/var/lib/rancher/credentialprovider'), '/data/rancher/credentialprovider');
  assert.equal(await seen('/lib64/libstdc++.so.6'), '/usr/lib64/libstdc++.so.6.0.33');
  assert.equal(await seen('/../../bin/../bin/./sh'), '/usr/bin/sh');
  assert.equal(await seen('/lib64/round'), undefined);
  assert.equal(await seen('/nowhere'), undefined);
});

test('a node that lacks what the program needs gets nothing', async () => {
  for (const path of ['usr/bin/sh', 'usr/lib64/libstdc++.so.6', 'usr/lib64/libc.so.6'])
    await assert.rejects(
      async () => {
        await using files = await node();
        await rm(files.at(path));
        await demandSystem(files.path);
      },
      { code: 'REJECTED' },
      path,
    );
  await using old = await node('GLIBC_2.26');
  await assert.rejects(demandSystem(old.path), /its glibc is older than 2\.28/);
  await using fine = await node();
  await demandSystem(fine.path);
});

test('kubelet install --root puts the program onto the node that is mounted there', async () => {
  await using files = await node();
  const place = '/var/lib/rancher/credentialprovider';
  const args = ['kubelet', 'install', '--root', files.path, '--bin-dir', `${place}/bin`, '--config', `${place}/config.yaml`];
  const { code, stdout, stderr } = await cli(args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /--image-credential-provider-bin-dir=\/var\/lib\/rancher\/credentialprovider\/bin/);
  const there = await readdir(files.at('data/rancher/credentialprovider'));
  assert.deepEqual(there.sort(), ['bin', 'config.yaml', 'notes']);
  assert.match(await readlink(files.at(`data/rancher/credentialprovider/bin/${name}`)), /^\.ecr-courier-/);
  assert.match((await cli(args)).stdout, /unchanged/);
  const below = args.map(arg => arg.replace(/^\/var/, 'var'));
  assert.match(
    (await cli([...below, '--dry-run', '--replace'])).stdout,
    /^would put .* into \/var\/lib\/rancher\/credentialprovider\/bin$/m,
    'a node has no other folder',
  );
  await rm(files.at('usr/bin/sh'));
  const refused = await cli(args);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /would not run on this node/);
});

test('a dry run says what would be in the way; the kubelet is told whole paths', async () => {
  await using files = await folder({ file: '' });
  const install = (bin: string, config: string) => cli(['kubelet', 'install', '--dry-run', '--bin-dir', bin, '--config', config]);
  const { code, stderr } = await install(join(files.at('file'), 'bin'), files.at('config.yaml'));
  assert.deepEqual([code, /cannot be put into .*\/file\/bin: it, or what is above it, is not a folder/.test(stderr)], [1, true], stderr);
  const here = relative(process.cwd(), files.path);
  const { stdout } = await install(join(here, 'bin'), join(here, 'config.yaml'));
  assert.ok(stdout.includes(`into ${files.at('bin')}\n`), stdout);
  assert.ok(stdout.includes(`would write ${files.at('config.yaml')}:`), stdout);
});

test('what is missing of the program is put there again', async () => {
  await using one = await built('1');
  const bin = one.at('bin');
  const { folder: place } = await installProgram(one.program, bin, fine);
  for (const file of ['node', 'chunks/b.js', 'package.json', name]) {
    await rm(join(place, file));
    assert.equal((await installProgram(one.program, bin, fine)).change, 'installed', file);
  }
  await writeFile(join(place, 'pull.js'), 'cut off');
  assert.equal((await installProgram(one.program, bin, fine)).change, 'installed');
  assert.equal((await installProgram(one.program, bin, fine)).change, 'unchanged');
  await assert.rejects(installProgram(one.program, one.at('node'), fine), { code: 'EEXIST' });
  if (process.platform === 'linux') await assert.rejects(installProgram(one.program, '/proc/absent/x', fine), { code: 'ENOENT' });
});
