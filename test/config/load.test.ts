import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { Env } from '../../config/env.ts';
import { folder, mistakesOf, plainTarget, read, readText } from './support.ts';

const env = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };

test('two variables are enough for a target', async () => {
  const { targets, sources, warnings } = await read({ env });
  const [target] = targets;

  assert.equal(targets.length, 1);
  assert.equal(target?.name, 'depot');
  assert.equal(target?.kind, 'depot');
  assert.equal(target?.required, true);
  assert.equal(target?.create, false);
  assert.deepEqual(target?.limits, { concurrency: 3, discoverMs: 1500, deliverMs: 75_000, lingerMs: 120_000 });
  assert.equal(target?.options['url'], 'https://depot:9443');
  assert.equal('username' in (target?.options ?? {}), false);
  assert.deepEqual(sources, [{ name: 'default' }]);
  assert.deepEqual(warnings, []);
});

test('defaults give way to files, files to variables, variables to flags', async () => {
  const text = 'log: {level: warn, format: json}\nserver: {listen: "0.0.0.0:1"}';

  const nothing = await read({});
  const file = await readText(text);
  const both = await readText(text, { env: { ECR_COURIER_LOG_LEVEL: 'error', ECR_COURIER_LISTEN: '[::1]:2' } });
  const all = await readText(text, {
    env: { ECR_COURIER_LOG_LEVEL: 'error', ECR_COURIER_LISTEN: '[::1]:2' },
    flags: { 'log-level': 'debug' },
  });

  assert.deepEqual([nothing.log.level, nothing.log.format, nothing.server.listen.port], ['info', 'auto', 8080]);
  assert.deepEqual([file.log.level, file.log.format, file.server.listen], ['warn', 'json', { host: '0.0.0.0', port: 1 }]);
  assert.deepEqual([both.log.level, both.log.format, both.server.listen], ['error', 'json', { host: '::1', port: 2 }]);
  assert.equal(all.log.level, 'debug');
  assert.deepEqual(
    all.settings.filter(({ path }) => path.startsWith('log.')).map(({ origin }) => origin.replace(/.*\//, '')),
    ['--log-level', 'courier.yaml:1:28'],
  );
});

test('LISTEN_PORT replaces the port alone', async () => {
  const { server } = await read({ env: { ECR_COURIER_LISTEN: '0.0.0.0:8080', LISTEN_PORT: '9000' } });

  assert.deepEqual(server.listen, { host: '0.0.0.0', port: 9000 });
});

test('all mistakes are told at once, of files, variables and flags', async () => {
  const reading = readText(
    'targets:\n  - {kind: depot, url: x, colour: red, registries: [docker.io], ping: 3}\nsources: [{name: a, accounts: [1]}]',
    {
      env: { ECR_COURIER_LISTN: 'x', LISTEN_PORT: 'x' },
      flags: { 'log-level': 'loud' },
    },
  );

  const told = await mistakesOf(reading);

  assert.deepEqual(
    told.map(line => /^([A-Z_]+|--[a-z-]+): /.exec(line)?.[1] ?? line.slice(line.lastIndexOf('(') + 1, -1)).sort(),
    [
      '--log-level',
      'ECR_COURIER_LISTN',
      'LISTEN_PORT',
      ...['2:24', '2:27', '2:52', '2:71', '2:5', '3:31'].map(place => `courier.yaml:${place}`),
    ].sort(),
  );
});

test('a ConfigError lists its mistakes as data too', async () => {
  await assert.rejects(read({ env: { ECR_COURIER_LISTEN: 'nowhere' } }), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.mistakes, [
      { path: 'server.listen', origin: 'ECR_COURIER_LISTEN', message: 'must be host:port, such as 127.0.0.1:8080 or [::1]:8080' },
    ]);
    return true;
  });
});

