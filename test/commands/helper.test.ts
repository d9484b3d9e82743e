import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { Diagnosis } from '../../src/clients/diagnosis.ts';
import { podmanFiles } from '../../src/commands/helper/client-files.ts';
import { unwrittenBeside } from '../../src/commands/helper/notes.ts';
import { rewriter } from '../../src/commands/helper/rewrite.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Files } from '../../src/contract/files.ts';
import { lendFiles } from '../../src/io/lent-files.ts';
import { folder } from '../config/support.ts';
import { command } from './cli.ts';

const one = '111111111111.dkr.ecr.eu-west-1.amazonaws.com';
const two = '222222222222.dkr.ecr.eu-west-1.amazonaws.com';
const token = (ends: string): string =>
  Buffer.from(JSON.stringify({ payload: 'hidden', expiration: Date.parse(ends) / 1000 })).toString('base64');
const auth = (password: string): string => Buffer.from(`AWS:${password}`).toString('base64');

/** Creates a home with a Docker configuration, and with the helper on PATH. */
async function home(config?: string, programs = ['docker-credential-ecr-courier']) {
  const dir = await folder(config === undefined ? {} : { '.docker/config.json': config });
  await mkdir(dir.at('bin'), { recursive: true });
  for (const program of programs) await writeFile(dir.at(`bin/${program}`), '#!/bin/sh\n', { mode: 0o755 });
  const env = { HOME: dir.path, PATH: dir.at('bin'), XDG_RUNTIME_DIR: dir.at('run') };
  const path = dir.at('.docker/config.json');
  const helper = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    command(['helper', ...args], { ...env, ...more });
  return { ...dir, env, path, helper, text: () => readFile(path, 'utf8'), [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

const stale = `{
  "auths": {
    "https://${one}": { "auth": "${auth('s3cret-old')}" },
    "ghcr.io": { "auth": "${auth('s3cret-ghcr')}" },
    "${one}/team": { "auth": "${auth('s3cret-team')}" },
    "https://me:s3cret-key@${one}": {}
  },
  "credHelpers": { "https://${one}": "ecr-login", "gcr.io": "gcloud" },
  "HttpHeaders": { "X-Meta": "s3cret-header" },
  "proxies": { "default": { "httpProxy": "http://me:s3cret-proxy@proxy" } }
}
`;

test('install names the helper, takes out every login of the host, and leaves everything else as it is written', async () => {
  await using at = await home(stale);
  await chmod(at.path, 0o640);
  const { code, stdout, stderr } = await at.helper(['install', `https://${one}/`]);
  assert.equal(code, 0, stderr);
  assert.equal(
    await at.text(),
    stale
      .replace(/ {4}"https:.*\n/g, '')
      .replace(/,\n {4}"1{12}[^\n]*team.*\n/, '\n')
      .replace(`{ "https://${one}": "ecr-login", "gcr.io": "gcloud" }`, `{ "gcr.io": "gcloud", "${one}": "ecr-courier" }`),
  );
  assert.equal((await stat(at.path)).mode & 0o777, 0o640);
  assert.match(stdout, new RegExp(`docker-credential-ecr-courier answers for ${one}`));
  assert.match(stdout, /the logins of https:\/\/1[^,]*, 1[^,]*\/team, https:\/\/1[^,]*com, which/);
  assert.match(stdout, /takes the place of docker-credential-ecr-login/);
  assert.match(stdout, /which some clients send when the helper fails/);
  const again = await at.helper(['install', one]);
  assert.match(again.stdout, /needs no change/);
  assert.doesNotMatch(stdout + stderr, /s3cret|QVdT/);
});

test('a dry run shows the change without a secret, and writes nothing', async () => {
  await using at = await home(stale);
  const { code, stdout } = await at.helper(['install', '--dry-run', one]);
  assert.equal(code, 0);
  assert.equal(await at.text(), stale);
  assert.match(stdout, new RegExp(`^- {5}"https://${one}": \\{ "auth": "\\[secret\\]" \\},$`, 'm'));
  await using tabs = await home('{\n\t"credHelpers": {\n\t\t"gcr.io": "gcloud"\n\t}\n}');
  assert.match((await tabs.helper(['install', '--dry-run', one])).stdout, new RegExp(`^\\+ {9}"${one}": "ecr-courier"$`, 'm'));
  assert.match(stdout, new RegExp(`^\\+ {3}"credHelpers": \\{ "gcr.io": "gcloud", "${one}": "ecr-courier" \\},$`, 'm'));
  for (const secret of ['s3cret', auth('s3cret-old'), auth('s3cret-ghcr')]) assert.ok(!stdout.includes(secret), secret);
});

test('the hosts are those of the arguments and of the configuration: targets, sources and aliases', async () => {
  await using at = await home();
  await writeFile(
    at.at('courier.yaml'),
    `targets: [{kind: portainer, url: "https://portainer", apiKey: ptr_k3y, registries: [${one}]}]
sources: [{name: prod, accounts: ["333333333333"], region: eu-central-1, registries: ["*.dkr.ecr.us-east-1.amazonaws.com", ${two}]}]
aliases: [{host: images.example, registry: ${one}}]
`,
  );
  const { code, stderr } = await at.helper(['install', '-c', at.at('courier.yaml'), 'public.ecr.aws']);
  assert.equal(code, 0, stderr);
  const { credHelpers } = JSON.parse(await at.text()) as { credHelpers: Record<string, string> };
  const central = '333333333333.dkr.ecr.eu-central-1.amazonaws.com';
  assert.deepEqual(Object.keys(credHelpers).sort(), [one, two, central, 'images.example', 'public.ecr.aws'].sort());
  assert.equal((await stat(at.path)).mode & 0o777, 0o600);
  assert.equal((await stat(at.at('.docker'))).mode & 0o777, 0o700);
});

test('the configuration that the helper itself reads is read, and another one when it is named', async () => {
  await using at = await home();
  await mkdir(at.at('.config/ecr-courier'), { recursive: true });
  const sources = `[{name: prod, accounts: ["222222222222"], region: eu-west-1}, {name: public, service: ecr-public}]`;
  await writeFile(at.at('.config/ecr-courier/config.yaml'), `sources: ${sources}\n`);
  await writeFile(at.at('other.yaml'), `aliases: [{host: images.example, registry: ${one}}]\n`);
  const hosts = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await at.helper(['doctor', '--json', ...args]);
    assert.notEqual(code, 2, stderr);
    return (JSON.parse(stdout) as { hosts: readonly { readonly host: string }[] }).hosts.map(({ host }) => host);
  };
  assert.deepEqual(await hosts(), [two, 'public.ecr.aws']);
  assert.deepEqual(await hosts('-c', at.at('other.yaml')), ['images.example']);
  const { stdout } = await at.helper(['install', '--dry-run']);
  assert.match(stdout, new RegExp(`"${two}": "ecr-courier"`));
});

test('what the helper will not read, and accounts that name no host, are told; mistakes of targets are none of the helper', async () => {
  await using at = await home();
  await writeFile(at.at('courier.yaml'), `sources: [{name: prod, accounts: ["333333333333"]}]\n`);
  const other = await at.helper(['install', '-c', at.at('courier.yaml'), one]);
  assert.equal(other.code, 0, other.stderr);
  assert.match(other.stderr, /will not read .*courier\.yaml when Docker calls it: it reads no file\. Set ECR_COURIER_CONFIG=/);
  assert.match(other.stderr, /accounts of the source prod name no host, as its `region` is missing/);
  const env = { ECR_COURIER_CONFIG: at.at('courier.yaml') };
  assert.doesNotMatch((await at.helper(['install', one], env)).stderr, /will not read/);
  const none = await at.helper(['install'], env);
  assert.deepEqual([none.code, /`region` is missing/.test(none.stderr)], [2, true]);
  await writeFile(
    at.at('wrong.yaml'),
    `targets: [{kind: portainre}]\nsources: [{name: prod, accounts: ["333333333333"], region: eu-west-1}]\n`,
  );
  const wrong = await at.helper(['install', '--dry-run'], { ECR_COURIER_CONFIG: at.at('wrong.yaml') });
  assert.equal(wrong.code, 0, wrong.stderr);
  assert.match(wrong.stdout, /333333333333\.dkr/);
  assert.match(wrong.stderr, /`ecr-courier config check` shows them/);
  await writeFile(at.at('wrong.yaml'), `sources: [{name: prod, acounts: []}]\n`);
  assert.equal((await at.helper(['doctor', one], { ECR_COURIER_CONFIG: at.at('wrong.yaml') })).code, 78);
  const mistyped = await at.helper(['install', '--dryrun', one]);
  assert.deepEqual([mistyped.code, /there is no option --dryrun; did you mean --dry-run\?\n/.test(mistyped.stderr)], [2, true]);
});

test('DOCKER_CONFIG is obeyed, and a link stays', async () => {
  await using at = await home();
  await mkdir(at.at('elsewhere'));
  await writeFile(at.at('real.json'), '{}');
  await symlink('../real.json', at.at('elsewhere/config.json'));
  await at.helper(['install', one], { DOCKER_CONFIG: at.at('elsewhere') });
  assert.ok((await lstat(at.at('elsewhere/config.json'))).isSymbolicLink());
  assert.match(await readFile(at.at('real.json'), 'utf8'), new RegExp(`"credHelpers": \\{\\n\\t\\t"${one}": "ecr-courier"\\n\\t\\}`));
});

test('without the program on PATH nothing is written; what is not JSON is never written over', async () => {
  await using at = await home('{}', []);
  const missing = await at.helper(['install', one]);
  assert.deepEqual([missing.code, await at.text()], [78, '{}']);
  assert.match(missing.stderr, /docker-credential-ecr-courier is not on PATH/);
  await using broken = await home('{ // mine\n}');
  const refused = await broken.helper(['install', one]);
  assert.deepEqual([refused.code, await broken.text()], [78, '{ // mine\n}']);
  assert.match(refused.stderr, /is not JSON from line 1, column 3 on; it is left as it is/);
  await using odd = await home('{"credHelpers":[]}');
  assert.match((await odd.helper(['install', one])).stderr, /`credHelpers` that is not a map/);
  await using lower = await home('{"credhelpers":5}');
  assert.match((await lower.helper(['install', one])).stderr, /`credhelpers` that is not a map.*"credHelpers": \{\}/s);
  await using empty = await home('{"auths":null,"credHelpers":null}');
  await empty.helper(['install', one]);
  assert.equal(await empty.text(), `{"auths":null,"credHelpers":{"${one}":"ecr-courier"}}`);
  for (const args of [['install'], ['install', 'ghcr.io'], ['frobnicate'], []])
    assert.equal((await odd.helper(args)).code, 2, args.join(' '));
});

test('a directory that cannot be there is told in words, and in a dry run as well', async () => {
  const cases: Readonly<Record<string, readonly [prepare: (at: (name: string) => string) => Promise<unknown>, said: RegExp]>> = {
    file: [at => writeFile(at('.docker'), ''), /config\.json cannot be there: its directory .*\/\.docker is not a directory\.\nCorrect/],
    link: [
      at => symlink('gone', at('.docker')),
      /config\.json cannot be there: its directory .*\/\.docker is a link that leads to gone, which does not exist\.\nMake/,
    ],
  };
  for (const [name, [prepare, said]] of Object.entries(cases))
    for (const dry of [['--dry-run'], []]) {
      await using at = await home();
      await prepare(at.at);
      const { code, stdout, stderr } = await at.helper(['install', ...dry, one]);
      assert.deepEqual([code, stdout], [78, ''], `${name} ${dry.join()}`);
      assert.match(stderr, said, name);
    }
  await using at = await home('{}');
  const named = await at.helper(['install', one], { DOCKER_CONFIG: at.path });
  assert.equal(named.code, 78);
  assert.match(named.stderr, /DOCKER_CONFIG is .*config\.json, a file: .*\nLet it name the directory: DOCKER_CONFIG=.*\/\.docker\./);
  await using empty = await home('null\n');
  assert.match(
    (await empty.helper(['install', one])).stderr,
    /config\.json holds JSON that is not a map; it is left as it is\.\nWrite `\{\}` into it/,
  );
});

test('a dry run shows the change, and says why it would not be written', async () => {
  const refused = new Failure('FORBIDDEN', 'The directory may not be written.');
  const files: Files = {
    ...lendFiles({ writes: 'refused' }),
    async rehearse(_path, change) {
      change('{}');
      throw refused;
    },
  };
  const { signal } = new AbortController();
  const edit = () => ({ text: '{"a":1}', logins: [], helpers: [] });
  const done = await rewriter('rehearse', signal, files)({ path: '/x/config.json', role: 'docker' }, edit);
  assert.deepEqual([done?.before, done?.done.text, done?.refused], ['{}', '{"a":1}', refused]);
});

test('a directory of another session is none to give away', () => {
  const refused = new Failure('FORBIDDEN', 'It may not be read.', { remedy: 'Run the courier as uid 0.' });
  const [runtime, settings] = podmanFiles({ HOME: '/home/ci' });
  assert.ok(runtime && settings);
  assert.match(unwrittenBeside(runtime, refused), /^It may not be read\. podman and skopeo read this file first\. Set XDG_RUNTIME_DIR to/);
  assert.match(unwrittenBeside(settings, refused), /first\. Run the courier as uid 0\.$/);
});

test('install removes the logins and other helpers where podman looks first, and shows it in a dry run', async () => {
  await using at = await home();
  const first = at.at('run/containers/auth.json');
  await mkdir(at.at('run/containers'), { recursive: true });
  const old = `{"auths": {"${one}": {"auth": "${auth('s3cret')}"}, "quay.io": {}}, "credHelpers": {"https://${one}/": "ecr-login", "x.io": "x"}}`;
  await writeFile(first, old, { mode: 0o640 });
  const dry = await at.helper(['install', '--dry-run', one]);
  assert.equal(await readFile(first, 'utf8'), old);
  assert.match(
    dry.stdout,
    /run\/containers\/auth\.json:\n- .*\[secret\].*\n\+ \{"auths": \{"quay\.io": \{\}\}, "credHelpers": \{"x\.io": "x"\}\}\n/,
  );
  const done = await at.helper(['install', one]);
  assert.equal(await readFile(first, 'utf8'), '{"auths": {"quay.io": {}}, "credHelpers": {"x.io": "x"}}');
  assert.equal((await stat(first)).mode & 0o777, 0o640);
  assert.match(done.stdout, /auth\.json: Removed the logins of 1[^,]*, which podman and skopeo send instead of asking the helper\./);
  assert.match(done.stdout, /Removed docker-credential-ecr-login, which podman and skopeo ask first\./);
  const again = await at.helper(['install', one]);
  assert.match(again.stdout, /^[^\n]*config\.json needs no change: [^\n]*\n$/);
  await writeFile(first, '{');
  const broken = await at.helper(['install', one]);
  assert.deepEqual([broken.code, await readFile(first, 'utf8')], [0, '{']);
  assert.match(broken.stderr, /^Note: .*auth\.json is not JSON .* podman and skopeo read this file first\./m);
  assert.doesNotMatch(dry.stdout + done.stdout, /s3cret|QVdT/);
});

test('whoever names REGISTRY_AUTH_FILE reads nothing else: the helper is named there as well', async () => {
  await using at = await home();
  const env = { REGISTRY_AUTH_FILE: at.at('auth.json') };
  const absent = await at.helper(['install', one], env);
  assert.doesNotMatch(absent.stdout, /auth\.json/, 'it is not made');
  assert.match(
    absent.stderr,
    /^Note: REGISTRY_AUTH_FILE names .*\/auth\.json, which is not there: podman .*`echo '\{\}' > .*\/auth\.json/m,
  );
  await writeFile(env.REGISTRY_AUTH_FILE, `{"auths":{"${one}/team":{"auth":"${auth('s3cret')}"}}}`);
  const { stdout } = await at.helper(['install', one], env);
  assert.equal(await readFile(env.REGISTRY_AUTH_FILE, 'utf8'), `{"auths":{},"credHelpers":{"${one}":"ecr-courier"}}`);
  assert.match(stdout, /auth\.json: docker-credential-ecr-courier answers for 1.*\nRemoved the logins of 1[^,]*\/team, which podman/);
  const same = await at.helper(['install', one], { REGISTRY_AUTH_FILE: at.path });
  assert.equal(same.stdout.match(/config\.json/g)?.length, 1, 'one file, told once');
});

test('install names each login once, and no program for an empty name; a further entry is set as its neighbours are', async () => {
  const entry = `"${one}":{"auth":"${auth('x')}"}`;
  await using twice = await home(`{"auths":{${entry},${entry}},"credHelpers":{"${one}":""}}`);
  const { stdout } = await twice.helper(['install', one]);
  assert.match(stdout, /^Removed the logins of 1[^, ]*, which/m);
  assert.doesNotMatch(stdout, /takes the place/);
  const set = async (helpers: string): Promise<string> => {
    await using at = await home(`{"credHelpers": ${helpers}}`);
    await at.helper(['install', one]);
    return (await at.text()).replace(one, 'H').replace('ecr-courier', 'E').replace('{"credHelpers": ', '').slice(0, -1);
  };
  assert.equal(await set('{"a": "b"}'), '{"a": "b", "H": "E"}');
  assert.equal(await set('{ "a": "b" }'), '{ "a": "b", "H": "E" }');
  assert.equal(await set('{"a": "b",  "c": "d"}'), '{"a": "b",  "c": "d",  "H": "E"}');
  assert.equal(await set('{"a": "b",\n  "c": "d"}'), '{"a": "b",\n  "c": "d",\n  "H": "E"}');
  await using tight = await home('{"credHelpers":{"a":"b"}}');
  await tight.helper(['install', one]);
  assert.equal(await tight.text(), `{"credHelpers":{"a":"b","${one}":"ecr-courier"}}`);
});

test('install says what else has a say', async () => {
  await using wrong = await home('{"credsStore":7,"auths":{}}');
  const beside = /config\.json has a member `credsStore` that is not text: because of it docker 29, crane/;
  for (const args of [['--dry-run'], []]) assert.match((await wrong.helper(['install', ...args, one])).stderr, beside);
  await using at = await home('{"credsStore":"desktop"}');
  const { stderr } = await at.helper(['install', one], { DOCKER_AUTH_CONFIG: `{"auths":{"${one}":{"auth":"x"}}}` });
  assert.match(stderr, /crane and nerdctl ask the credsStore docker-credential-desktop/);
  assert.match(stderr, /DOCKER_AUTH_CONFIG names these hosts/);
  await using former = await home('{"credsStore":"ecr-login"}');
  assert.match(
    (await former.helper(['install', one])).stderr,
    /ecr-login before the helper of a host\. .* remove `credsStore` from the file\./,
  );
  assert.doesNotMatch(stderr, /remove `credsStore`/);
  const open = (await former.helper(['install', 'public.ecr.aws'])).stderr;
  assert.match(open, /^Note: No source of the configuration serves public\.ecr\.aws: the helper has no login for it/m);
  await writeFile(former.at('config.yaml'), 'sources: [{ name: public, service: ecr-public }]\n');
  const served = await former.helper(['install', 'public.ecr.aws', one], { ECR_COURIER_CONFIG: former.at('config.yaml') });
  assert.doesNotMatch(served.stderr, /No source/);
  const pattern = '*.dkr.ecr.eu-west-1.amazonaws.com';
  await using wide = await home(`{"auths":{"${pattern}":{},"*.dkr.ecr.us-east-1.amazonaws.com":{}}}`);
  for (const args of [['--dry-run'], []]) {
    const notes = (await wide.helper(['install', ...args, one])).stderr;
    assert.equal(notes.match(/^Note: The login of/gm)?.length, 1, notes);
    assert.ok(notes.includes(`The login of ${pattern} stays in ${wide.path}, as it may be for other hosts: the kubelet sends it.`), notes);
  }
});

interface Report {
  readonly hosts: readonly { readonly host: string; readonly clients: readonly Diagnosis[] }[];
  readonly notes: readonly string[];
}
async function examined(
  config: string | undefined,
  {
    args = [],
    env = {},
    programs,
    files = {},
  }: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly programs?: string[];
    readonly files?: Readonly<Record<string, string>>;
  } = {},
) {
  await using at = await home(config, programs);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(at.at(name)), { recursive: true });
    await writeFile(at.at(name), text);
  }
  const { code, stdout, stderr } = await at.helper(['doctor', '--json', ...args], inside(env, at.at));
  if (stdout === '') assert.fail(stderr);
  const { hosts, notes } = JSON.parse(stdout) as Report;
  const of = (client: string, host = one): Diagnosis =>
    hosts.find(one => one.host === host)?.clients.find(one => one.client === client) ?? assert.fail(client);
  const plain = await at.helper(['doctor', ...args], inside(env, at.at));
  assert.equal(plain.code, code);
  return { code, of, notes, hosts: hosts.map(({ host }) => host), said: stdout + stderr + plain.stdout + plain.stderr };
}

/** Returns `env` with a REGISTRY_AUTH_FILE that lies inside the home. */
const inside = ({ REGISTRY_AUTH_FILE: named, ...env }: Readonly<Record<string, string>>, at: (name: string) => string) =>
  named === undefined ? env : { ...env, REGISTRY_AUTH_FILE: at(named) };

test('doctor: with the helper in place all ask it but those that run none, and what a failure would send is said', async () => {
  const good = await examined(JSON.stringify({ credHelpers: { [one]: 'ecr-courier' } }));
  assert.equal(good.code, 0);
  assert.equal(good.of('cli29').does, 'asks docker-credential-ecr-courier');
  assert.equal(good.of('kubelet').verdict, 'no login');
  const old = await examined(
    JSON.stringify({ credHelpers: { [one]: 'ecr-courier' }, auths: { [`https://${one}`]: { auth: auth(token('2020-01-01')) } } }),
  );
  assert.equal(old.of('docker28').otherwise, `sends the entry https://${one}, which ended at 2020-01-01T00:00:00.000Z`);
  assert.equal(old.of('crane').otherwise, undefined);
  assert.equal(old.of('djava').verdict, 'bad', 'it runs no helper and sends the old entry');
  assert.equal(old.code, 1);
  assert.doesNotMatch(old.said, /hidden|QVdT|eyJ/);
});

test('a password in a key, or in an argument, is never shown', async () => {
  const keys = [
    `https://AWS:s3cret@${one}`,
    `AWS:s3c/ret@${one}`,
    `//AWS:s3?cret@${one}`,
    `${one}?p=s3cret`,
    `AWS:s3cret\\u0040${one}/team`,
  ];
  for (const key of keys) {
    const entries = [`{"auth":"${auth('p')}"}`, '{}', '{"auth":"?"}', '{"auth":5}'];
    for (const entry of entries) {
      const config = `{"auths":{"ghcr.io":{},"${key}":${entry}},"credHelpers":{"${key}":"x"}}`;
      const { said } = await examined(config, { args: [one] });
      await using at = await home(config);
      const dry = await at.helper(['install', '--dry-run', one]);
      const done = await at.helper(['install', one]);
      assert.equal(done.code, 0, done.stderr);
      const all = said + dry.stdout + dry.stderr + done.stdout + done.stderr;
      // The random name of the folder might contain one of the patterns.
      assert.doesNotMatch(all.replaceAll(/\/ecr-courier-\w+\//g, ''), /s3|cret@|s3c|ret@/, key + entry);
    }
  }
  await using at = await home('{}');
  for (const verb of ['install', 'doctor'])
    for (const address of [`https://AWS:s3cret@${one}`, 'AWS:s3/cret@ghcr.io'])
      assert.doesNotMatch((await at.helper([verb, address])).stderr, /s3|cret@/);
});

test('doctor: a missing program, a store, entries of others and forms that some cannot read', async () => {
  const missing = await examined(JSON.stringify({ credHelpers: { [one]: 'ecr-login' } }));
  assert.equal(missing.of('crane').does, 'fails: docker-credential-ecr-login is not on PATH');
  const store = await examined(JSON.stringify({ credsStore: 'desktop', credHelpers: { [one]: 'ecr-courier' } }), {
    programs: ['docker-credential-desktop', 'docker-credential-ecr-courier'],
  });
  assert.equal(store.of('crane').does, 'asks docker-credential-desktop, its credsStore');
  assert.equal(store.of('cli29').does, 'asks docker-credential-ecr-courier');
  const own = JSON.stringify({ credsStore: 'ecr-courier' });
  const unlisted = await examined(own, { args: [one] });
  assert.match(
    unlisted.of('regctl').does,
    /^sends no login: docker-credential-ecr-courier, its credsStore, is asked only for hosts that it lists/,
  );
  assert.deepEqual([unlisted.of('regctl').verdict, unlisted.of('crane').verdict], ['no login', 'fine']);
  await using config = await folder({ 'courier.yaml': `targets: [{ kind: helper-cache, registries: [${one}] }]` });
  const listed = await examined(own, { args: [one], env: { ECR_COURIER_CONFIG: config.at('courier.yaml') } });
  assert.deepEqual([listed.of('regctl').does, listed.of('regctl').verdict], ['asks docker-credential-ecr-courier, its credsStore', 'fine']);
  const foreign = await examined(JSON.stringify({ auths: { [one]: { auth: auth('pass') }, 'ghcr.io': { auth: 'eDp5eg' } } }));
  assert.match(foreign.of('docker28').does, /^sends an incomplete login: the entry ghcr.io has an `auth` that it cannot decode/);
  assert.deepEqual([foreign.of('crane').verdict, foreign.of('oras').verdict, foreign.code], ['bad', 'fine', 1]);
  const http = await examined(JSON.stringify({ auths: { [`http://${one}`]: { auth: auth('pass') } } }));
  assert.match(http.of('regctl').does, /over plain http$/);
  const port = await examined(JSON.stringify({ auths: { [`${one}:443`]: { auth: auth('pass') } } }));
  assert.deepEqual([port.of('nerdctl').verdict, port.of('cli29').verdict], ['fine', 'no login']);
  const broken = await examined('{ nonsense', { args: [one] });
  assert.deepEqual([broken.of('cli29').does, broken.notes.length], ['fails: the file is not JSON from line 1, column 3 on', 1]);
});

test('doctor: a port of the image is part of the name that clients look up', async () => {
  const good = { auth: auth('good') };
  const image = `${one}:443/team/app:1`;
  const plain = await examined(JSON.stringify({ auths: { [one]: good }, credHelpers: { [one]: 'ecr-courier' } }), { args: [image] });
  assert.deepEqual(plain.hosts, [`${one}:443`]);
  const of = (client: string): string => plain.of(client, `${one}:443`).verdict;
  for (const client of ['docker28', 'cli29', 'crane', 'oras', 'regctl', 'skopeo19', 'cimage', 'kubelet', 'docker20'])
    assert.equal(of(client), 'no login', client);
  assert.equal(plain.of('nerdctl', `${one}:443`).does, 'asks docker-credential-ecr-courier', 'it leaves the usual port out');
  assert.match(plain.notes.join(), /take 1{12}\S+:443 for another registry than 1{12}\S+: write it without the port, if that is 443\.$/);
  for (const key of [`${one}:443`, `https://${one}:443`]) {
    const ported = await examined(JSON.stringify({ auths: { [key]: good } }), { args: [image] });
    for (const client of ['docker28', 'cli29', 'crane', 'oras', 'regctl', 'skopeo19', 'kubelet'])
      assert.equal(ported.of(client, `${one}:443`).does, `sends the entry ${key}`, client);
  }
  const other = await examined(JSON.stringify({ auths: { [one]: good, [`${one}:443`]: good } }), { args: [`${one}:5000/app`] });
  assert.equal(other.of('nerdctl', `${one}:5000`).verdict, 'no login');
  await using at = await home('{}');
  assert.match((await at.helper(['install', '--dry-run', `${one}:443`])).stderr, /take \S+:443 for another registry/);
  const upper = one.toUpperCase();
  const spelled = await examined(JSON.stringify({ auths: { [one]: good } }), { args: [`${upper}/team/app`] });
  assert.deepEqual([spelled.of('docker28', upper).verdict, spelled.of('crane', upper).verdict], ['no login', 'no login']);
  assert.match(spelled.notes.join(), /in lower case/);
  const there = await examined(JSON.stringify({ auths: { [upper]: good } }), { args: [`${upper}/team/app`] });
  assert.equal(there.of('cli29', upper).does, `sends the entry ${upper}`);
});

test('doctor: where clients written in Go take a key at random, all that may come are told', async () => {
  const entry = (name: string) => ({ auth: auth(name) });
  const three = { [`${one}/a`]: entry('a'), [`${one}/b`]: entry('b'), [`${one}/c`]: entry('c') };
  const paths = await examined(JSON.stringify({ auths: three }), { args: [`${one}/team/app`] });
  for (const client of ['docker28', 'cli29', 'crane', 'oras', 'nerdctl']) {
    const { does, verdict } = paths.of(client);
    assert.equal(
      does,
      `does one of these, at random: it ${['a', 'b', 'c'].map(path => `sends the entry ${one}/${path}`).join('; it ')}`,
      client,
    );
    assert.equal(verdict, 'not predicted', client);
  }
  assert.equal(paths.of('dockerpy').does, `sends the entry ${one}/a`, 'the first in the file');
  assert.equal(paths.of('cimage').verdict, 'no login');
  const same = await examined(JSON.stringify({ auths: { [`${one}/a`]: entry('a'), [`${one}/b`]: entry('a') } }), { args: [one] });
  assert.deepEqual([same.of('crane').does, same.of('crane').verdict], [`sends the entry ${one}/a`, 'fine'], 'one login');
  const empty = await examined(JSON.stringify({ auths: { [`https://${one}/`]: entry('a'), [`http://${one}`]: {} } }), { args: [one] });
  assert.match(empty.of('docker28').does, /at random: it sends the entry \S+; it sends no login: the entry http:\S+ has no login/);
  assert.deepEqual([empty.of('docker28').verdict, empty.of('crane').verdict], ['bad', 'bad']);
  const exact = await examined(JSON.stringify({ auths: { [one]: entry('a'), [`https://${one}`]: entry('b') } }), { args: [one] });
  assert.equal(exact.of('crane').does, `sends the entry ${one}`, 'the host itself is no matter of chance');
  assert.match(
    exact.of('regctl').does,
    /at random: it sends the entry 1{12}[^;]*; it sends the entry https/,
    'it merges them in any order',
  );
});

test('doctor: a file that cannot be read is another thing than none', async () => {
  await using at = await home(undefined);
  await mkdir(at.at('.docker/config.json'), { recursive: true });
  const { stdout } = await at.helper(['doctor', '--json', one]);
  const { hosts, files } = JSON.parse(stdout) as Report & { readonly files: readonly { readonly path: string; readonly there: boolean }[] };
  const of = (client: string): string => hosts[0]?.clients.find(found => found.client === client)?.does ?? '';
  for (const client of ['oras', 'skopeo19', 'cimage']) assert.equal(of(client), 'fails: the file is a folder', client);
  for (const client of ['docker28', 'docker20', 'regctl']) assert.equal(of(client), 'sends no login: the file is a folder', client);
  assert.equal(of('crane'), 'sends no login: there is no file', 'it looks on');
  assert.equal(files.find(({ path }) => path === at.path)?.there, true);
});

test('doctor: where podman, skopeo, crane and docker 20.10 look beside the file of Docker', async () => {
  const config = (name: string): string => JSON.stringify({ auths: { [one]: { auth: auth(name) } } });
  const inHome = (more: object) => ({ args: [one], ...more });
  const nameless = { 'reg.json': '{"auths":{}}', '.config/containers/auth.json': config('settings') };
  const named = await examined(undefined, inHome({ files: nameless, env: { REGISTRY_AUTH_FILE: 'reg.json' } }));
  assert.deepEqual([named.of('skopeo19').verdict, named.of('cimage').verdict], ['fine', 'no login']);
  const broken = await examined(undefined, inHome({ files: { '.config/containers/auth.json': '' }, env: { REGISTRY_AUTH_FILE: 'none' } }));
  assert.equal(broken.of('skopeo19').does, 'fails: the file is empty');
  const running = await examined(
    undefined,
    inHome({ files: { 'run/containers/auth.json': config('run') }, env: { REGISTRY_AUTH_FILE: 'none' } }),
  );
  assert.deepEqual([running.of('crane').verdict, running.of('skopeo19').verdict], ['fine', 'no login']);
  assert.match(running.of('crane').does, / of \/.*\/run\/containers\/auth\.json$/, 'whoever looks into the file of Docker finds nothing');
  const docker = await examined(config('docker'), inHome({ env: { REGISTRY_AUTH_FILE: 'none' } }));
  assert.deepEqual([docker.of('skopeo19').verdict, docker.of('cimage').verdict], ['fine', 'no login']);
  const old = JSON.stringify({ [`${one}/team`]: { auth: auth('old') } });
  const legacy = await examined(undefined, inHome({ files: { '.dockercfg': old } }));
  for (const client of ['skopeo19', 'cimage', 'docker20', 'dockerpy'])
    assert.match(legacy.of(client).does, new RegExp(`^sends the entry ${one}/team of /.*/\\.dockercfg$`), client);
  for (const client of ['docker28', 'cli29', 'crane', 'oras', 'regctl']) assert.equal(legacy.of(client).verdict, 'no login', client);
  const bare = await examined('{"auths":{"ghcr.io":{}}}', inHome({}));
  for (const client of ['skopeo19', 'cimage'])
    assert.equal(bare.of(client).does, 'sends an empty login: no entry of the file is for this host', client);
  const both = await examined('{}', inHome({ files: { '.dockercfg': old } }));
  assert.deepEqual([both.of('skopeo19').verdict, both.of('docker20').verdict], ['fine', 'no login']);
});

test('doctor: spellings of a host that docker 20.10 does not find', async () => {
  for (const key of [
    `HTTPS://${one}`,
    `docker://${one}`,
    `https://AWS@${one}`,
    `https://${one}?x`,
    `http://${one}`,
    `https://${one}/v1/`,
  ]) {
    const { of } = await examined(JSON.stringify({ auths: { [key]: { auth: auth('good') } } }), { args: [one] });
    const found = /^https?:\/\/\d+[^?]*$/.test(key);
    assert.deepEqual([of('docker28').verdict, of('docker20').verdict], ['fine', found ? 'fine' : 'no login'], key);
  }
});

test('doctor: files of podman, paths of repositories, and DOCKER_AUTH_CONFIG', async () => {
  const files = { 'run/containers/auth.json': JSON.stringify({ auths: { [`${one}/team`]: { auth: auth(token('2199-01-01')) } } }) };
  const podman = await examined(JSON.stringify({ auths: { [one]: { auth: auth('pass') } } }), { args: [`${one}/team/app:1`], files });
  assert.match(podman.of('cimage').does, new RegExp(`^sends the entry ${one}/team of /.*/run/containers/auth\\.json, good until 2199`));
  assert.equal(podman.of('cli29').does, `sends the entry ${one}`);
  const unnamed = await examined(undefined, { files });
  assert.deepEqual(unnamed.hosts, [one]);
  assert.match(unnamed.notes[0] ?? '', /Name the host with a repository/);
  const given = JSON.stringify({ auths: { [one]: { auth: auth('pass') } } });
  const variable = await examined('{}', { args: [one], env: { DOCKER_AUTH_CONFIG: given } });
  assert.equal(variable.of('cli29').does, `sends the entry ${one} of DOCKER_AUTH_CONFIG`);
  assert.equal(variable.of('docker28').verdict, 'no login');
  const strict = await examined('{}', { args: [one], env: { DOCKER_AUTH_CONFIG: given.replace('{"auths"', '{"credsStore":"x","auths"') } });
  assert.equal(strict.of('cli29').verdict, 'no login');
  assert.match(strict.notes.join(), /dropped as a whole by Docker and crane: it has a member beside `auths`/);
  assert.doesNotMatch(podman.said + variable.said, /QVdT|eyJ|hidden/);
});

test('doctor: a DOCKER_AUTH_CONFIG of any form is judged, and never stops it', async () => {
  for (const [given, why] of [
    ['[]', 'it is not a map'],
    ['"x"', 'it is not a map'],
    ['{', 'it is not JSON from line 1, column 2 on'],
    ['{"auths":[]}', 'it has a member `auths` that is not a map'],
    [`{"auths":{"${one}":"x"}}`, `the entry ${one} is not a map`],
    [`{"auths":{"${one}":{"auth":5}}}`, `the entry ${one} has a member \`auth\` that is not text`],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}"}}} x`, 'it has something behind its JSON'],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}"}}}{}`, 'it has something behind its JSON'],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}","email":""}}}`, `the entry ${one} has a member that it does not know`],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}"},"o":{}}}`, 'the entry o has no `auth`'],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}"},"o":null}}`, 'the entry o has no `auth`'],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}"},"o":{"auth":"OnA="}}}`, 'the entry o has an `auth` without a user name'],
    [`{"auths":{"${one}":{"auth":"${auth('pass')}"},"o":{"auth":"!!!"}}}`, 'the entry o has an `auth` that it cannot decode'],
  ] as const) {
    const { notes, of } = await examined('{}', { args: [one], env: { DOCKER_AUTH_CONFIG: given } });
    assert.ok(notes.join().includes(`dropped as a whole by Docker and crane: ${why}`), given);
    assert.equal(of('cli29').verdict, 'no login');
  }
  for (const given of ['null', '{"auths":null}', '{}', ' ', `{"auths":{"https://${one}":{"auth":"${auth('pass')}"}}}`]) {
    const { notes, of } = await examined('{}', { args: [one], env: { DOCKER_AUTH_CONFIG: given } });
    assert.deepEqual([of('cli29').verdict, notes], ['no login', []], given);
  }
  const read = `"${one}":{"AUTH":"${auth('pass')}"}`;
  for (const given of [`{"AUTHS":{${read}}}`, `{"auths":{${read}},"auths":{}}`, `{"auths":{${read}}}]`]) {
    const { of } = await examined('{}', { args: [one], env: { DOCKER_AUTH_CONFIG: given } });
    assert.equal(of('cli29').does, `sends the entry ${one} of DOCKER_AUTH_CONFIG`, given);
  }
});

