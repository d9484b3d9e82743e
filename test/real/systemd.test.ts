import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { execStart, unitFile, valuesOf } from '../deploy/unit.ts';
import { adminKey } from '../fakes/portainer.ts';
import { startWorld } from './daemon.ts';
import { part, path } from './needs.ts';

const folder = await mkdtemp(join(tmpdir(), 'courier-unit-'));
after(() => rm(folder, { recursive: true }));

/** The highest exposure that systemd-analyze may find, on its scale from 0 to 10. */
const mostExposure = 1.5;
const awsSecret = 'the-secret-key-of-a-credentials-file';
const awsFile = `[default]\naws_access_key_id = AKIDOFAFILE\naws_secret_access_key = ${awsSecret}\n`;

part('the unit', { programs: ['systemd-analyze'] }, () => {
  /** Returns what `systemd-analyze verify` reports for the unit, with `node` replaced by the path of this Node. */
  async function verify(unit: string): Promise<string> {
    const file = join(folder, 'ecr-courier.service');
    await writeFile(file, unit.replace('ExecStart=node ', `ExecStart=${process.execPath} `));
    const { status, stderr } = spawnSync(path('systemd-analyze'), ['verify', '--man=no', file], { encoding: 'utf8' });
    // It also reports on related units, such as network-online.target.
    const lines = stderr.split('\n').filter(line => line.includes('ecr-courier'));
    return [...lines, ...(status === 0 || lines.length > 0 ? [] : [`exit ${status}: ${stderr}`])].join('\n');
  }

  test('systemd understands every line of it', async () => {
    const unit = readFileSync(unitFile, 'utf8');
    assert.equal(await verify(unit), '');
    assert.match(await verify(unit.replace('ProtectSystem=strict', 'ProtectSystem=strictly')), /Failed to parse/);
    assert.match(await verify(unit.replace('ProtectClock', 'ProtectClok')), /Unknown key .*'ProtectClok'/);
    assert.match(await verify(unit.replace('ExecStart=node ', 'ExecStart=/nowhere/node ')), /not executable/);
  });

  test(`its exposure is ${mostExposure} at most`, () => {
    const said = execFileSync(path('systemd-analyze'), ['security', '--offline=true', '--no-pager', unitFile], { encoding: 'utf8' });
    const exposure = /Overall exposure level for ecr-courier\.service: ([\d.]+)/.exec(said)?.[1];
    assert.ok(Number(exposure) <= mostExposure, said);
  });
});

part('the daemon, as the unit starts it', { programs: ['systemd-analyze', 'strace'] }, () => {
  test('finds its credentials, delivers, answers, reloads and ends with the system calls and sockets that the unit allows', async () => {
    await using world = await startWorld();
    const credentials = join(world.folder, 'credentials');
    await mkdir(credentials, { mode: 0o700 });
    await writeFile(join(credentials, 'portainer-api-key'), `${adminKey}\n`, { mode: 0o400 });
    await writeFile(join(credentials, 'aws'), awsFile, { mode: 0o400 });
    const env = {
      CREDENTIALS_DIRECTORY: credentials,
      RUNTIME_DIRECTORY: world.folder,
      AWS_SHARED_CREDENTIALS_FILE: join(credentials, 'aws'),
      // A host name, so that the resolver is used.
      PORTAINER_URL: world.portainer.url.replace('127.0.0.1', 'localhost'),
      // These variables would override those of the unit.
      ...Object.fromEntries(
        ['PORTAINER_API_KEY_FILE', 'ECR_COURIER_SOCKET', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(name => [name, '']),
      ),
    };
    const traced = join(folder, 'calls');
    // -D: the daemon is our child, and the tracer its grandchild. -s 0: the trace omits data that is read and written.
    const strace = [path('strace'), '-D', '-f', '-s', '0', '-o', traced];

    const daemon = await world.start({ by: strace, node: execStart().options, env });
    await world.until(() => world.served(), 'the delivery');
    // Nothing listens on this address, so `status` must use the socket.
    const status = async () => (await world.start({ args: ['status'], env: { ...env, ECR_COURIER_LISTEN: '127.255.255.254:8080' } })).ended;
    await world.until(async () => (await status()) === 0, 'the word of `status` that it is ready');
    daemon.child.kill('SIGHUP');
    await world.until(() => daemon.output().includes('"configuration reloaded"'), 'the reload');
    assert.equal(await daemon.end(), 0, daemon.output());

    assert.equal(world.ecr.calls[0]?.accessKeyId, 'AKIDOFAFILE');
    assert.ok(!daemon.output().includes(awsSecret), 'the key of the file is shown');
    const trace = readFileSync(traced, 'utf8');
    const calls = new Set([...trace.matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => name));
    assert.ok(calls.has('epoll_wait') || calls.has('epoll_pwait'), 'the trace is one of the daemon');
    assert.deepEqual([...calls.difference(allowedCalls())], []);
    const families = new Set([...trace.matchAll(/ socket\((\w+)/g)].map(([, family = '']) => family));
    assert.ok(families.has('AF_UNIX') && families.has('AF_INET'));
    assert.deepEqual([...families.difference(new Set(valuesOf('RestrictAddressFamilies').join(' ').split(' ')))], []);
  });
});

/** Returns the system calls that SystemCallFilter= allows, with the groups of this systemd. */
function allowedCalls(): Set<string> {
  const groups = new Map<string, string[]>();
  const listed = execFileSync(path('systemd-analyze'), ['syscall-filter', '--no-pager'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for (const [, name = '', members = ''] of listed.matchAll(/^(@[\w-]+)\n((?: +.*\n?)*)/gm))
    groups.set(
      name,
      members
        .split('\n')
        .map(line => line.trim())
        .filter(line => line && !line.startsWith('#')),
    );
  const expand = (name: string): string[] => (name.startsWith('@') ? (groups.get(name) ?? []).flatMap(expand) : [name]);

  // systemd always allows the calls in @default.
  const allowed = new Set(expand('@default'));
  for (const value of valuesOf('SystemCallFilter')) {
    const calls = value.replace('~', '').split(' ').flatMap(expand);
    for (const call of calls)
      if (value.startsWith('~')) allowed.delete(call);
      else allowed.add(call);
  }
  return allowed;
}