test('variables with our prefix that are not known are mistakes, but not what Kubernetes makes for a Service', async () => {
  const links = {
    ECR_COURIER_SERVICE_HOST: '10.0.0.1',
    ECR_COURIER_SERVICE_PORT_HTTP: '8080',
    ECR_COURIER_PORT: 'tcp://10.0.0.1:8080',
    ECR_COURIER_PORT_8080_TCP_ADDR: '10.0.0.1',
    DEPOT_PORT: 'tcp://10.0.0.2:9443',
  };

  const told = await mistakesOf(read({ env: { ...links, ECR_COURIER_LOGLEVEL: 'debug', ECR_COURIER_XYZ: '1' } }));

  assert.deepEqual(told, [
    'ECR_COURIER_LOGLEVEL: this variable is not known: did you mean ECR_COURIER_LOG_LEVEL?',
    'ECR_COURIER_XYZ: this variable is not known. config/reference.md lists those that are',
  ]);
});

test('a variable of the short form without the one that makes the target is a mistake, and a near miss is named', async () => {
  assert.deepEqual(await mistakesOf(read({ env: { DEPOT_API_KEY: 'k3y-k3y-k3y', DEPOT_ULR: 'https://depot' } })), [
    'DEPOT_API_KEY: has no effect alone: set DEPOT_URL, or give a target of a file the name depot',
    'Note: DEPOT_ULR is not read: did you mean DEPOT_URL?',
  ]);
});

test('every option of the short form reaches its target', async () => {
  const pin = 'aa'.repeat(32);
  const { targets } = await read({
    env: {
      ...env,
      DEPOT_URL: 'http://depot',
      DEPOT_ALLOW_HTTP: '1',
      DEPOT_CA_FILE: '/ca.pem',
      DEPOT_TLS_SERVER_NAME: 'inside',
      DEPOT_TLS_FINGERPRINT: pin,
      DEPOT_INSECURE_SKIP_VERIFY: 'on',
      DEPOT_CLIENT_CERT_FILE: '/client.pem',
      DEPOT_CLIENT_KEY_FILE: '/client.key',
      DEPOT_HEADERS: 'X-Entrance: staff',
      DEPOT_CREATE: 'yes',
      DEPOT_REGISTRIES: 'https://123456789012.DKR.ecr.eu-west-1.amazonaws.com/, 123456789012.dkr.ecr.eu-west-1.amazonaws.com',
      DEPOT_SHARE: '0.25',
    },
  });
  const [target] = targets;

  const fingerprint = Array.from({ length: 32 }, () => 'AA').join(':');
  assert.deepEqual(target?.tls, {
    caFile: '/ca.pem',
    serverName: 'inside',
    fingerprint,
    insecureSkipVerify: true,
    clientCertFile: '/client.pem',
    clientKeyFile: '/client.key',
  });
  assert.deepEqual('file' in target.headers || target.headers.map(({ name, value }) => `${name}=${value.reveal()}`), ['X-Entrance=staff']);
  assert.equal(target?.allowHttp, true);
  assert.equal(target?.create, true);
  assert.equal(target?.options['share'], 0.25);
  assert.deepEqual(
    target?.registries.map(({ host }) => host),
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  );
  assert.deepEqual(target?.spelling, {
    caFile: 'DEPOT_CA_FILE',
    serverName: 'DEPOT_TLS_SERVER_NAME',
    fingerprint: 'DEPOT_TLS_FINGERPRINT',
    clientCertFile: 'DEPOT_CLIENT_CERT_FILE',
    clientKeyFile: 'DEPOT_CLIENT_KEY_FILE',
    headers: 'DEPOT_HEADERS',
    allowHttp: 'DEPOT_ALLOW_HTTP',
    create: 'DEPOT_CREATE',
    registries: 'DEPOT_REGISTRIES',
  });
});

test('variables that make a target leave a target of another name alone', async () => {
  const { targets } = await readText('targets: [{kind: depot, name: north, url: "https://north", apiKey: k3y-k3y-k3y}]', { env });

  assert.deepEqual(
    targets.map(({ name, options }) => [name, options['url']]),
    [
      ['north', 'https://north'],
      ['depot', 'https://depot:9443'],
    ],
  );
});

