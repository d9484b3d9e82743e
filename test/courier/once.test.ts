import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayWaiting } from '../../src/commands/waiting.ts';
import { createCourier } from '../../src/courier/courier.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { failing, minutes, promptTarget, row, seconds, testSource } from './rig.ts';

test('a single run asks a source that hangs once, and says meanwhile what it waits for', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const asked: number[] = [];
  const hanging = Object.assign(source, {
    waitsFor: () => 'asking ECR (api.ecr.test)',
    async fetch() {
      asked.push(clock.mono());
      await clock.sleep(20 * seconds, new AbortController().signal);
      throw failing('TIMEOUT');
    },
  });
  const target = promptTarget(clock, 'portainer', [row('1')]);
  const courier = createCourier({ clock, nextDiscovery: wall => wall + minutes, emit: () => undefined });
  courier.use({ all: [hanging], choose: () => hanging }, [target.managed]);
  const ended = new AbortController();
  let said = '';
  void sayWaiting(courier.ledger, { write: text => void (said += text) }, clock, ended.signal);
  let over: number | undefined;
  const running = courier.once(new AbortController().signal).finally(() => {
    over = clock.mono();
    ended.abort();
  });
  await clock.advance(5 * minutes);
  await running;

  assert.equal(asked.length, 1);
  assert.ok(over !== undefined && over < 30 * seconds, `${over}`);
  assert.deepEqual(said.trimEnd().split('\n'), [
    'waiting (5 s): AWS, for a token of the source default in eu-west-1: asking ECR (api.ecr.test)',
    'waiting (10 s): AWS, for a token of the source default in eu-west-1: asking ECR (api.ecr.test)',
    'waiting (15 s): AWS, for a token of the source default in eu-west-1: asking ECR (api.ecr.test)',
  ]);
});
