import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { adapters } from '../adapters/index.ts';
import { type Adapter, defineAdapter } from '../src/contract/adapter.ts';
import { clock } from '../src/contract/clock.ts';
import { Failure } from '../src/contract/failures.ts';
import type { HttpBase } from '../src/contract/http.ts';
import { addressReader, parseAddress } from '../src/contract/registry.ts';
import { redact } from '../src/contract/secret.ts';
import { createLog } from '../src/io/log.ts';
import { manageTarget, type OpenableTarget } from '../src/target.ts';
import { folder, read } from './config/support.ts';
import { createAuthority } from './fakes/authority.ts';
import { startServer } from './fakes/server.ts';

test('the key of an open target is filtered out of texts, although its adapter made a header of it and dropped it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const portainer = 'targets: [{kind: portainer, url: "https://portainer.test", apiKeyFile: key}]';
  await using files = await folder({ 'courier.yaml': portainer, key: 'the-key-in-a-file' });
  const config = await read({ files: [files.at('courier.yaml')], adapters });
  const log = createLog({ to: { write: () => undefined } });
  const [target] = config.targets.map(one =>
    manageTarget(one, { clock, log, registry: addressReader(config.aliases), env: {}, readonly: false }),
  );
  await using _ = { [Symbol.asyncDispose]: async () => (await target?.open())?.[Symbol.asyncDispose]?.() };

  await target?.open();
  for (let times = 0; times < 3; times++) {
    collect();
    await turn();
  }

  assert.equal(redact('it said the-key-in-a-file'), 'it said [secret]');
});

test('remedies name what the user wrote: variables, or the options of a file', async () => {
  const remedies = async (given: Parameters<typeof read>[0]) => {
    const config = await read({ adapters, ...given });
    const log = createLog({ to: { write: () => undefined } });
    const [target] = config.targets.map(one =>
      manageTarget(one, { clock, log, registry: addressReader(config.aliases), env: {}, readonly: false }),
    );
    const [unsafe] = target?.standing ?? [];
    return { ...target?.remedies, unsafe: unsafe?.remedy } as Readonly<Record<string, string | undefined>>;
  };
  const byVariables = await remedies({
    env: { PORTAINER_URL: 'https://portainer', PORTAINER_API_KEY: 'ptr_key', PORTAINER_INSECURE_SKIP_VERIFY: 'true' },
  });
  assert.match(byVariables['NO_SLOTS'] ?? '', /`PORTAINER_REGISTRIES`.*`PORTAINER_CREATE=true`/);
  assert.match(byVariables['NOT_CREATED'] ?? '', /`PORTAINER_CREATE=true`/);
  assert.match(byVariables['unsafe'] ?? '', /`PORTAINER_TLS_FINGERPRINT`.*`PORTAINER_CA_FILE`/);

  const text = 'targets: [{kind: portainer, url: "https://portainer", apiKey: ptr_key, insecureSkipVerify: true}]';
  await using files = await folder({ 'courier.yaml': text });
  const byFile = await remedies({ files: [files.at('courier.yaml')] });
  assert.match(byFile['NO_SLOTS'] ?? '', /`registries`.*`create: true`/);
  const creating = await folder({
    'courier.yaml': `targets: [{kind: kubernetes, url: "https://k", tokenFile: /t, onlyWithImages: true}]`,
  });
  const byCreator = await remedies({ files: [creating.at('courier.yaml')] });
  assert.match(byCreator['NO_SLOTS'] ?? '', /or name its host in `registries`\.$/, 'it creates already');
  await creating[Symbol.asyncDispose]();
  const ofFile = await remedies({
    env: { DOCKER_CONFIG_PATH: '/var/lib/x/config.json', DOCKER_CONFIG_REGISTRIES: '123456789012.dkr.ecr.eu-west-1.amazonaws.com' },
  });
  assert.match(ofFile['NOT_CREATED'] ?? '', /^Create it in the file, or set `DOCKER_CONFIG_CREATE=true`/);
  assert.match(byFile['NOT_CREATED'] ?? '', /^Create it in the manager/);
  assert.match(byFile['unsafe'] ?? '', /`tlsFingerprint`.*`caFile`/);
});