test('a target that variables made is told of by their names, and which of them are empty', async () => {
  const wrong = async (given: Record<string, string>) => {
    const error = await read({ env: given, adapters }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError);
    return error.message;
  };
  const portainer = await wrong({ PORTAINER_URL: 'https://portainer', PORTAINER_API_KEY: '' });
  assert.match(portainer, /^ {2}PORTAINER_API_KEY: is empty; set it, or PORTAINER_API_KEY_FILE, or PORTAINER_USERNAME /m);
  assert.match(portainer, /; create it at My account > Access tokens$/);
  assert.match(await wrong({ PORTAINER_URL: 'https://portainer', PORTAINER_API_KEY_FILE: '' }), /^ {2}PORTAINER_API_KEY_FILE: is empty; /m);
  assert.match(await wrong({ PORTAINER_URL: 'https://portainer' }), /^ {2}PORTAINER_API_KEY_FILE: must be set, or PORTAINER_API_KEY, or /m);
  assert.match(
    await wrong({ PORTAINER_URL: '', PORTAINER_API_KEY_FILE: '/key' }),
    /^ {2}PORTAINER_API_KEY_FILE: .*PORTAINER_URL, which is empty/m,
  );
  assert.doesNotMatch(portainer, /apiKey/);
  const half = await wrong({ PORTAINER_URL: 'https://portainer', PORTAINER_USERNAME: 'admin', PORTAINER_PASSWORD_FILE: '' });
  assert.match(half, /^ {2}PORTAINER_PASSWORD_FILE: is empty; set it, or PORTAINER_PASSWORD$/m);
  const harbor = await wrong({ HARBOR_URL: 'https://harbor', HARBOR_USERNAME: 'robot$courier', HARBOR_PASSWORD: '' });
  assert.match(harbor, /^ {2}HARBOR_PASSWORD: is empty; set it, or HARBOR_PASSWORD_FILE$/m);
});

test('a target of a file is told of by the names of a file', async () => {
  const { targets } = await readText(`targets: [${plainTarget}]`);

  assert.equal(targets[0]?.spelling.fingerprint, 'tlsFingerprint');
});

test('names that are not given are free ones', async () => {
  const target = (more: string): string => `{kind: depot, url: "https://${more.length}", apiKey: k3y-k3y-k3y${more}}`;
  const { targets } = await readText(`targets: [${target('')}, ${target(', name: depot')}, ${target('  ')}, ${target(', name: ""   ')}]`);

  assert.deepEqual(
    targets.map(({ name }) => name),
    ['depot-2', 'depot', 'depot-3', 'depot-4'],
  );
});

test('a directory is read as one file', async () => {
  await using files = await folder({
    'a.yaml': `targets: [${plainTarget}]\nlog: {level: warn}`,
    'b.yml': 'targets: [{kind: depot, name: second, url: "https://second", apiKey: k3y-k3y-k3y}]\nlog: {format: json}',
    'c.json': '{"sources": [{"name": "prod", "accounts": ["012345678901"]}]}',
    'd.txt': 'this: [is not read',
    '..data/e.yaml': 'neither: is this',
    '.hidden.yaml': 'neither: is this',
  });

  const config = await read({ env: { ECR_COURIER_CONFIG: files.path } });

  assert.deepEqual(
    config.targets.map(({ name }) => name),
    ['depot', 'second'],
  );
  assert.deepEqual(config.log, { level: 'warn', format: 'json' });
  assert.deepEqual(config.sources, [{ name: 'prod', accounts: ['012345678901'] }, { name: 'default' }]);
});

test('one name or option in two files is a mistake that names both places', async () => {
  await using files = await folder({
    'a.yaml':
      'targets: [{kind: depot, name: north, url: "https://a", apiKey: k3y-k3y-k3y}]\nlog: {level: warn}\nsources: [{name: prod, slots: ["*"]}]',
    'b.yaml':
      'targets: [{kind: depot, name: north, url: "https://b", apiKey: k3y-k3y-k3y}]\nlog: {level: info}\nsources: [{name: prod, slots: ["*"]}]',
  });

  assert.deepEqual(await mistakesOf(read({ files: [files.path] })), [
    'log.level: is set already at a.yaml:2:14 (b.yaml:2:14)',
    'sources.prod: this name is taken already at a.yaml:3:18 (b.yaml:3:18)',
    'targets.north: this name is taken already at a.yaml:1:31 (b.yaml:1:31)',
  ]);
});

