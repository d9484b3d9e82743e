import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDeb } from '../../scripts/debian.ts';
import { makeDist } from '../../scripts/dist.ts';
import { adminKey } from '../fakes/portainer.ts';
import { bookworm, startMachine } from './bookworm.ts';
import { startWorld } from './daemon.ts';
import { part } from './needs.ts';

const version = '0.0.1';

part('the package of Debian', { programs: ['dpkg-deb', 'systemd-nspawn', 'debootstrap'], root: true }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'courier-deb-'));
    await makeDist(join(folder, 'dist'));
    // Any text will do: npm's Node has no licence file.
    const parts = {
      dist: join(folder, 'dist'),
      node: process.execPath,
      nodeLicence: 'LICENSE',
      to: folder,
      compression: ['-Zzstd', '-z1'],
    };
    makeDeb({ ...parts, version });
    makeDeb({ ...parts, version: '0.0.2' });
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const deb = (of = version) => `/folder/ecr-courier_${of}_${process.arch === 'arm64' ? 'arm64' : 'amd64'}.deb`;

  test('belongs to root, brings its Node, and nothing that others can write', () => {
    const listed = execFileSync('dpkg-deb', ['--contents', deb().replace('/folder', folder)], { encoding: 'utf8' });
    for (const line of listed.trim().split('\n')) assert.match(line, /^(?:l.{9}|..{4}-.{2}-.) root\/root /, line);
    assert.match(listed, /-rw------- root\/root .* \.\/etc\/ecr-courier\/ecr-courier\.env/);
    assert.match(listed, /-rwxr-xr-x root\/root .* \.\/usr\/lib\/ecr-courier\/node\n/);
  });

  test('is installed, waits for its key, delivers, reloads, is upgraded and removed without a trace', async () => {
    await using world = await startWorld();
    await writeFile(join(folder, 'env'), environmentOf(world));
    await writeFile(join(folder, 'key'), adminKey, { mode: 0o600 });
    await using machine = await startMachine(bookworm(), folder);
    const { sh } = machine;

    assert.match(sh(`dpkg -i ${deb()}`), /systemctl enable --now ecr-courier/, 'it says what to do next');
    assert.equal(sh('systemctl is-enabled ecr-courier || true').trim(), 'disabled');
    sh('cat /folder/env > /etc/ecr-courier/ecr-courier.env && systemctl enable --now ecr-courier');
    const journal = () => sh('journalctl -t ecr-courier -o cat --no-pager');
    await world.until(() => journal().includes('(the API key of portainer) is empty'), 'the word that the key is missing');
    assert.match(journal(), /into the file that LoadCredential=portainer-api-key of ecr-courier\.service names/);

    sh('install -m 600 /folder/key /etc/ecr-courier/portainer-api-key && systemctl restart ecr-courier');
    await world.until(() => world.served(), 'the delivery');
    assert.equal(sh('cat /proc/$(systemctl show -P MainPID ecr-courier)/comm').trim(), 'ecr-courier', 'the title of the process');
    assert.match(sh('RUNTIME_DIRECTORY=/run/ecr-courier ecr-courier status'), /portainer/);
    assert.throws(() => sh('command -v kill | grep /'), 'there is no program `kill`');
    sh('systemctl reload ecr-courier');
    await world.until(() => journal().includes('"configuration reloaded"'), 'the reload');
    assert.match(sh('echo | docker-credential-ecr-courier version'), /ecr-courier/);

    const former = sh('systemctl show -P MainPID ecr-courier');
    sh(`dpkg -i ${deb('0.0.2')}`);
    assert.equal(sh('systemctl is-active ecr-courier').trim(), 'active');
    assert.notEqual(sh('systemctl show -P MainPID ecr-courier'), former, 'the new one runs');
    assert.match(sh('cat /etc/ecr-courier/ecr-courier.env'), /ECR_COURIER_TICK_SECONDS/, 'what was configured stays');

    sh('dpkg -r ecr-courier');
    assert.equal(sh('systemctl is-active ecr-courier || true').trim(), 'inactive');
    sh('test -e /etc/ecr-courier/portainer-api-key');
    sh('dpkg -P ecr-courier');
    const left = sh('find / -xdev -name "*ecr-courier*" -not -path "/folder/*" -not -path "/proc/*" -not -path "/var/log/*" -print');
    assert.equal(left, '', 'nothing is left');
    world.shown.push(journal());
  });
});

/** Returns the environment of the unit: that of the world without the variables that the unit sets itself. */
function environmentOf({ ecr, portainer, doors }: Awaited<ReturnType<typeof startWorld>>): string {
  const lines = {
    PORTAINER_URL: portainer.url,
    PORTAINER_ALLOW_HTTP: 'true',
    AWS_ACCESS_KEY_ID: 'AKIDOFNOBODY',
    AWS_SECRET_ACCESS_KEY: 'of-nobody-at-all',
    AWS_ENDPOINT_URL: ecr.url,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    ECR_COURIER_LISTEN: doors,
    ECR_COURIER_TICK_SECONDS: '1',
    ECR_COURIER_START_SPREAD_SECONDS: '0',
    ECR_COURIER_LOG_LEVEL: 'debug',
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