test('the adapter is told of the own registry as of any other, once, and made anew when it is another one', async () => {
  const [listed, ours] = ['111111111111', '222222222222'].map(account => `${account}.dkr.ecr.eu-west-1.amazonaws.com`) as [string, string];
  const told: string[][] = [];
  const shelf = defineAdapter({
    kind: 'shelf',
    doc: 'A shelf.',
    options: {},
    create(_, { wanted }) {
      told.push(wanted.map(({ host }) => host));
      return { address: 'shelf', discover: async () => ({ slots: [], findings: [] }), deliver: async () => ({ change: 'unchanged' }) };
    },
  }) as unknown as Adapter;
  await using files = await folder({ 'courier.yaml': `targets: [{kind: shelf, registries: [own, ${listed}]}]` });
  const { targets, aliases } = await read({ files: [files.at('courier.yaml')], adapters: [shelf], env: { AWS_REGION: 'eu-west-1' } });
  const log = createLog({ to: { write: () => undefined } });
  const [target] = targets.map(one => manageTarget(one, { clock, log, registry: addressReader(aliases), env: {}, readonly: false }));
  assert.ok(target);

  const unknown = await target.open();
  const known = await target.open(parseAddress(ours)?.registry);
  const again = await target.open(parseAddress(ours)?.registry);
  await target.open(parseAddress(listed)?.registry);

  assert.notEqual(known, unknown);
  assert.equal(again, known);
  assert.deepEqual(told, [[listed], [listed, ours], [listed]]);
});

test('an option with the format address takes a URL or a socket, and plain http only where that is allowed', async () => {
  const engine = defineAdapter({
    kind: 'engine',
    doc: 'An engine.',
    options: { url: { doc: 'Where.', format: 'address', env: 'ENGINE_URL' } },
    create({ url }, { http }) {
      const ask = http({ url });
      return {
        address: url,
        discover: async signal => ({ slots: [], findings: [], about: { product: (await ask('GET', '/version', { signal })).text } }),
        deliver: async () => ({ change: 'unchanged' }),
      };
    },
  });
  await using files = await folder();
  const configured = (url: string) => read({ env: { ENGINE_URL: url }, adapters: [engine] });
  await using server = await startServer(({ path }) => ({ status: 200, text: `asked for ${path}` }), { socket: files.at('engine.sock') });
  const { targets, aliases, warnings } = await configured(server.url);
  const env = { HTTP_PROXY: 'http://127.0.0.1:9' };
  const log = createLog({ to: { write: () => undefined } });
  const [target] = targets.map(one => manageTarget(one, { clock, log, registry: addressReader(aliases), env, readonly: false }));
  const report = await (await target?.open())?.discover(AbortSignal.timeout(10_000));
  assert.equal(report?.about?.product, 'asked for /version');
  assert.deepEqual(warnings, []);
  const withTls = await read({ env: { ENGINE_URL: server.url, ENGINE_TLS_SERVER_NAME: 'engine' }, adapters: [engine] });
  assert.match(String(withTls.warnings), /a socket needs no certificate, so this has no effect: ENGINE_TLS_SERVER_NAME\./);
  for (const [url, mistake] of [
    ['http://127.0.0.1:2375', /is plain http/],
    ['tcp://127.0.0.1:2376', /must begin with https:\/\/ in the place of tcp:\/\/, or with http:\/\/ where there is no TLS/],
    ['ssh://root@engine', /forwarded: `ssh .*-o StreamLocalBindUnlink=yes .*-L (\S+):\S+ USER@HOST`, then unix:\/\/\1(?!\S)/],
    ['tcp://127.0.0.1:2375', /http:\/\/ where there is no TLS, as at port 2375, together with `allowHttp`/],
    ['ssh://engine:2222/run/docker.sock', /forwarded: `ssh -nNT .*-L/],
    [
      '/var/run/docker.sock',
      /must begin with unix:\/\/\/, https:\/\/ or http:\/\/\. A socket is written so.*: unix:\/\/\/var\/run\/docker\.sock/,
    ],
    ['./docker.sock', /A socket is written so, with its whole path/],
    ['unix:/var/run/docker.sock', /with three slashes and the whole path: unix:\/\/\/var\/run\/docker\.sock/],
    ['unix://var/run/docker.sock', /with three slashes and the whole path/],
    ['npipe:////./pipe/docker_engine', /A pipe of Windows cannot be used: .*https:\/\/HOST:2376/],
    ['//./pipe/docker_engine', /A pipe of Windows cannot be used/],
    ['\\\\.\\pipe\\docker_engine', /A pipe of Windows cannot be used/],
    ['fd://', /whose socket is unix:\/\/\/var\/run\/docker\.sock/],
    ['manager:2376', /https:\/\/HOST:2376 where Docker listens with TLS, http:\/\/HOST:2375 and `allowHttp` where it does not/],
    [':2375', /http:\/\/HOST:2375 and `allowHttp`/],
    ['ftp://manager', /must begin with unix:\/\/\/, https:\/\/ or http:\/\/$/m],
    ['unix://docker.sock', /must name a socket as unix:\/\/\/PATH/],
    ...['/run/docker.sock?x', '/run/docker.sock#x', '/my sockets/docker.sock'].map(
      path => [`unix://${path}`, /without blanks, \? and #: in its path they are written as %20, %3F and %23/] as const,
    ),
    ['https://user:pass@engine', /must not contain a user name or password/],
  ] as const)
    await assert.rejects(configured(url), mistake, url);
  assert.equal((await configured('https://engine:2376')).targets.length, 1);
});

