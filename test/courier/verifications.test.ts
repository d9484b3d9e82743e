import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Image, nameOfImage, readImage } from '../../src/contract/image.ts';
import type { Memory } from '../../src/contract/memory.ts';
import type { Verified } from '../../src/contract/source.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { failing, gaps, hours, minutes, type RigOptions, row, seconds, startRig, testSource, testTarget } from './rig.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

function image(name: string): Image {
  const read = readImage(`${host}/${name}`);
  assert.ok('registry' in read);
  return read;
}

const refused: Verified = { ok: false, refused: true, read: false, stale: false, message: 'a right is missing', remedy: 'Add it.' };
const silent: Verified = { ...refused, refused: false, message: 'no answer' };

/** Records each verification, in awake time; `answer` gives its result. */
function watching(clock: VirtualClock, answer: (name: string, times: number) => Verified | Promise<Verified> = () => ({ ok: true })) {
  const asked: { readonly name: string; readonly at: number; readonly password: string }[] = [];
  const verify: RigOptions['verify'] = async (one, credential) => {
    const name = nameOfImage(one).replace(`${host}/`, '');
    asked.push({ name, at: clock.mono(), password: credential?.password.reveal() ?? '' });
    return await answer(name, asked.filter(other => other.name === name).length);
  };
  return { verify, asked, times: (name: string) => asked.filter(one => one.name === name).map(({ at }) => at) };
}

/** Starts a rig with rare ticks and discoveries, because these tests run for days. */
const begin = (options: RigOptions) => startRig({ tickMs: 1 * minutes, cron: '0 * * * *', ...options });

const targetWith = (clock: VirtualClock, images: readonly string[], name = 'm') =>
  testTarget(clock, name, [row('a')], { verify: images.map(image) });

test('72 hours: each image is read three times, minutes after the start, spread, and never while there is no token', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  source.failure = failing('UNREACHABLE');
  const { verify, asked, times } = watching(clock);
  const names = Array.from({ length: 20 }, (_, at) => `app-${at}:1`);
  await using rig = await begin({ targets: [targetWith(clock, names)], sources: [source], verify });
  await rig.clock.advance(30 * minutes);
  assert.deepEqual(asked, []);
  source.failure = undefined;
  await rig.clock.advance(71.5 * hours);
  for (const name of names) {
    const read = times(name);
    assert.equal(read.length, 3, name);
    assert.ok(
      gaps(read).every(gap => gap >= 24 * hours),
      name,
    );
  }
  const passwords = new Set(source.issued.map(({ password }) => password.reveal()));
  assert.ok(asked.every(({ password }) => passwords.has(password)));
  assert.equal(rig.of('verified').length, asked.length);
});

test('the first walks come minutes after the start, and not all at once', async () => {
  const clock = createVirtualClock();
  const { verify, asked } = watching(clock);
  const names = Array.from({ length: 20 }, (_, at) => `app-${at}:1`);
  await using rig = await begin({ targets: [targetWith(clock, names)], verify });
  await rig.clock.advance(5 * minutes - 1);
  assert.equal(asked.length, 0);
  await rig.clock.advance(11 * minutes);
  assert.equal(asked.length, 20);
  assert.ok(new Set(asked.map(({ at }) => Math.floor(at / minutes))).size > 4);
});

test('what is refused is a finding of the target while it lasts, asked for again each hour', async () => {
  const clock = createVirtualClock();
  const { verify, times } = watching(clock, (name, count) => (name === 'bad:1' && count < 4 ? refused : { ok: true }));
  const target = targetWith(clock, ['good:1', 'bad:1']);
  await using rig = await begin({ targets: [target], verify });
  const found = () => {
    const record = rig.courier.ledger.targets.get('m');
    return record ? rig.courier.ledger.findingsOf(record) : [];
  };
  await rig.clock.advance(20 * minutes);
  assert.deepEqual(found(), [{ code: 'PULL_REFUSED', message: `${host}/bad:1: a right is missing`, remedy: 'Add it.' }]);
  assert.ok(target.writes.length > 0);
  await rig.clock.advance(6 * hours);
  assert.deepEqual(found(), []);
  assert.equal(times('bad:1').length, 4);
  assert.ok(gaps(times('bad:1')).every(gap => gap >= hours));
});

