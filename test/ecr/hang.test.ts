import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as turn } from 'node:timers/promises';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { searchFor } from '../../src/ecr/keys/search.ts';
import { makeSources } from '../../src/ecr/sources/source.ts';
import { openOnce } from '../../src/io/once.ts';
import { reachAws } from '../../src/io/reach.ts';
import { registry } from '../courier/rig.ts';
import { startMetadata } from '../fakes/metadata.ts';
import { failureOf, registryOf, withoutNetwork } from './support.ts';

test('a credential process that hangs is named, and is started once, however often a token is asked for', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chain-'));
  t.after(() => rm(folder, { recursive: true }));
  const starts = join(folder, 'starts');
  await writeFile(join(folder, 'config'), `[default]\ncredential_process = /bin/sh -c "echo started >> ${starts}; exec sleep 5"\n`);
  // The AWS client reads the variables of the process.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') });
  const source = makeSources([], { once: openOnce(reachAws({ env: {} })), clock, env: process.env, fetchMs: 700 }).all[0];
  assert.ok(source);

  for (let tries = 0; tries < 3; tries++) {
    const thrown: unknown = await source.fetch(registry(), new AbortController().signal).catch((error: unknown) => error);
    assert.ok(thrown instanceof Failure);
    assert.equal(thrown.code, 'TIMEOUT');
    assert.match(thrown.message, /in the profile "default" \(its credential process \/bin\/sh\)/);
    assert.match(thrown.remedy, /credential_process of the profile "default" \(\/bin\/sh\).* must write the keys and end/);
  }
  assert.equal(await readFile(starts, 'utf8'), 'started\n');
});

test('an endpoint of container keys that hangs is named', async () => {
  await using metadata = await startMetadata({ accessKeyId: '', secretAccessKey: '', fault: () => 'hang' });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const nowhere = { AWS_CONFIG_FILE: '/nowhere/config', AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials' };
  Object.assign(process.env, { ...nowhere, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.url}/container` });
  const source = makeSources([], { once: openOnce(reachAws({ env: {} })), clock, env: process.env, fetchMs: 500 }).all[0];
  assert.ok(source);
  const { code, message, remedy } = await failureOf(source.fetch(registry(), new AbortController().signal));
  assert.equal(code, 'TIMEOUT');
  assert.ok(message.endsWith(`in container or Pod identity (${metadata.url}/container).`), message);
  assert.match(remedy, /^See why http:.*\/container does not answer this process.*remove AWS_CONTAINER_CREDENTIALS_FULL_URI\.$/);
  delete process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
});

test('an endpoint of container keys that hangs for a profile is named, and nothing is printed', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chain-'));
  t.after(() => rm(folder, { recursive: true }));
  const printed = t.mock.method(console, 'warn', () => undefined);
  await using metadata = await startMetadata({ accessKeyId: '', secretAccessKey: '', fault: () => 'hang' });
  const role = 'role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = EcsContainer\n';
  await writeFile(join(folder, 'config'), `[default]\n${role}`);
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const files = { AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') };
  Object.assign(process.env, { ...files, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.url}/container` });
  const source = makeSources([], { once: withoutNetwork(() => undefined), clock, env: process.env, fetchMs: 1500 }).all[0];
  assert.ok(source);
  const { message, remedy } = await failureOf(source.fetch(registry(), new AbortController().signal));
  assert.ok(message.endsWith(`in the profile "default" (keys of ${metadata.url}/container).`), message);
  assert.match(remedy, /^See why http:.*\/container does not answer this process/);
  assert.equal(printed.mock.callCount(), 0);
  delete process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
});

test('an endpoint of container keys that hung once is asked again, and nothing is printed', async t => {
  const printed = t.mock.method(console, 'warn', () => undefined);
  let asked = 0;
  await using metadata = await startMetadata({
    accessKeyId: 'ASIAPOD',
    secretAccessKey: 's',
    fault: () => (asked++ === 0 ? 'hang' : undefined),
  });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const env = {
    AWS_CONFIG_FILE: '/nowhere/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.url}/container`,
  };
  const source = makeSources([], { once: withoutNetwork(() => undefined), clock, env, fetchMs: 1500 }).all[0];
  assert.ok(source);
  assert.equal((await failureOf(source.fetch(registry(), new AbortController().signal))).code, 'TIMEOUT');
  await turn(10);
  // UNREACHABLE comes from ECR, so there were keys.
  assert.equal((await failureOf(source.fetch(registry(), new AbortController().signal))).code, 'UNREACHABLE');
  assert.equal(asked, 2);
  assert.equal(printed.mock.callCount(), 0);
});

test('a walk that never ends is left alone after some minutes', async () => {
  const identity = {};
  let now = 0;
  let walks = 0;
  const wait = async () => {
    const gone = new AbortController();
    const search = searchFor(identity, { mono: () => now }, () =>
      ++walks < 3 ? new Promise<string>(() => undefined) : Promise.resolve('keys'),
    );
    const found = search.until(gone.signal);
    gone.abort();
    return await Promise.race([found, turn(0)]);
  };
  for (const [at, begun] of [
    [0, 1],
    [100_000, 1],
    [200_000, 2],
    [350_000, 2],
  ] as const) {
    now = at;
    assert.equal(await wait(), undefined);
    assert.equal(walks, begun, `${at} ms`);
  }
  now = 400_000;
  assert.equal(await wait(), 'keys');
});

test('keys that come late are used for the registry that asks then, not for the one that asked first', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chain-'));
  t.after(() => rm(folder, { recursive: true }));
  const go = join(folder, 'go');
  const keys = '{\\"Version\\":1,\\"AccessKeyId\\":\\"AKIALATE\\",\\"SecretAccessKey\\":\\"late-secret\\"}';
  const wait = `while [ ! -e ${go} ]; do sleep 0.05; done`;
  await writeFile(join(folder, 'config'), `[default]\ncredential_process = /bin/sh -c "${wait}; echo '${keys}'"\n`);
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') });
  const called: string[] = [];
  const once = withoutNetwork(({ url }) => called.push(url.origin));
  const source = makeSources([], { once, clock, env: process.env }).all[0];
  assert.ok(source);
  const ask = (host: string, signal: AbortSignal) => failureOf(source.fetch(registryOf(host), signal));

  const first = new AbortController();
  const plain = ask('123456789012.dkr.ecr.eu-west-1.amazonaws.com', first.signal);
  const waits = () => source.waitsFor?.(registryOf('123456789012.dkr.ecr.eu-west-1.amazonaws.com')) ?? '';
  for (let tries = 0; tries < 2000 && !waits().includes('credential process'); tries++) await turn(10);
  first.abort();
  assert.equal((await plain).code, 'TIMEOUT');
  const fips = ask('123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', new AbortController().signal);
  await writeFile(go, '');
  const failure = await fips;
  assert.equal(failure.code, 'UNREACHABLE', failure.message);
  assert.deepEqual([...new Set(called)], ['https://api.ecr-fips.us-east-1.amazonaws.com']);
});