test('files that cannot be read are mistakes', async () => {
  await using files = await folder();

  assert.deepEqual(await mistakesOf(read({ files: [files.at('absent.yaml')] })), ['absent.yaml: does not exist']);
  assert.deepEqual(await mistakesOf(read({ files: [files.path] })), [
    `${basename(files.path)}: is a directory without *.yaml, *.yml and *.json`,
  ]);
});

test('an empty file, empty lists and empty groups say nothing', async () => {
  for (const text of ['', '# nothing\n', 'targets:\nsources: []\nlog:\nserver: {}', '{}'])
    assert.deepEqual((await readText(text)).targets, []);
});

test('no target at all is not a mistake, but is said', async () => {
  const { warnings } = await read({});

  assert.deepEqual(warnings, ['No target is configured: set DEPOT_URL, or name a file that has `targets:` with --config.']);
  // Compose passes an unset variable as an empty one.
  const empty = await read({ env: { DEPOT_URL: '' } });
  assert.deepEqual(empty.warnings, [
    'No target is configured: set DEPOT_URL (which is empty), or name a file that has `targets:` with --config.',
  ]);
  const noFile = await read({ env: { ECR_COURIER_CONFIG: '' } });
  assert.deepEqual(noFile.warnings, [
    'No target is configured: set DEPOT_URL, or name a file that has `targets:` with --config or ECR_COURIER_CONFIG (which is empty).',
  ]);
});

test('a path in a file is relative to the file, one in a variable is as it is', async () => {
  await using files = await folder({
    'sub/courier.yaml': 'targets: [{kind: depot, url: "https://depot", apiKeyFile: keys/depot, caFile: /ca.pem}]',
  });

  const inFile = await read({ files: [files.at('sub/courier.yaml')] });
  const inVariable = await read({ env: { DEPOT_URL: 'https://depot', DEPOT_API_KEY_FILE: 'keys/depot' } });

  assert.deepEqual(inFile.targets[0]?.options['apiKey'], { file: files.at('sub/keys/depot') });
  assert.equal(inFile.targets[0]?.tls.caFile, '/ca.pem');
  assert.deepEqual(inVariable.targets[0]?.options['apiKey'], { file: 'keys/depot', variable: 'DEPOT_API_KEY_FILE' });
});

test('a secret of a later layer replaces the file of an earlier one', async () => {
  const text = 'targets: [{kind: depot, url: "https://depot", apiKeyFile: /absent}]\nserver: {adminToken: file-token}';
  const { targets, server } = await readText(text, { env: { DEPOT_API_KEY: 'k3y-k3y-k3y', ECR_COURIER_ADMIN_TOKEN_FILE: '/token' } });

  assert.ok('secret' in Object(targets[0]?.options['apiKey']));
  assert.deepEqual(server.adminToken, { file: '/token', variable: 'ECR_COURIER_ADMIN_TOKEN_FILE' });
});

test('X and X_FILE together are a mistake', async () => {
  assert.deepEqual(await mistakesOf(read({ env: { ...env, DEPOT_API_KEY_FILE: '/key' } })), [
    'DEPOT_API_KEY: is given twice: here and as apiKeyFile (DEPOT_API_KEY_FILE). Keep one',
  ]);
});

test('$CREDENTIALS_DIRECTORY gives what nothing else gives, under both spellings', async () => {
  await using files = await folder({ 'depot-api-key': 'one', ECR_COURIER_ADMIN_TOKEN: 'two' });
  const surroundings = { DEPOT_URL: 'https://depot', CREDENTIALS_DIRECTORY: files.path };

  const lying = await read({ env: surroundings });
  const said = await read({ env: { ...surroundings, DEPOT_API_KEY: 'k3y-k3y-k3y' } });
  const absent = await read({ env: { ...env, CREDENTIALS_DIRECTORY: files.at('absent') } });

  assert.deepEqual(lying.targets[0]?.options['apiKey'], { file: files.at('depot-api-key') });
  assert.deepEqual(lying.server.adminToken, { file: files.at('ECR_COURIER_ADMIN_TOKEN') });
  assert.ok('secret' in Object(said.targets[0]?.options['apiKey']));
  assert.equal(absent.targets.length, 1);
});