test('an image that was read and then refused is not read again before a day has passed', async () => {
  const clock = createVirtualClock();
  const { verify, times } = watching(clock, () => ({ ...refused, read: true }));
  await using rig = await begin({ targets: [targetWith(clock, ['app:1'])], verify });
  await rig.clock.advance(72 * hours);
  assert.equal(times('app:1').length, 3);
});

test('no answer is not a refusal, holds up no delivery, and ends with its deadline', async () => {
  const clock = createVirtualClock();
  const { verify, times } = watching(clock, () => new Promise<Verified>(() => undefined));
  const target = targetWith(clock, ['app:1']);
  await using rig = await begin({ targets: [target], verify });
  await rig.clock.advance(24 * hours);
  const record = rig.courier.ledger.targets.get('m');
  assert.deepEqual(record && rig.courier.ledger.findingsOf(record).map(({ code }) => code), ['PULL_UNPROVEN']);
  assert.match(rig.of('verified')[0]?.message ?? '', /no answer within 60 s/);
  assert.equal(times('app:1').length, 1, 'nobody knows whether it was read');
  assert.ok(target.writes.length >= 4);
});

test('ECR Public needs no source: the image is asked for without a login; a private one without a source is told', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const asked: (string | undefined)[] = [];
  const open = readImage('public.ecr.aws/nginx/nginx:1');
  assert.ok('registry' in open);
  const verify: RigOptions['verify'] = async (one, credential) => {
    asked.push(`${one.registry.service} ${credential === undefined ? 'nobody' : 'somebody'}`);
    return asked.length === 1 ? silent : { ok: true };
  };
  const target = testTarget(clock, 'm', [row('a')], { verify: [open] });
  await using rig = await begin({ targets: [target], sources: [source], verify });
  const record = () => rig.courier.ledger.targets.get('m') ?? assert.fail();
  await rig.clock.advance(16 * minutes);
  assert.deepEqual(asked, ['ecr-public nobody']);
  assert.deepEqual(
    rig.courier.ledger.findingsOf(record()).map(({ code, message }) => [code, /nginx:1: no answer/.test(message)]),
    [['PULL_UNPROVEN', true]],
  );
  await rig.clock.advance(2 * hours);
  assert.deepEqual([asked.length, rig.courier.ledger.findingsOf(record()).length], [2, 0]);
  assert.equal(rig.of('verified')[0]?.source, undefined);
  await rig.clock.advance(24 * hours);
  assert.equal(asked.length, 3);
  rig.courier.use({ all: [source], choose: () => undefined }, [{ ...target.managed, verify: [image('app:1')] }]);
  await rig.clock.advance(2 * hours);
  assert.equal(asked.length, 3);
  assert.match(
    rig.courier.ledger
      .findingsOf(record())
      .map(({ message }) => message)
      .join(),
    /app:1 cannot be asked for, as no source serves 1234/,
  );
});

test('two targets that ask for one image with one identity share its walk', async () => {
  const clock = createVirtualClock();
  const { verify, times } = watching(clock, () => silent);
  await using rig = await begin({ targets: [targetWith(clock, ['app:1'], 'm'), targetWith(clock, ['app:1', 'b:1'], 'n')], verify });
  await rig.clock.advance(16 * minutes);
  assert.equal(times('app:1').length, 1);
  for (const name of ['m', 'n']) {
    const record = rig.courier.ledger.targets.get(name);
    assert.ok(record && rig.courier.ledger.findingsOf(record).some(({ message }) => message.includes('app:1: no answer')));
  }
});

test('a reload adds and removes images; what was read stays known, and a refresh reads nothing', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const { verify, times } = watching(clock);
  const target = targetWith(clock, ['a:1']);
  await using rig = await begin({ targets: [target], sources: [source], verify });
  const use = (images: readonly string[]) =>
    rig.courier.use({ all: [source], choose: () => source }, [{ ...target.managed, verify: images.map(image) }]);
  await rig.clock.advance(20 * minutes);
  use(['b:1']);
  await rig.clock.advance(20 * minutes);
  use(['a:1', 'b:1']);
  rig.courier.refresh();
  await rig.clock.advance(20 * hours);
  assert.deepEqual([times('a:1').length, times('b:1').length], [1, 1]);
  use([]);
  await rig.clock.advance(30 * hours);
  assert.deepEqual([times('a:1').length, times('b:1').length], [1, 1]);
  assert.deepEqual(rig.courier.ledger.targets.get('m')?.verified, []);
});