test('doctor: who takes DOCKER_AUTH_CONFIG, and who looks at it in place of the file', async () => {
  const config = JSON.stringify({ auths: { [one]: { auth: auth('pass') } } });
  const of = async (variable: object) =>
    (await examined(config, { args: [one], env: { DOCKER_AUTH_CONFIG: JSON.stringify(variable) } })).of;
  const given = await of({ auths: { [one]: { auth: auth('given') } } });
  for (const id of ['cli29', 'crane', 'nerdctl', 'regctl', 'tcnode', 'tcjava'])
    assert.equal(given(id).does, `sends the entry ${one} of DOCKER_AUTH_CONFIG`, id);
  const other = await of({ auths: { other: { auth: auth('given') } } });
  for (const id of ['cli29', 'crane', 'nerdctl', 'regctl', 'docker28', 'oras']) assert.equal(other(id).does, `sends the entry ${one}`, id);
  for (const id of ['tcnode', 'tcjava']) assert.equal(other(id).verdict, 'no login', id);
  const lax = await of({ auths: { [`https://${one}`]: { auth: auth('given') }, o: {} } });
  assert.equal(lax('regctl').does, `sends the entry https://${one} of DOCKER_AUTH_CONFIG`);
  assert.equal(lax('cli29').does, `sends the entry ${one}`);
  const broken = await examined(config, { args: [one], env: { DOCKER_AUTH_CONFIG: '{' } });
  assert.deepEqual(
    ['cli29', 'regctl'].map(id => broken.of(id).verdict),
    ['fine', 'no login'],
  );
  const half = await of({ auths: { [one]: { auth: auth('') } } });
  assert.deepEqual(
    ['cli29', 'crane', 'regctl'].map(id => half(id).does),
    [
      `sends the entry ${one} of DOCKER_AUTH_CONFIG, without a password`,
      `sends no login: the entry ${one} has half a login`,
      `sends the entry ${one}`,
    ],
  );
  const port = await of({ auths: { [`${one}:443`]: { auth: auth('given') } } });
  assert.equal(port('nerdctl').does, `sends the entry ${one}:443 of DOCKER_AUTH_CONFIG`);
  assert.equal(port('cli29').does, `sends the entry ${one}`);
});

