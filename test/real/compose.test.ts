import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { compose, composeFile, courier, environment, secretsFolder } from '../deploy/compose.ts';
import { adminKey } from '../fakes/portainer.ts';
import { startWorld } from './daemon.ts';
import { part, path } from './needs.ts';

const folder = await mkdtemp(join(tmpdir(), 'courier-compose-'));
after(() => rm(folder, { recursive: true }));

part('docker-compose.yml', { programs: ['docker-compose'] }, () => {
  const config = (...args: string[]): string =>
    execFileSync(path('docker-compose'), ['-f', join(folder, 'docker-compose.yml'), 'config', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });

  test('docker-compose 1 takes it', async () => {
    await copyFile(composeFile, join(folder, 'docker-compose.yml'));
    assert.equal(config('-q'), '');
    await writeFile(join(folder, 'docker-compose.yml'), readFileSync(composeFile, 'utf8').replace('cap_drop:', 'cap_dropped:'));
    assert.throws(() => config('-q'), /Unsupported config option.*cap_dropped/s);
  });

  test('what is passed on is unset, unless .env has it', async () => {
    await copyFile(composeFile, join(folder, 'docker-compose.yml'));
    assert.match(config(), /AWS_ACCESS_KEY_ID: null/);
    await writeFile(join(folder, '.env'), 'PORTAINER_TLS_FINGERPRINT=AB:CD\n');
    assert.match(config(), /PORTAINER_TLS_FINGERPRINT: AB:CD/);
    assert.match(config(), /AWS_ACCESS_KEY_ID: null/);
  });
});

part('docker-compose.yml, read by somebody else', { programs: ['podman-compose'] }, () => {
  test('podman-compose, which follows the specification of compose 2, reads what is written', async () => {
    const other = await mkdtemp(join(folder, 'podman-'));
    await copyFile(composeFile, join(other, 'docker-compose.yml'));
    // podman-compose asks for podman's version before anything else.
    const podman = join(other, 'podman');
    await writeFile(podman, '#!/bin/sh\necho podman version 4.3.1\n');
    await chmod(podman, 0o755);
    const said = execFileSync(path('podman-compose'), ['--podman-path', podman, 'config'], {
      encoding: 'utf8',
      stdio: 'pipe',
      cwd: other,
      env: { PATH: process.env['PATH'] },
    });
    const { services } = parse(said) as typeof compose;
    const { build, environment: given, ...read } = services['ecr-courier'];
    const { build: _, environment: __, ...written } = courier;
    assert.deepEqual(read, written);
    assert.deepEqual(build, { context: other });
    assert.deepEqual(given, {
      ...Object.fromEntries(courier.environment.filter(line => !line.includes('=')).map(name => [name, null])),
      ...environment(),
    });
    assert.deepEqual(Object.keys(services).sort(), Object.keys(compose.services).sort());
  });
});

part('the first start of docker-compose.yml', { programs: ['unshare'] }, () => {
  const certificates = join(import.meta.dirname, '../io/certificates');
  const pem = (name: string): string => readFileSync(join(certificates, name), 'utf8');
  const tls = { key: pem('server.key'), cert: pem('self-signed.pem') };
  // The container's user, which is not in the list of users.
  const [uid = '', gid = ''] = courier.user.split(':');
  const by = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`];

  test('waits for the key, names the certificate, delivers once .env accepts it', async () => {
    await using world = await startWorld({ portainer: { tls } });
    const secrets = join(world.folder, 'secrets');
    const key = join(secrets, 'api-key');
    await mkdir(secrets);
    const container = (outside = {}) => ({
      ECR_COURIER_SOCKET: '',
      // The default level: debug would log more than users see.
      ECR_COURIER_LOG_LEVEL: 'info',
      PORTAINER_ALLOW_HTTP: '',
      // The proxy of this world does not exist.
      NO_PROXY: '127.0.0.1',
      // The container's folder for temporary files, which holds the socket.
      TMPDIR: world.folder,
      ...environment(outside),
      PORTAINER_URL: world.portainer.url,
      PORTAINER_API_KEY_FILE: environment()['PORTAINER_API_KEY_FILE']?.replace(secretsFolder, secrets) ?? '',
    });

    const first = await world.start({ by, env: container() });
    await world.until(() => first.output().includes(`${key} (the API key of portainer) does not exist.`), 'the wait');
    assert.match(first.output(), /Create it at My account > Access tokens/);
    assert.match(await world.read('/livez'), /^live/);
    assert.equal(world.portainer.requests.length, 0);

    await writeFile(key, `${adminKey}\n`, { mode: 0o400 });
    const asked = /PORTAINER_TLS_FINGERPRINT=((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/;
    await world.until(() => asked.test(first.output()), 'the line to add');
    assert.equal(world.portainer.requests.length, 0, 'nothing is said to a server that may be another');
    assert.equal(await first.end(), 0);

    const PORTAINER_TLS_FINGERPRINT = asked.exec(first.output())?.[1] ?? '';
    const second = await world.start({ by, env: container({ PORTAINER_TLS_FINGERPRINT }) });
    await world.until(() => world.served(), 'the delivery');
    // Nothing listens on this address, so `status` must use the socket.
    const env = { ...container(), ECR_COURIER_LISTEN: '127.255.255.254:8080' };
    const status = async () => (await world.start({ by, args: ['status'], env })).ended;
    await world.until(async () => (await status()) === 0, 'the word of `status` that it is ready');
    assert.equal(await second.end(), 0);
  });
});