test('the variables of AWS stay the SDK’s, but for the region; ours set the source default', async () => {
  const { sources } = await readText('sources: [{name: prod, accounts: ["123456789012"], region: us-east-1}]', {
    env: {
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/sdk',
      AWS_REGION: 'eu-west-1',
      ECR_COURIER_ROLE_ARN: 'arn:aws:iam::123456789012:role/ours',
      ECR_COURIER_EXTERNAL_ID: 'x-1',
    },
  });

  assert.deepEqual(sources, [
    { name: 'prod', accounts: ['123456789012'], region: 'us-east-1' },
    { name: 'default', roleArn: 'arn:aws:iam::123456789012:role/ours', externalId: 'x-1', region: 'eu-west-1' },
  ]);
});

test('aliases are known where registries are wanted', async () => {
  const { targets, aliases } = await readText(`
aliases: [{host: images.example.com, registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com}]
targets: [{kind: depot, url: "https://depot", apiKey: k3y-k3y-k3y, registries: [images.example.com]}]`);

  assert.equal(aliases.get('images.example.com'), '123456789012.dkr.ecr.eu-west-1.amazonaws.com');
  assert.equal(targets[0]?.registries[0]?.host, 'images.example.com');
  assert.equal(targets[0]?.registries[0]?.account, '123456789012');
});

test('two targets with one address and key are told of, two keys are not', async () => {
  const same = '{kind: depot, name: NAME, url: "https://depot", apiKey: KEY}';
  const pair = (key: string): string =>
    `targets: [${same.replace('NAME', 'a').replace('KEY', 'key-one-one')}, ${same.replace('NAME', 'b').replace('KEY', key)}]`;

  assert.deepEqual((await readText(pair('key-one-one'))).warnings, [
    'targets.b and targets.a reach the same manager with the same key: one of them is enough.',
  ]);
  assert.deepEqual((await readText(pair('key-two-two'))).warnings, []);
});

test('a certificate that is not verified, and a key that everybody can read, are warned of', async () => {
  await using files = await folder({ key: 'k3y-k3y-k3y', private: 'k3y-k3y-k3y' });
  await chmod(files.at('key'), 0o644);

  const open = await read({ env: { DEPOT_URL: 'https://depot', DEPOT_API_KEY_FILE: files.at('key'), DEPOT_INSECURE_SKIP_VERIFY: '1' } });
  const closed = await read({ env: { DEPOT_URL: 'https://depot', DEPOT_API_KEY_FILE: files.at('private') } });

  assert.deepEqual(open.warnings, [
    'DEPOT_INSECURE_SKIP_VERIFY is on: whoever is in between can read key and tokens.',
    `DEPOT_API_KEY_FILE: ${files.at('key')} holds a secret and everybody on this machine may read it: chmod 600 it.`,
  ]);
  assert.deepEqual(closed.warnings, []);
});

