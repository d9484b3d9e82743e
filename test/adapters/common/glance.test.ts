import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeGlance } from '../../../adapters/common/glance.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { soon } from '../rig.ts';

const tenMinutes = 600_000;

test('it asks every ten minutes; what fails keeps its former answer for an hour, and harms nothing else', async () => {
  const time = createVirtualClock();
  let asked = 0;
  let works = true;
  const glance = makeGlance(time, {
    version: async () => `v${++asked}`,
    end: async () => {
      if (!works) throw new Error('down');
      return 'in May';
    },
  });
  assert.deepEqual(await glance(soon()), { version: 'v1', end: 'in May' });
  assert.deepEqual(await glance(soon()), { version: 'v1', end: 'in May' });

  works = false;
  await time.advance(tenMinutes);
  assert.deepEqual(await glance(soon()), { version: 'v2', end: 'in May' });
  await time.advance(5 * tenMinutes);
  assert.deepEqual(await glance(soon()), { version: 'v3' }, 'nobody knows it any more');

  works = true;
  await time.advance(tenMinutes);
  assert.deepEqual(await glance(soon()), { version: 'v4', end: 'in May' });
});

test('undefined is not an answer, and takes none away', async () => {
  const time = createVirtualClock();
  const ends: (string | undefined)[] = ['in May', undefined, 'in June'];
  const glance = makeGlance(time, { end: async () => ends.shift() });
  const seen: unknown[] = [];
  for (let look = 0; look < 3; look++) {
    seen.push((await glance(soon())).end);
    await time.advance(tenMinutes);
  }
  assert.deepEqual(seen, ['in May', 'in May', 'in June']);
});

test('a question that hangs is given three seconds, and holds up no answer to another', async () => {
  const time = createVirtualClock();
  const glance = makeGlance(time, {
    version: async () => 'v1',
    end: (signal): Promise<string> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  });
  let seen: unknown;
  const looking = glance(soon()).then(answers => (seen = answers));
  await time.advance(2_999);
  assert.equal(seen, undefined);
  await time.advance(1);
  await looking;
  assert.deepEqual(seen, { version: 'v1' });
  assert.equal(time.sleepers, 0);
});

test('it ends with the signal of who looks', async () => {
  const patience = new AbortController();
  const glance = makeGlance(createVirtualClock(), {
    end: (signal): Promise<string> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  });
  const looking = glance(patience.signal);
  patience.abort();
  assert.deepEqual(await looking, {});
});
