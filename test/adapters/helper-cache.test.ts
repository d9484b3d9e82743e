import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { helperCache } from '../../adapters/helper-cache.ts';
import { answerText, digestOf, nameOfAnswer, nameOfAsked, readAnswer } from '../../src/contract/answer-file.ts';
import { type Clock, clock } from '../../src/contract/clock.ts';
import type { Credentials } from '../../src/contract/credential.ts';
import { Failure } from '../../src/contract/failures.ts';
import { noMemory } from '../../src/contract/memory.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import { lendFiles } from '../../src/io/lent-files.ts';
import { folder } from '../config/support.ts';
import { askedAs } from './contract/asking.ts';
import { testAdapter } from './contract.ts';
import { codesOf, failing, hostOf, soon } from './rig.ts';

const [one, two, three] = [hostOf(111_111_111_111), hostOf(222_222_222_222, 'us-east-1'), hostOf(333_333_333_333, 'eu-north-1')];
const registryOf = (host: string) => parseAddress(host)?.registry ?? assert.fail(host);
const hour = 3_600_000;
const now = Date.now();

const digestFor = (host: string, identity = askedAs): string => digestOf({ identity, ...registryOf(host) });
const pathFor = (directory: string, host: string, identity = askedAs): string => join(directory, nameOfAnswer(digestFor(host, identity)));

/** Writes a cached credential as a helper of this identity caches it. */
async function lay(directory: string, host: string, { identity = askedAs, token = 'old', from = now - hour } = {}): Promise<void> {
  const times = { issuedAt: from, freshUntil: from + 6 * hour, expiresAt: from + 12 * hour };
  const text = answerText(digestFor(host, identity), { username: 'AWS', password: new Secret(token), ...times });
  await writeFile(pathFor(directory, host, identity), text, { mode: 0o600 });
}
async function ask(directory: string, host: string, { identity = askedAs, at = now } = {}): Promise<void> {
  const path = join(directory, nameOfAsked(digestFor(host, identity), host));
  await writeFile(path, '');
  await utimes(path, at / 1000, at / 1000);
}
const keptFor = async (directory: string, host: string, identity = askedAs) =>
  readAnswer(await readFile(pathFor(directory, host, identity), 'utf8').catch(() => ''), digestFor(host, identity));
const tokenFor = async (directory: string, host: string) => (await keptFor(directory, host))?.password.reveal();

