import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { oneByOneUntilAccepted } from '../../../adapters/harbor/login.ts';
import type { Answer } from '../../../src/contract/http.ts';
import { soon } from '../rig.ts';

const registries = '/api/v2.0/registries';
interface Sent {
  readonly path: string;
  readonly signal: AbortSignal;
  answer(status: number): Promise<void>;
  fail(): Promise<void>;
}
let sent: Sent[];
let ask: (path?: string, signal?: AbortSignal) => Promise<number>;

beforeEach(() => {
  sent = [];
  const send = oneByOneUntilAccepted((_, path, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    sent.push({
      path,
      signal,
      answer: status => (resolve({ status, headers: new Map(), text: '', json: () => assert.fail() }), turn()),
      fail: () => (reject(new Error('reset')), turn()),
    });
    return promise;
  });
  ask = async (path = registries, signal = soon()) => (await send('GET', path, signal)).status;
});
/** Sends `count` requests at the same time. Each resolves with its status, or -1 if it fails. */
const several = (count: number): Promise<number>[] => Array.from({ length: count }, () => ask().catch(() => -1));
const last = (): Sent => sent.at(-1) ?? assert.fail('nothing was sent');
async function accepted(): Promise<void> {
  const first = ask();
  await last().answer(200);
  assert.equal(await first, 200);
}

describe('requests to Harbor', { timeout: 10_000 }, () => {
  test('the first one is alone; when it is accepted, the others go at once', async () => {
    const all = several(5);
    await turn();
    assert.equal(sent.length, 1);
    await last().answer(200);
    assert.equal(sent.length, 5);
    await Promise.all(sent.map(one => one.answer(200)));
    assert.deepEqual(await Promise.all(all), [200, 200, 200, 200, 200]);
  });

  test('when it is refused, those that waited share that', async () => {
    const all = several(5);
    await last().answer(401);
    assert.deepEqual(await Promise.all(all), [401, 401, 401, 401, 401]);
    assert.equal(sent.length, 1);
  });

  test('a late answer to one that began before a refusal lifts nothing', async () => {
    await accepted();
    const both = several(2);
    await sent.at(-1)?.answer(401);
    await sent.at(-2)?.answer(200);
    assert.deepEqual(await Promise.all(both), [200, 401]);

    const more = several(2);
    await turn();
    assert.equal(sent.length, 4, 'one at a time');
    await last().answer(401);
    assert.deepEqual(await Promise.all(more), [401, 401]);
  });

  test('what is told to strangers, too, is not proof: the next one is alone again', async () => {
    for (const [path, status] of [
      [registries, 404],
      [registries, 403],
      [registries, 422],
      [registries, 502],
      ['/api/v2.0/systeminfo', 200],
    ] as const) {
      const first = ask(path);
      await last().answer(status);
      assert.equal(await first, status);
      const before = sent.length;
      const all = several(2);
      await turn();
      assert.equal(sent.length, before + 1, `${path} ${status}`);
      await last().answer(401);
      await Promise.all(all);
    }
  });

  test('a credential that was tried in vain is a proof', async () => {
    const first = ask();
    await last().answer(400);
    await first;
    const all = several(2);
    await turn();
    assert.equal(sent.length, 3);
    await Promise.all(sent.map(one => one.answer(200)));
    await Promise.all(all);
  });

  test('one that fails makes way for the next', async () => {
    const all = several(2);
    await last().fail();
    assert.equal(sent.length, 2);
    await last().answer(200);
    assert.deepEqual(await Promise.all(all), [-1, 200]);
  });

  test('one that waits ends with its own signal', async () => {
    const first = ask();
    const patience = new AbortController();
    void ask(registries, patience.signal);
    await turn();
    patience.abort();
    await turn();
    assert.equal(sent.length, 2);
    assert.equal(last().signal.aborted, true, 'who sends it says what an abort comes to');
    await sent[0]?.answer(200);
    assert.equal(await first, 200);
  });
});