test('doctor: what stands twice, behind the JSON or in other cases is told as clients read it', async () => {
  const pair = (host: string, password: string): string => `"${host}":{"auth":"${auth(password)}"}`;
  const twice = await examined(`{"auths":{${pair(one, 'pass')}},"auths":{${pair('o', 'pass')}}} x`);
  assert.deepEqual(twice.hosts, [one]);
  assert.equal(twice.of('cli29').does, `sends the entry ${one}`);
  assert.equal(twice.of('oras').does, 'sends no login: no entry of the file is for this host');
  assert.equal(twice.of('cimage').does, 'fails: the file has something behind its JSON');
  assert.match(twice.notes.join(), /is not JSON from line 1, column \d+ on\. Remove what stands there, behind the JSON/);
  const named = await examined(`{"credHelpers":{"${one}":"ecr-courier"},"CREDHELPERS":{"${one}":"other"}}`);
  assert.equal(named.of('oras').does, 'asks docker-credential-ecr-courier');
  assert.equal(named.of('cli29').does, 'fails: docker-credential-other is not on PATH');
  const user = await examined(`{"auths":{${pair(one, 'pass')},"o":{"auth":"OnA="}}}`);
  assert.equal(user.of('crane').does, 'fails: the entry o has an `auth` without a user name');
  assert.equal(user.of('docker28').verdict, 'bad');
  const nobody = await examined(`{"auths":{"${one}":{"auth":"OnA="}}}`);
  assert.deepEqual([nobody.of('kubelet').does, nobody.of('kubelet').verdict], [`sends the entry ${one}, without a user name`, 'bad']);
});