testAdapter({
  adapter: helperCache,
  keeps: 'files',
  async start() {
    const dir = await folder();
    for (const host of [one, two]) {
      await lay(dir.path, host);
      await ask(dir.path, host);
    }
    return {
      options: { directory: dir.path, group: undefined },
      hosts: [one, two],
      absent: three,
      passwordOf: (_, host) => tokenFor(dir.path, host),
      [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
    };
  },
});

interface Around {
  readonly group?: string;
  readonly wanted?: readonly string[];
  readonly time?: Clock;
  readonly identity?: string | undefined;
}
function open(directory: string, around: Around = {}) {
  const { group, wanted = [one], time = clock } = around;
  const identity = 'identity' in around ? around.identity : askedAs;
  return helperCache.create(
    { directory: undefined, group },
    {
      name: 'answers',
      log: { info: () => undefined, debug: () => undefined },
      clock: time,
      wanted: wanted.map(registryOf),
      mayCreate: true,
      http: () => assert.fail('answers need no requests'),
      yaml: () => assert.fail('no YAML is read'),
      run: () => assert.fail('no program is run'),
      files: lendFiles({ writes: 'allowed' }),
      memory: noMemory,
      askers: { directory, uid: process.getuid?.(), identityOf: async () => identity },
      registry: address => parseAddress(address),
      hasSource: ({ service }) => service === 'ecr',
      finding: (code, message) => ({ code, message }),
    },
  );
}
interface Issued {
  readonly identity?: string | undefined;
  readonly from?: number;
}
function given(host: string, issued: Issued = {}): Credentials {
  const { from = now } = issued;
  const identity = 'identity' in issued ? issued.identity : askedAs;
  const times = { issuedAt: new Date(from), expiresAt: new Date(from + 12 * hour) };
  const credential = { username: 'AWS', password: new Secret('new'), ...times, source: 's', scope: 'k' };
  return new Map([[host, { ...credential, ...(identity !== undefined && { askedAs: identity }) }]]);
}
async function deliver(directory: string, credentials: Credentials, around: Around = {}) {
  const target = open(directory, around);
  const { slots } = await target.discover(soon());
  return await target.deliver(slots[0] ?? assert.fail('there is a slot'), credentials, soon());
}

test('a directory that is missing is made for its owner alone; an answer is fresh for three quarters of its life', async () => {
  await using dir = await folder();
  const directory = dir.at('home/.cache/ecr-courier');
  assert.equal((await open(directory).discover(soon())).slots[0]?.state, 'absent');
  assert.equal((await deliver(directory, given(one))).change, 'created');
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  assert.equal((await stat(pathFor(directory, one))).mode & 0o777, 0o600);
  const kept = await keptFor(directory, one);
  assert.deepEqual([kept?.issuedAt, kept?.freshUntil, kept?.expiresAt], [now, now + 9 * hour, now + 12 * hour]);
  assert.equal((await deliver(directory, given(one))).change, 'unchanged');
});

test('a server whose clock is ahead does not make an answer last longer', async () => {
  await using dir = await folder();
  await deliver(dir.path, given(one, { from: now + hour }), { time: { ...clock, wall: () => now } });
  assert.equal((await keptFor(dir.path, one))?.expiresAt, now + 12 * hour);
});

test('a token is kept under the identity that fetched it, or not at all', async () => {
  for (const [identity, current] of [
    ['another', askedAs],
    [askedAs, 'another'],
    [undefined, askedAs],
  ] as const) {
    await using dir = await folder();
    const failure = await failing(deliver(dir.path, given(one, { identity }), { identity: current }));
    assert.equal(failure.code, 'CREDENTIAL_REFUSED');
    assert.deepEqual(await readdir(dir.path), []);
  }
});

test('a newer answer, which somebody who asked has fetched, is left', async () => {
  await using dir = await folder();
  await lay(dir.path, one, { token: 'newer', from: now + 1000 });
  assert.equal((await deliver(dir.path, given(one))).change, 'unchanged');
  assert.equal(await tokenFor(dir.path, one), 'newer');
});

test('what is not an answer is drift, and is replaced', async () => {
  await using dir = await folder();
  await writeFile(pathFor(dir.path, one), 'x', { mode: 0o600 });
  const [slot] = (await open(dir.path).discover(soon())).slots;
  assert.deepEqual([slot?.state, slot?.holds], ['drifted', undefined]);
  await deliver(dir.path, given(one));
  assert.equal(await tokenFor(dir.path, one), 'new');
});

test('hosts that somebody asked for lately are kept as well; who asks with another identity is told', async () => {
  await using dir = await folder();
  await ask(dir.path, two);
  await ask(dir.path, three, { at: now - 8 * 24 * hour });
  await ask(dir.path, 'public.ecr.aws');
  await writeFile(dir.at(nameOfAsked('0'.repeat(32), 'example.com')), '');
  const idsIn = async () => (await open(dir.path).discover(soon())).slots.map(({ id, findings }) => [id, ...codesOf(findings)].join(' '));
  assert.deepEqual(await idsIn(), [one, two]);
  await ask(dir.path, two, { identity: 'another', at: now - hour });
  assert.deepEqual(await idsIn(), [one, two]);
  await ask(dir.path, two, { identity: 'another', at: now + 1000 });
  assert.deepEqual(await idsIn(), [one, `${two} ASKED_AS_ANOTHER`]);
});

test('what ends with a session is kept by those who ask alone', async () => {
  await using dir = await folder();
  const { slots, findings } = await open(dir.path, { identity: undefined }).discover(soon());
  assert.deepEqual([slots, codesOf(findings)], [[], ['NOT_FOR_ASKERS']]);
});

const isRoot = process.getuid?.() === 0;
const refusal = async (directory: string, around: Around = {}): Promise<Failure> => {
  const failure = await failing(open(directory, around).discover(soon()));
  assert.ok(failure instanceof Failure);
  assert.equal(failure.code, 'MISCONFIGURED');
  return failure;
};

test('a directory in which others could put answers, or that helpers do not take, gets none', async () => {
  await using dir = await folder({ file: '' });
  for (const mode of [0o720, 0o702]) {
    await chmod(dir.path, mode);
    assert.match((await refusal(dir.path)).message, /can be written by others \(mode 07[02][02]\)/);
  }
  await chmod(dir.path, 0o700);
  assert.match((await refusal(dir.at('file'))).message, /is not a directory/);
  const shared = await refusal('/usr', { group: '12345' });
  assert.equal(shared.remedy, 'Name a directory that is there for the answers alone, such as /usr/ecr-courier.');
  if (!isRoot) return;
  await chown(dir.path, 12_345, 12_345);
  const { message, remedy } = await refusal(dir.path);
  assert.match(`${message} ${remedy}`, /belongs to another user \(uid 12345, and the courier is 0\).*install -d -o 0 -m 0700/);
});

test('a group reads the answers of a directory that is made for it, and of no other', { skip: !isRoot && 'only root can' }, async () => {
  await using dir = await folder();
  const directory = dir.at('shared');
  const group = '12345';
  assert.match((await refusal(directory, { group })).remedy, /install -d -o 0 -g 12345 -m 2750 /);
  await mkdir(directory, { mode: 0o750 });
  assert.match((await refusal(directory, { group })).message, /belongs to the group 0, and not to 12345/);
  await chown(directory, 0, 12_345);
  assert.match((await refusal(directory, { group })).message, /has the mode 0750, and not 2750/);
  await chmod(directory, 0o2750);
  await deliver(directory, given(one), { group });
  const { mode, gid } = await stat(pathFor(directory, one));
  assert.deepEqual([mode & 0o777, gid], [0o640, 12_345]);
  assert.equal(dirname(pathFor(directory, one)), directory);
  assert.match((await refusal(directory, { group: 'no-such-group' })).message, /no group no-such-group/);
});