test('own is a registry without a number: its region is that of the source default', async () => {
  const plain = '{kind: depot, url: "https://depot", apiKey: k3y-k3y-k3y, registries: [own]}';
  const withRegion = `sources: [{name: default, region: eu-west-1}, {name: b, region: eu-north-1, accounts: ["123456789012"]}]\ntargets: [${plain}]`;
  const listed = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
  const { targets: fromFile } = await readText(withRegion, { env: { AWS_REGION: 'us-east-1' } });
  const { targets: fromEnv, settings } = await read({
    env: { ...env, DEPOT_REGISTRIES: `own, ${listed}`, AWS_DEFAULT_REGION: 'cn-north-1' },
  });
  const { targets: without } = await read({ env: { ...env, AWS_REGION: 'us-east-1' } });

  assert.equal(fromFile[0]?.own?.region, 'eu-west-1');
  assert.deepEqual(fromFile[0]?.registries, []);
  assert.deepEqual([fromEnv[0]?.own?.region, fromEnv[0]?.own?.partition], ['cn-north-1', 'aws-cn']);
  assert.deepEqual(
    fromEnv[0]?.registries.map(({ host }) => host),
    [listed],
  );
  assert.equal(settings.find(({ path }) => path === 'targets.depot.registries')?.value, `[own, ${listed}]`);
  assert.equal(without[0]?.own, undefined);
  assert.deepEqual(await mistakesOf(readText(`targets: [${plain}]`)), [
    "targets.depot.registries: needs AWS_REGION: the region of the courier's own registry, such as eu-west-1 (courier.yaml:1:80)",
  ]);
  assert.match(
    (await mistakesOf(read({ env: { ...env, DEPOT_REGISTRIES: 'Own', AWS_REGION: 'us-east-1' } }))).join(),
    /^DEPOT_REGISTRIES: entry 1 must be the host of an ECR registry, such as .*, or own$/m,
  );
});

test('no secret is in the settings, and the whole is frozen', async () => {
  const config = await read({ env: { ...env, ECR_COURIER_ADMIN_TOKEN: 't0ken-t0ken' } });

  assert.doesNotMatch(JSON.stringify(config), /k3y|t0ken/);
  assert.deepEqual(
    config.settings.filter(({ value }) => value === '[secret]').map(({ path, origin }) => [path, origin]),
    [
      ['server.adminToken', 'ECR_COURIER_ADMIN_TOKEN'],
      ['targets.depot.apiKey', 'DEPOT_API_KEY'],
    ],
  );
  for (const part of [
    config,
    config.targets,
    config.targets[0],
    config.targets[0]?.tls,
    config.targets[0]?.options,
    config.server.listen,
    config.sources[0],
  ])
    assert.ok(Object.isFrozen(part));
});

test('a variable of a product that nobody reads is named, with the one that means the same', async () => {
  const told = async (env: Env) => (await read({ env, adapters })).warnings.filter(warning => warning.includes('is not read'));
  for (const [name, meant] of Object.entries({
    PORTAINER_TOKEN: 'PORTAINER_API_KEY',
    PORTAINER_TOKEN_FILE: 'PORTAINER_API_KEY_FILE',
    PORTAINER_INSECURE: 'PORTAINER_INSECURE_SKIP_VERIFY',
    PORTAINER_USER: 'PORTAINER_USERNAME',
    PORTAINER_HOST: 'PORTAINER_URL',
    HARBOR_PASSWD_FILE: 'HARBOR_PASSWORD_FILE',
    HARBOR_TOKEN: 'HARBOR_PASSWORD',
    RANCHER_API_KEY: 'RANCHER_TOKEN',
    SWARM_CA_CERT: 'SWARM_CA_FILE',
    DOCKER_CONFIG_PAHT: 'DOCKER_CONFIG_PATH',
    PORTAINR_URL: 'PORTAINER_URL',
    ECR_COURER_LISTEN: 'ECR_COURIER_LISTEN',
  }))
    assert.deepEqual(await told({ [name]: 'x' }), [`${name} is not read: did you mean ${meant}?`]);
  const ofProducts = ['PORTAINER_VERSION', 'PORTAINER_PORT_9443_TCP_ADDR', 'CATTLE_CONFIG_URL_SCHEME', 'DOCKER_URL', 'KUBERNETES_FOO'];
  // Each is the suffix of one of our variables.
  const ofOthers = ['HOME', 'LOG_FORMAT', 'HEARTBEAT_URL', 'EXTERNAL_ID', 'ADMIN_TOKEN'];
  for (const name of [...ofProducts, ...ofOthers]) assert.deepEqual(await told({ [name]: 'x' }), [], name);
  const made = { SWARM_URL: 'unix:///run/docker.sock', SWARM_SIZE: '3', SWARM_PORT: 'tcp://10.0.0.1:1' };
  assert.deepEqual(await told(made), ['SWARM_SIZE is not read: there is no such variable. config/reference.md lists those of swarm.']);
});