test('a paused target has nothing verified, and neither has a courier that does everything once', async () => {
  const clock = createVirtualClock();
  const { verify, asked } = watching(clock);
  const paused = testTarget(clock, 'm', [row('a')], { verify: [image('app:1')], paused: true });
  await using rig = await begin({ targets: [paused], verify });
  await rig.clock.advance(3 * hours);
  assert.equal(asked.length, 0);
});

test('a credential that the registry does not take is fetched anew, and the pull walked again with the next one', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const { verify, asked } = watching(clock, (_, count) => (count < 2 ? { ...silent, stale: true } : { ok: true }));
  await using rig = await begin({ targets: [targetWith(clock, ['app:1'])], sources: [source], verify });
  await rig.clock.advance(30 * minutes);
  assert.equal(asked.length, 2);
  assert.notEqual(asked[0]?.password, asked[1]?.password);
  assert.equal(source.issued.length, 2);
  assert.ok((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0) <= 2 * minutes, 'as soon as it is there');
});

function memoryOf(): Memory & { text: string | undefined } {
  const memory: Memory & { text: string | undefined } = {
    text: undefined,
    recall: async () => memory.text,
    remember: text => void (memory.text = text),
  };
  return memory;
}

test('over restarts: with a memory an image is read once a day, and what was found stands at once', async () => {
  const clock = createVirtualClock();
  const memory = memoryOf();
  const { verify, times } = watching(clock, name => (name === 'bad:1' ? { ...refused, read: true } : { ok: true }));
  for (let start = 0; start < 10; start++) {
    await using rig = await begin({ targets: [targetWith(clock, ['good:1', 'bad:1'])], verify, memory });
    await rig.clock.advance(start === 0 ? 20 * minutes : 2 * hours);
    const record = rig.courier.ledger.targets.get('m');
    assert.deepEqual(record && rig.courier.ledger.findingsOf(record).map(({ code }) => code), ['PULL_REFUSED']);
  }
  assert.deepEqual([times('good:1').length, times('bad:1').length], [1, 1]);
  await using rig = await begin({ targets: [targetWith(clock, ['good:1', 'bad:1'])], verify, memory });
  await rig.clock.advance(8 * hours);
  assert.deepEqual([times('good:1').length, times('bad:1').length], [2, 2]);
});

test('a process that ends again and again within minutes reads nothing, with or without a memory', async () => {
  const clock = createVirtualClock();
  const { verify, asked } = watching(clock);
  for (let start = 0; start < 50; start++) {
    await using rig = await begin({ targets: [targetWith(clock, ['app:1'])], verify });
    await rig.clock.advance(4 * minutes);
  }
  assert.equal(asked.length, 0);
});

/** Contents that the memory file might have instead of a valid memory. */
const oddities = ['', 'x', 'null', '[]', '{"default/eu-west-1/ecr":{"at":"now"}}', '{"k":{"at":1,"result":{"ok":false}}}', '{"k":null}'];
for (const text of oddities) {
  test(`a memory that holds ${JSON.stringify(text)} is none`, async () => {
    const clock = createVirtualClock();
    const { verify, asked } = watching(clock);
    const memory = { recall: async () => text, remember: () => undefined };
    await using rig = await begin({ targets: [targetWith(clock, ['app:1'])], verify, memory });
    await rig.clock.advance(16 * minutes);
    assert.equal(asked.length, 1);
  });
}

test('a memory from a clock that was ahead does not silence an image for ever', async () => {
  const clock = createVirtualClock();
  const key = `default/eu-west-1/ecr ${host}/app:1`;
  const memory = {
    recall: async () => JSON.stringify({ [key]: { at: clock.wall() + 1000 * hours, result: { ok: true } } }),
    remember: () => undefined,
  };
  const { verify, asked } = watching(clock);
  await using rig = await begin({ targets: [targetWith(clock, ['app:1'])], verify, memory });
  await rig.clock.advance(23 * hours);
  assert.equal(asked.length, 0);
  await rig.clock.advance(3 * hours + 30 * seconds);
  assert.equal(asked.length, 1);
});