test('configured headers go with every request, replace none of ours, and are read from their file anew', async () => {
  const asks = (name: string): Adapter =>
    defineAdapter({
      kind: 'shelf',
      doc: 'A shelf.',
      options: { url: { doc: 'Where.', format: 'url' } },
      create({ url }, { http }) {
        const ask = http({ url, headers: { [name]: 'ours' } });
        return {
          address: url,
          discover: async signal => ({ slots: [], findings: [], about: { product: (await ask('GET', '/', { signal })).text } }),
          deliver: async () => ({ change: 'unchanged' }),
        };
      },
    });
  const server = createServer(({ headers }, response) => response.end(`${headers['x-key']} ${headers['x-entrance']}`));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const text = `targets: [{kind: shelf, url: "${url}", allowHttp: true, headersFile: ./headers}]`;
  await using files = await folder({ 'courier.yaml': text, headers: 'X-Entrance: first' });
  const manage = async (adapter: Adapter) => {
    const { targets, aliases } = await read({ files: [files.at('courier.yaml')], adapters: [adapter] });
    const log = createLog({ to: { write: () => undefined } });
    const [target] = targets.map(one => manageTarget(one, { clock, log, registry: addressReader(aliases), env: {}, readonly: false }));
    assert.ok(target);
    return target;
  };
  const product = async (target: Awaited<ReturnType<typeof manage>>): Promise<string | undefined> => {
    const opened = await target.open();
    return (await opened.discover(AbortSignal.timeout(10_000))).about?.product;
  };

  const target = await manage(asks('X-Key'));
  assert.equal(await product(target), 'ours first');
  assert.equal(await target.changed(), false);
  await writeFile(files.at('headers'), 'x-entrance: second\n');
  assert.equal(await target.changed(), true);
  assert.equal(await product(target), 'ours second');
  const refused = await manage(asks('X-Entrance'));
  await assert.rejects(refused.open(), {
    code: 'MISCONFIGURED',
    message: /headers names x-entrance, which the courier sends to this manager itself/,
  });
  assert.equal(await refused.changed(), false);
  await writeFile(files.at('headers'), 'X-Other: third\n');
  assert.equal(await refused.changed(), true, 'what the adapter refused was mended');
  assert.equal(await product(refused), 'undefined ours');
});

test('a program that an adapter runs sees the environment without keys of managers, and ends with the signal', async () => {
  const ran: unknown[] = [];
  const runner = defineAdapter({
    kind: 'runner',
    doc: 'Runs.',
    options: {},
    create: (_, { run }) => ({
      address: 'runner',
      async discover(signal) {
        const { stdout } = await run({ command: 'env', env: { TOLD: 'yes' }, signal });
        ran.push(stdout.trimEnd().split('\n').sort());
        await assert.rejects(run({ command: 'sleep', args: ['600'], signal: AbortSignal.abort(new Error('too late')) }), /too late/);
        return { slots: [], findings: [] };
      },
      deliver: async () => ({ change: 'unchanged' }),
    }),
  }) as unknown as Adapter;
  await using files = await folder({ 'courier.yaml': 'targets: [{kind: runner}]' });
  const { targets, aliases } = await read({ files: [files.at('courier.yaml')], adapters: [runner] });
  const log = createLog({ to: { write: () => undefined } });
  const PATH = process.env['PATH'] ?? '';
  const env = { PATH, AWS_PROFILE: 'prod', PORTAINER_API_KEY: 'key', RUNNER_KEY: 'key', ECR_COURIER_ADMIN_TOKEN: 'token' };
  for (const one of targets) {
    const managed = manageTarget(one, { clock, log, registry: addressReader(aliases), env, readonly: true });
    await (await managed.open()).discover(new AbortController().signal);
  }
  assert.deepEqual(ran, [['AWS_PROFILE=prod', `PATH=${PATH}`, 'TOLD=yes']]);
});

