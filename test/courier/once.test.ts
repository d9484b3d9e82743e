import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStatusLine } from '../../src/commands/terminal.ts';
import { sayWaiting, waitingFor } from '../../src/commands/waiting.ts';
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
  const said = { lines: '', replaced: '' };
  const plain = openStatusLine({ write: text => void (said.lines += text) }, { replaces: false });
  const replaced = openStatusLine({ write: text => void (said.replaced += text) }, { replaces: true });
  for (const line of [plain, replaced]) void sayWaiting(() => waitingFor(courier.ledger), line, clock, ended.signal);
  let over: number | undefined;
  const running = courier.once(new AbortController().signal).finally(() => {
    over = clock.mono();
    ended.abort();
  });
  await clock.advance(5 * minutes);
  await running;

  assert.equal(asked.length, 1);
  assert.ok(over !== undefined && over < 30 * seconds, `${over}`);
  assert.deepEqual(said.lines.trimEnd().split('\n'), [
    'waiting (2 s): AWS, for a token of the source default in eu-west-1: asking ECR (api.ecr.test)',
    'waiting (6 s): AWS, for a token of the source default in eu-west-1: asking ECR (api.ecr.test)',
    'waiting (14 s): AWS, for a token of the source default in eu-west-1: asking ECR (api.ecr.test)',
  ]);
  const frames = said.replaced.split('\r').filter(frame => frame !== '');
  assert.deepEqual(
    frames.slice(0, 2).map(frame => /^waiting \((\d) s\): AWS, /.exec(frame)?.[1]),
    ['2', '3'],
  );
  assert.ok(
    frames.every(frame => frame.endsWith('\u001b[K') && frame.length <= 79 + 3 && !frame.includes('\n')),
    said.replaced,
  );
  assert.equal(frames.at(-1), '\u001b[K', 'nothing is left of it');
});
