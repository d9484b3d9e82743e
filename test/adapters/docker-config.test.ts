import assert from 'node:assert/strict';
import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readEntry } from '../../adapters/docker-config/entries.ts';
import { dockerConfig } from '../../adapters/docker-config.ts';
import { fingerprint } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { noMemory } from '../../src/contract/memory.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Slot } from '../../src/contract/target.ts';
import { lendFiles } from '../../src/io/lent-files.ts';
import { folder } from '../config/support.ts';
import { testAdapter } from './contract.ts';
import { given } from './rig.ts';

const [one, two, three] = ['111111111111', '222222222222', '333333333333'].map(account => `${account}.dkr.ecr.eu-west-1.amazonaws.com`) as [
  string,
  string,
  string,
];
const login = (password: string): { auth: string } => ({ auth: Buffer.from(`AWS:${password}`).toString('base64') });
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

testAdapter({
  adapter: dockerConfig,
  keeps: 'files',
  async start() {
    const auths = { 'https://index.docker.io/v1/': login('hub'), [one]: login('old'), [`https://${two}`]: login('old') };
    const dir = await folder({ 'config.json': JSON.stringify({ auths, credsStore: '' }, undefined, '\t') });
    const path = dir.at('config.json');
    return {
      options: { path, writeInPlace: false },
      hosts: [one, two],
      absent: three,
      async passwordOf({ registries: [registry] }) {
        const { auths } = JSON.parse(await readFile(path, 'utf8')) as { auths: Record<string, unknown> };
        const entries = Object.entries(auths).filter(([key]) => registry && key.includes(registry.host));
        assert.ok(entries.length < 2, 'no host is there twice');
        return readEntry(entries[0]?.[1] ?? null).login?.password;
      },
      [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
    };
  },
});

function open(
  path: string,
  { wanted = [], writeInPlace = false }: { readonly wanted?: readonly string[]; readonly writeInPlace?: boolean } = {},
) {
  return dockerConfig.create(
    { path, writeInPlace },
    {
      name: 'file',
      log: { info: () => undefined, debug: () => undefined },
      clock: { wall: () => 0, mono: () => 0, sleep: () => Promise.resolve() },
      wanted: wanted.map(host => parseAddress(host)?.registry ?? assert.fail(host)),
      mayCreate: true,
      http: () => assert.fail('a file needs no requests'),
      yaml: () => assert.fail('no YAML is read'),
      run: () => assert.fail('no program is run'),
      files: lendFiles({ writes: 'allowed' }),
      memory: noMemory,
      askers: { directory: '/nowhere', uid: process.getuid?.(), identityOf: async () => undefined },
      registry: address => parseAddress(address),
      hasSource: ({ service }) => service === 'ecr',
      finding: (code, message) => ({ code, message }),
    },
  );
}

async function discover(text: string, name = 'config.json') {
  await using dir = await folder({ [name]: text });
  return await open(dir.at(name)).discover(signal());
}
/** Returns the text of the file after a delivery for one host. */
async function delivered(text: string, host = one, name = 'config.json'): Promise<string> {
  await using dir = await folder({ [name]: text });
  const target = open(dir.at(name), { wanted: [host] });
  const slot = (await target.discover(signal())).slots.find(({ id }) => id === host);
  assert.ok(slot);
  await target.deliver(slot, given(host), signal());
  return await readFile(dir.at(name), 'utf8');
}
const fresh = login('new-token').auth;

test('one entry under the bare host, in the place of every spelling; everything else stays as it is written', async () => {
  const spellings = [
    one,
    `https://${one}`,
    `http://${one}`,
    `${one}/`,
    `https://${one}/`,
    `https://${one}/v1/`,
    `https://${one}/v2/`,
    `${one}/v2`,
    `${one}:443`,
    `https://${one}:443`,
    `${one}:0443`,
    `//${one}`,
    `AWS@${one}`,
    `https://AWS:pass@${one}/v2/`,
    one.toUpperCase(),
  ];
  for (const spelling of spellings) {
    const text = `{\r\n   "HttpHeaders": {"a":1.50},\r\n   "auths": {\r\n      "${spelling}": {"auth": "b2xkOm9sZA==", "email": "x"},\r\n      "ghcr.io": {  "auth":"eDp5" }\r\n   }, "x":[1,2 ]\r\n}\r\n`;
    const expected = text.replace(
      `"${spelling}": {"auth": "b2xkOm9sZA==", "email": "x"}`,
      `"${one}": {\r\n         "auth": "${fresh}"\r\n      }`,
    );
    assert.equal(await delivered(text), expected, spelling);
  }
  const all = `{"auths":{${spellings.map(spelling => `"${spelling}":{}`).join(',')},"ghcr.io":{}}}`;
  assert.equal(await delivered(all), `{"auths":{"${one}":{"auth":"${fresh}"},"ghcr.io":{}}}`);
});

test('what Docker, podman, compact writers and nobody have written keeps its form', async () => {
  const entry = (indent: string, step: string): string => `${indent}"${one}": {\n${indent}${step}"auth": "${fresh}"\n${indent}}`;
  assert.equal(await delivered('{\n\t"auths": {},\n\t"x": 1\n}'), `{\n\t"auths": {\n${entry('\t\t', '\t')}\n\t},\n\t"x": 1\n}`);
  assert.equal(await delivered('{\n    "x": {}\n}\n'), `{\n    "x": {},\n    "auths": {\n${entry('        ', '    ')}\n    }\n}\n`);
  assert.equal(await delivered('{"x":1}'), `{"x":1,"auths":{"${one}":{"auth":"${fresh}"}}}`);
  assert.equal(await delivered('{"auths":null,"x":1}'), `{"auths":{"${one}":{"auth":"${fresh}"}},"x":1}`);
  const nextLine = '{\n  "auths":\n  {\n    "a": {}\n  }\n}';
  assert.equal(await delivered(nextLine), nextLine.replace('{}\n', `{},\n${entry('    ', '  ')}\n`));
  for (const empty of ['', ' \n', '{}', '\uFEFF{}'])
    assert.equal(await delivered(empty), `{\n\t"auths": {\n${entry('\t\t', '\t')}\n\t}\n}`, empty);
  const kept = '{\n  "auths": {\n    "ghcr.io": {\n      "auth": "eDp5"\n    }\n  }\n}';
  assert.equal(await delivered(kept), kept.replace('"eDp5"\n    }', `"eDp5"\n    },\n${entry('    ', '  ')}`));
});

test('maps that are there twice, and names in another case: the entry stands where everybody reads it, and nowhere else', async () => {
  const twice = `{"auths":{"${one}":{"auth":"a"}},"auths":{"${one}":{"auth":"b"},"${one}":{"auth":"c"}}}`;
  assert.equal(await delivered(twice), `{"auths":{},"auths":{"${one}":{"auth":"${fresh}"}}}`);
  assert.equal(await delivered(`{"Auths":{"${one}":{"auth":"a"}}}`), `{"Auths":{},"auths":{"${one}":{"auth":"${fresh}"}}}`);
});

test('the old .dockercfg has its entries at the top', async () => {
  assert.equal(await delivered(`{"https://${one}":{"auth":"x","email":"y"}}`, one, '.dockercfg'), `{"${one}":{"auth":"${fresh}"}}`);
});

test('entries for paths stay and are told; other ports, patterns and look-alikes are none of ours', async () => {
  const others = [`${one}/team`, `${one}:5000`, '*.dkr.ecr.eu-west-1.amazonaws.com', `${one}.evil.test`];
  const text = JSON.stringify({ auths: Object.fromEntries(others.map(key => [key, login('x')])) });
  const { slots } = await discover(text);
  assert.deepEqual(
    slots.map(({ id, state }) => [id, state]),
    [[one, 'drifted']],
  );
  assert.deepEqual(
    slots[0]?.findings?.map(({ code }) => code),
    ['PATH_ENTRY', 'PATTERN_ENTRY'],
  );
  const after = JSON.parse(await delivered(text)) as { auths: object };
  assert.deepEqual(Object.keys(after.auths), [...others, one]);
});

test('what is not JSON is never written over, and the sentence says where it breaks without quoting it', async () => {
  const broken: readonly (readonly [text: string, place: string, remedy?: RegExp])[] = [
    [`{\n  "auths": {\n    "${one}": {"auth": "c2VjcmV0"},\n  }\n}`, 'is not JSON from line 4, column 3 on'],
    [`{ // my logins\n}`, 'is not JSON from line 1, column 3 on', /no comments/],
    [`{"auths":{"${one}":{"auth":"c2VjcmV0"`, 'is not JSON from line 1, column 76 on'],
    ['{"a":x}', 'is not JSON from line 1, column 6 on'],
    ['auths: {}', 'is not JSON from line 1, column 1 on'],
    ['{"a":1} {', 'is not JSON from line 1, column 9 on'],
    ['{"a":tru}', 'is not JSON from line 1, column 6 on'],
    ['{"a" 1}', 'is not JSON from line 1, column 6 on'],
    ['[]', 'holds JSON that is not a map'],
    ['null', 'holds JSON that is not a map'],
    ['{"auths":[]}', 'has a member `auths` that is not a map'],
    ['{"auths":"x"}', 'has a member `auths` that is not a map'],
  ];
  for (const [text, place, remedy] of broken) {
    await using dir = await folder({ file: text });
    const target = open(dir.at('file'), { wanted: [one] });
    const slot: Slot<null> = { id: one, registries: [parseAddress(one)?.registry ?? assert.fail()], state: 'absent', ref: null };
    for (const work of [() => target.discover(signal()), () => target.deliver(slot, given(one), signal())]) {
      const failure: unknown = await work().catch((error: unknown) => error);
      assert.ok(failure instanceof Failure, text);
      assert.deepEqual([failure.code, failure.message], ['MISCONFIGURED', `${dir.at('file')} ${place}; it is left as it is.`]);
      if (remedy) assert.match(failure.remedy, remedy);
    }
    assert.equal(await readFile(dir.at('file'), 'utf8'), text);
  }
});

test('a file that is absent is made for its owner alone, with create; one that vanished, or lost its entry, is not', async () => {
  await using dir = await folder();
  const target = open(dir.at('auth.json'), { wanted: [one] });
  const { slots } = await target.discover(signal());
  assert.deepEqual(
    slots.map(({ id, state }) => [id, state]),
    [[one, 'absent']],
  );
  const [slot] = slots;
  assert.ok(slot);
  assert.deepEqual(await target.deliver(slot, given(one), signal()), { change: 'created' });
  assert.equal((await stat(dir.at('auth.json'))).mode & 0o777, 0o600);
  await writeFile(dir.at('auth.json'), '{"auths":{}}');
  const gone: unknown = await target.deliver({ ...slot, state: 'present' }, given(one), signal()).catch((error: unknown) => error);
  assert.ok(gone instanceof Failure);
  assert.equal(gone.code, 'NOT_FOUND');
  assert.deepEqual(await open(dir.at('nothing')).discover(signal()), { slots: [], findings: [] });
});

test('a link stays, and mode and bytes of others too', async () => {
  await using dir = await folder({ 'real/config.json': `{"auths":{"${one}":{}}}` });
  await symlink('real/config.json', dir.at('config.json'));
  await chmod(dir.at('real/config.json'), 0o640);
  const target = open(dir.at('config.json'));
  const [slot] = (await target.discover(signal())).slots;
  assert.ok(slot);
  await target.deliver(slot, given(one), signal());
  assert.equal(await readFile(dir.at('real/config.json'), 'utf8'), `{"auths":{"${one}":{"auth":"${fresh}"}}}`);
  assert.equal((await stat(dir.at('real/config.json'))).mode & 0o777, 0o640);
});

const heldBy = (slot: Slot | undefined) => (slot?.holds && 'fingerprint' in slot.holds ? slot.holds : undefined);

test('what an entry holds is read from it where the password says its end, and anything but the best form has drifted', async () => {
  const token = Buffer.from(JSON.stringify({ payload: 'x', expiration: 1_900_000_000 })).toString('base64');
  const stateOf = async (auths: string) => {
    const { slots } = await discover(/[{\uFEFF]/.test(auths[0] ?? '') ? auths : `{"auths":{${auths}}}`);
    const [slot] = slots;
    return [slot?.state, heldBy(slot)?.expiresAt.toISOString()];
  };
  const { auth } = login(token);
  assert.deepEqual(await stateOf(`"${one}":{"auth":"${auth}"}`), ['present', '2030-03-17T17:46:40.000Z']);
  const { slots } = await discover(`{"auths":{"${one}":{"auth":"${auth}"}}}`);
  assert.equal(heldBy(slots[0])?.fingerprint, fingerprint({ password: new Secret(token) }));
  assert.deepEqual(await stateOf(`"${one}":{"auth":"${login('unknown').auth}"}`), ['present', '1970-01-01T00:00:00.000Z']);
  const drifted = [
    `"https://${one}":{"auth":"${auth}"}`,
    `"${one}":{"auth":"${auth}"},"https://${one}":{"auth":"${auth}"}`,
    `"${one}":{"auth":"${auth}","email":"x"}`,
    `"${one}":{"username":"AWS","password":"${token}"}`,
    `"${one}":{"auth":"QVdTOmE"}`,
    `"${one}":{"auth":"${Buffer.from('me:pass').toString('base64')}"}`,
    `"${one}":{"auth":"${auth.slice(0, 40)}\\n${auth.slice(40)}"}`,
    `"${one}":{"auth":"${auth}","identitytoken":"x"}`,
    `"${one}":{}`,
    `"${one}":null`,
    `\uFEFF{"auths":{"${one}":{"auth":"${auth}"}}}`,
    `{"Auths":{"${one}":{"auth":"${auth}"}}}`,
    `{"auths":{"${one}":{"auth":"${auth}"}},"auths":{}}`,
  ];
  for (const entry of drifted) assert.deepEqual((await stateOf(entry))[0], 'drifted', entry);
});

test('findings: who is asked first, what breaks the whole file, and who may read it', async () => {
  const told = async (config: object, mode = 0o600) => {
    await using dir = await folder({ 'config.json': JSON.stringify(config) });
    await chmod(dir.at('config.json'), mode);
    const { slots, findings } = await open(dir.at('config.json')).discover(signal());
    return [...findings, ...slots.flatMap(slot => slot.findings ?? [])].map(({ code }) => code).filter(code => code !== 'READ_ONCE');
  };
  const auths = { [one]: login('x') };
  assert.deepEqual(await told({ auths }), []);
  assert.deepEqual(await told({ auths, credHelpers: { [one]: 'ecr-login' } }), ['HELPER_FIRST']);
  assert.deepEqual(await told({ auths, credHelpers: { [one]: 'ecr-courier' }, credsStore: 'ecr-courier' }), []);
  assert.deepEqual(await told({ auths, credHelpers: { [two]: 'ecr-login' } }), []);
  assert.deepEqual(await told({ auths, CredsStore: 'desktop' }), ['STORE_FIRST']);
  assert.deepEqual(await told({ auths, credsStore: '' }), []);
  assert.deepEqual(await told({ auths }, 0o644), ['FILE_EXPOSED']);
  for (const entry of [
    { auth: 'eDp5eg' },
    { auth: '%%%' },
    { auth: 'eHl6' },
    { auth: 'Onh5eg==' },
    { auth: 7 },
    'text',
    { auth: 'eDp5', email: 1 },
  ])
    assert.deepEqual(await told({ auths: { ...auths, 'ghcr.io': entry } }), ['FILE_BROKEN'], JSON.stringify(entry));
  // Go ignores trailing bits that do not fill a byte.
  assert.deepEqual(await told({ auths: { ...auths, 'ghcr.io': { auth: 'eDp5eh==' } } }), []);
  for (const member of [
    { credHelpers: { x: 5 } },
    { credsStore: 7 },
    { plugins: [] },
    { HttpHeaders: { a: null, b: 1 } },
    { proxies: { a: 1 } },
  ])
    assert.deepEqual(await told({ auths, ...member }), ['FILE_BROKEN'], JSON.stringify(member));
  for (const member of [{ credHelpers: null }, { unknown: 7 }, { features: { a: 'b' } }])
    assert.deepEqual(await told({ auths, ...member }), [], JSON.stringify(member));
  for (const entry of [{}, null, { auth: '' }, { auth: 'eDp5' }, { auth: 'eDp\n5' }, { username: 'x', password: 'y' }, { number: 1 }])
    assert.deepEqual(await told({ auths: { ...auths, 'ghcr.io': entry } }), [], JSON.stringify(entry));
  assert.deepEqual(await told({ auths: { [one]: { auth: '%' } } }), [], 'its own entries the courier mends itself');
  assert.deepEqual(await told({ auths: { 'https://public.ecr.aws': login('x') } }), ['PUBLIC_ENTRY']);
  assert.deepEqual(await told({ auths: { 'public.ecr.aws': {} } }), []);
  assert.deepEqual((await discover('{"auths":{"public.ecr.aws":{"auth":"eDp5"}}}')).slots, []);
  const pattern = '*.dkr.ecr.eu-west-1.amazonaws.com';
  assert.deepEqual(await told({ auths: { ...auths, [pattern]: login('x') } }), ['PATTERN_ENTRY']);
  assert.deepEqual(await told({ auths: { ...auths, [`https://${pattern}/team`]: login('x') } }), ['PATTERN_ENTRY']);
  for (const other of ['*.dkr.ecr.eu-west-2.amazonaws.com', '*.amazonaws.com'])
    assert.deepEqual(await told({ auths: { ...auths, [other]: login('x') } }), [], other);
  for (const spelling of [`${one}:443`, `https://${one}`, `http://${one}:443`]) {
    assert.deepEqual(await told({ auths, credHelpers: { [spelling]: 'ecr-login' } }), ['HELPER_FIRST'], spelling);
    assert.deepEqual(await told({ auths, credHelpers: { [spelling]: 'ecr-courier' } }), [], spelling);
  }
  assert.deepEqual(await told({ auths: { [one]: {} } }, 0o644), [], 'there is nothing to hide');
});

test('programs that read the file only once are told of, where they read it and ask no helper of ours', async () => {
  const text = JSON.stringify({ auths: { [one]: login('x') } });
  const helped = JSON.stringify({ auths: { [one]: login('x') }, credHelpers: { [one]: 'ecr-courier' } });
  const half = JSON.stringify({ auths: { [one]: login('x'), [two]: login('x') }, credHelpers: { [one]: 'ecr-courier' } });
  await using dir = await folder({
    'ci/config.json': text,
    'root/.docker/config.json': half,
    'helped/config.json': helped,
    'empty/config.json': '{}',
    'auth.json': text,
    '.dockercfg': JSON.stringify({ [one]: login('x') }),
    'var/lib/kubelet/config.json': text,
  });
  const isTold = async (path: string, wanted: readonly string[] = []): Promise<boolean> =>
    (await open(dir.at(path), { wanted }).discover(signal())).findings.some(({ code }) => code === 'READ_ONCE');
  for (const path of ['ci/config.json', 'root/.docker/config.json']) assert.equal(await isTold(path), true, path);
  for (const path of ['helped/config.json', 'empty/config.json', 'auth.json', '.dockercfg', 'var/lib/kubelet/config.json'])
    assert.equal(await isTold(path), false, path);
  assert.equal(await isTold('empty/config.json', [one]), true);
  assert.equal(await isTold('absent/config.json', [one]), false, 'nobody has read it');
});

test('a path with the home of a shell is refused, and thousands of entries take no time', async () => {
  assert.throws(() => open('~/.docker/config.json'), { code: 'MISCONFIGURED', message: /only a shell knows/ });
  assert.throws(() => open('/etc/courier/~/.docker/config.json'), { code: 'MISCONFIGURED' });
  assert.throws(() => open('/etc/docker/daemon.json'), { code: 'MISCONFIGURED', message: /engine, which does not start with logins/ });
  const hostAt = (at: number): string => `${String(at).padStart(12, '0')}.dkr.ecr.eu-west-1.amazonaws.com`;
  const auths = Object.fromEntries(Array.from({ length: 8000 }, (_, at) => [hostAt(at), login('x')]));
  const { slots } = await discover(JSON.stringify({ auths }));
  assert.equal(slots.length, 8000);
  const deep = `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"auths":{"${one}":{}}}`;
  assert.ok((await delivered(deep)).endsWith(`"auths":{"${one}":{"auth":"${fresh}"}}}`));
});

test('on a node the file that the kubelet reads first is named', async () => {
  const text = JSON.stringify({ auths: { [one]: login('x') } });
  await using dir = await folder({
    'host/root/.docker/config.json': text,
    'host/var/lib/kubelet/config.json': '{}',
    'home/.docker/config.json': text,
  });
  const told = async (path: string) =>
    (await open(dir.at(path)).discover(signal())).findings.filter(({ code }) => code === 'HIDDEN_FROM_KUBELET');
  for (const passed of ['', ' ', '{} x', '{"auths":[]}', '[]', '\uFEFF{}', '{']) {
    await writeFile(dir.at('host/var/lib/kubelet/config.json'), passed);
    assert.deepEqual(await told('host/root/.docker/config.json'), [], passed);
  }
  for (const taken of ['null', '{"auths":null}', '{}']) {
    await writeFile(dir.at('host/var/lib/kubelet/config.json'), taken);
    assert.equal((await told('host/root/.docker/config.json')).length, 1, taken);
  }
  assert.deepEqual(
    (await told('host/root/.docker/config.json')).map(({ message }) => message),
    [
      `A kubelet reads ${join(dir.path, 'host/var/lib/kubelet/config.json')} and then never looks at ${join(dir.path, 'host/root/.docker/config.json')}.`,
    ],
  );
  assert.deepEqual(await told('host/var/lib/kubelet/config.json'), []);
  assert.deepEqual(await told('home/.docker/config.json'), []);
});