test('what is configured for the manager goes nowhere else, and nothing is written without the lead', async () => {
  const authority = createAuthority();
  await using manager = await startServer(() => ({ status: 200, json: {} }), { tls: authority.certificateFor('localhost') });
  await using issuer = await startServer(() => ({ status: 200, json: {} }), { tls: authority.certificateFor('localhost') });
  const said: string[] = [];
  const depot = defineAdapter({
    kind: 'depot',
    doc: 'One that asks two servers.',
    options: {},
    create: (_, { http }) => ({
      address: manager.url,
      async discover(signal) {
        const ask = async (base: HttpBase, method: string): Promise<string> =>
          await http(base)(method, '/', { signal }).then(
            ({ status }) => String(status),
            (failure: Failure) => failure.message,
          );
        said.push(await ask({ url: manager.url }, 'PUT'), await ask({ url: issuer.url, elsewhere: true }, 'GET'));
        said.push(await ask({ url: issuer.url, elsewhere: true, authorities: authority.ca, serverName: 'localhost' }, 'GET'));
        return { slots: [], findings: [] };
      },
      deliver: async () => ({ change: 'unchanged' }),
    }),
  }) as unknown as Adapter;
  const text = JSON.stringify({
    targets: [{ kind: 'depot', insecureSkipVerify: true, headers: { 'X-Access': 'the-key-of-the-access-proxy' } }],
  });
  await using files = await folder({ 'courier.json': text });
  const { targets, aliases } = await read({ files: [files.at('courier.json')], adapters: [depot] });
  const log = createLog({ to: { write: () => true } });
  let leads = true;
  const [one] = targets.map(config =>
    manageTarget(config, { clock, log, registry: addressReader(aliases), env: {}, readonly: false, leads: () => leads }),
  );
  const target = (await one?.open()) ?? assert.fail();
  const { signal } = new AbortController();
  await target.discover(signal);
  assert.equal(said[0], '200');
  assert.match(said[1] ?? '', /certificate/);
  assert.equal(said[2], '200');
  assert.deepEqual(
    [...manager.requests, ...issuer.requests].map(({ headers }) => headers['x-access']),
    ['the-key-of-the-access-proxy', undefined],
  );
  leads = false;
  await target.discover(signal);
  assert.match(said[3] ?? '', /would write, and another courier may lead by now\. Nothing was sent\.$/);
  assert.equal(manager.requests.length, 1);
  await target[Symbol.asyncDispose]?.();
});

test('after a reload a target that is reached as before stays open; another key, address or option opens it anew', async () => {
  const managed = async (more: object, former?: OpenableTarget) => {
    const text = JSON.stringify({ targets: [{ kind: 'portainer', url: 'https://portainer', apiKey: 'ptr_key', ...more }] });
    await using files = await folder({ 'courier.json': text });
    const config = await read({ files: [files.at('courier.json')], adapters });
    const log = createLog({ to: { write: () => true } });
    const [one] = config.targets;
    assert.ok(one);
    return manageTarget(one, { clock, log, registry: addressReader(config.aliases), env: {}, readonly: false }, former);
  };
  const before = await managed({});
  for (const same of [{}, { required: false }, { paused: true }])
    assert.equal((await managed(same, before)).open, before.open, JSON.stringify(same));
  for (const other of [
    { apiKey: 'ptr_other' },
    { url: 'https://elsewhere' },
    { create: true },
    { concurrency: 1 },
    { insecureSkipVerify: true },
  ])
    assert.notEqual((await managed(other, before)).open, before.open, JSON.stringify(other));
  assert.doesNotMatch(before.digest, /ptr_/);
});

test('whatever an adapter does, its discovery has one budget for all answers, and what it throws names the proxy on the way', async () => {
  const asked: string[] = [];
  const server = createServer(({ url: path = '' }, response) => {
    asked.push(path);
    response.end(path.endsWith('/word') ? 'no' : `[${'{},'.repeat(100_000)}{}]`);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endless = defineAdapter({
    kind: 'shelf',
    doc: 'A shelf.',
    options: { url: { doc: 'Where.', format: 'url' } },
    create({ url }, { http }) {
      const ask = http({ url });
      return {
        address: url,
        async discover(signal) {
          for (let page = 1; ; page++) (await ask('GET', `/${page}`, { signal })).json();
        },
        async deliver(_slot, _credentials, signal) {
          throw new Failure('REJECTED', `The shelf said ${(await ask('GET', '/word', { signal })).text}.`);
        },
      };
    },
  });
  await using files = await folder({ 'courier.yaml': 'targets: [{kind: shelf, url: "http://shelf.test", allowHttp: true}]' });
  const { targets, aliases } = await read({ files: [files.at('courier.yaml')], adapters: [endless] });
  const log = createLog({ to: { write: () => undefined } });
  const env = { HTTP_PROXY: proxy };
  const [target] = targets.map(one => manageTarget(one, { clock, log, registry: addressReader(aliases), env, readonly: false }));
  const opened = await target?.open();
  assert.ok(opened);
  const { signal } = new AbortController();

  await assert.rejects(opened.discover(signal), {
    code: 'TOO_LARGE',
    message: /128 MiB of memory \(through the proxy http:.* \(HTTP_PROXY\)\)/,
  });
  assert.ok(asked.length < 20, `${asked.length} pages`);
  const slot = { id: '1', registries: [], state: 'present', ref: null } as const;
  await assert.rejects(opened.deliver(slot, new Map(), signal), {
    code: 'REJECTED',
    message: `The shelf said no (through the proxy ${proxy} (HTTP_PROXY)).`,
  });
  assert.equal(asked.at(-1), 'http://shelf.test/word');
});