test('doctor: a file that is not UTF-8 is told, and who reads it all the same', async () => {
  await using at = await home('{}');
  const config = JSON.stringify({ auths: { [one]: { auth: auth('pass') } }, x: '\u00ff' });
  const verdicts = async (bytes: Buffer): Promise<Readonly<Record<string, string>>> => {
    await writeFile(at.path, bytes);
    const { hosts, notes } = JSON.parse((await at.helper(['doctor', '--json'])).stdout) as Report;
    assert.match(notes.join(), /is not text in UTF-8/);
    return Object.fromEntries(hosts.flatMap(({ clients }) => clients.map(({ client, verdict }) => [client, verdict])));
  };
  const latin = await verdicts(Buffer.from(config, 'latin1'));
  assert.deepEqual([latin['cli29'], latin['dockerpy'], latin['djava'], latin['rust']], ['fine', 'no login', 'bad', 'fine']);
  const wide = await verdicts(Buffer.from(`\ufeff${config}`, 'utf16le'));
  assert.deepEqual([wide['cli29'], wide['docker28'], wide['djava'], wide['jib']], ['bad', 'no login', 'fine', 'fine']);
});

test('a file is not too large for us where clients read it, and else nothing is said of what they do', async () => {
  const entry = JSON.stringify({ auths: { [one]: { auth: auth('s3cret') } } });
  await using at = await home(entry + ' '.repeat(2 * 1024 * 1024));
  const { of } = await examined(await at.text(), { args: [one] });
  for (const client of ['docker28', 'cli29', 'cimage', 'rust']) assert.equal(of(client).does, `sends the entry ${one}`, client);
  assert.equal((await at.helper(['install', one])).code, 0);
  await writeFile(at.path, entry + ' '.repeat(5 * 1024 * 1024));
  for (const verb of ['install', 'doctor']) {
    const { code, stdout, stderr } = await at.helper([verb, one]);
    assert.deepEqual([code, stdout], [1, ''], verb);
    assert.match(stderr, /config\.json is larger than 4096 KiB\.\nName another file: no larger one is read here\./, verb);
  }
});

test('doctor names what it cannot read, and needs a host', async () => {
  await using at = await home();
  const alike = await at.helper(['doctor', '12345678901.dkr.ecr.eu-west-1.amazonaws.com']);
  assert.equal(alike.code, 2);
  assert.match(alike.stderr, /looks like an ECR registry and is not one\. Correct it to ACCOUNT/);
  assert.equal((await at.helper(['doctor'])).code, 2);
  assert.equal((await at.helper(['doctor', 'ghcr.io'])).code, 2);
  await mkdir(at.path, { recursive: true });
  const { stdout } = await at.helper(['doctor', one]);
  assert.match(stdout, /config\.json is a directory/);
  await rm(at.path, { recursive: true });
});
