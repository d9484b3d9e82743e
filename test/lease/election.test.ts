import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import { createElection, type Term } from '../../src/lease/election.ts';
import { microTime } from '../../src/lease/record.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { type MemoryStore, memoryStore } from './store.ts';

const other = { holderIdentity: 'other', leaseDurationSeconds: 15, acquireTime: '2020-01-01T00:00:00.000000Z', leaseTransitions: 4 };
const second = 1000;

/** Starts a candidate that records its terms. */
function candidate(store: MemoryStore, { clock, me = 'me' }: { clock: VirtualClock; me?: string }) {
  const terms: (Term & { readonly ended: Promise<void> })[] = [];
  const lines: string[] = [];
  const remedies: unknown[] = [];
  const note = (message: string, data?: { readonly remedy?: unknown }): void => {
    lines.push(message);
    if (data?.remedy !== undefined) remedies.push(data.remedy);
  };
  const log = { debug: note, info: note, warn: note, error: note };
  const election = createElection({ store, me, clock, log, random: () => 0.5 });
  const stop = new AbortController();
  const over = Promise.withResolvers<void>();
  const running = election.run(async term => {
    const ended = Promise.race([aborted(term.stopping), aborted(term.lost)]);
    terms.push({ ...term, ended });
    await ended;
    if (term.stopping.aborted) await over.promise;
  }, stop.signal);
  return {
    election,
    terms,
    lines,
    remedies,
    async stop() {
      stop.abort();
      over.resolve();
      await running;
    },
    /** Stops the candidate while its work continues until `done`. */
    stopSlowly: () => ({ done: () => over.resolve(), ended: (stop.abort(), running) }),
  };
}

const specIn = ({ lease }: MemoryStore): Record<string, unknown> => (lease?.['spec'] ?? {}) as Record<string, unknown>;
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

test('rounds are counted from the first one on: before it, nothing stands still', async () => {
  const clock = createVirtualClock();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const election = createElection({ store: memoryStore(), me: 'me', clock, log });
  await clock.advance(3600 * second);
  assert.equal(election.sinceRoundMs, 0);
  const stop = new AbortController();
  const running = election.run(() => aborted(stop.signal), stop.signal);
  await clock.advance(1);
  assert.equal(election.sinceRoundMs, 1);
  stop.abort();
  await running;
});

describe('an attempt, as client-go makes it', () => {
  interface Case {
    readonly name: string;
    readonly spec?: object;
    /** How long the candidate runs before the result is checked. */
    readonly after?: number;
    readonly before?: (store: MemoryStore) => MemoryStore['before'];
    readonly leads: boolean;
    readonly transitions?: number;
    readonly keeps?: string;
  }
  const cases: readonly Case[] = [
    { name: 'there is no Lease: it is made and taken', leads: true, transitions: 0 },
    { name: 'an empty Lease is taken', spec: {}, leads: true, transitions: 0 },
    {
      name: 'a released one is taken at once',
      spec: { ...other, holderIdentity: '', leaseDurationSeconds: 1 },
      leads: true,
      transitions: 5,
    },
    { name: 'a held one is left alone', spec: other, leads: false },
    { name: 'however old its times are', spec: { ...other, renewTime: '1999-01-01T00:00:00.000000Z' }, leads: false },
    { name: 'one whose times lie in the future as well', spec: { ...other, renewTime: '2999-01-01T00:00:00.000000Z' }, leads: false },
    { name: 'it is left alone until it was seen unchanged for its whole time', spec: other, after: 14 * second, leads: false },
    { name: 'then it is taken, and the change counts', spec: other, after: 19 * second, leads: true, transitions: 5 },
    { name: 'a longer time of its holder counts', spec: { ...other, leaseDurationSeconds: 60 }, after: 50 * second, leads: false },
    { name: 'and ends, too', spec: { ...other, leaseDurationSeconds: 60 }, after: 65 * second, leads: true, transitions: 5 },
    { name: 'a holder without a time has the usual one', spec: { holderIdentity: 'other' }, after: 14 * second, leads: false },
    {
      name: 'and no number of changes becomes the first',
      spec: { holderIdentity: 'other' },
      after: 19 * second,
      leads: true,
      transitions: 0,
    },
    {
      name: 'our own is renewed, and keeps when it was acquired, and the changes',
      spec: { ...other, holderIdentity: 'me' },
      leads: true,
      transitions: 4,
      keeps: other.acquireTime,
    },
    {
      name: 'whoever is overtaken while taking it stands by',
      spec: {},
      before: store => async request => {
        if (request === 'replace') store.put(other);
      },
      leads: false,
    },
    {
      name: 'whoever is overtaken while making it stands by',
      before: store => async request => {
        if (request === 'make') store.put(other);
      },
      leads: false,
    },
    {
      name: 'a change of labels alone is no obstacle',
      spec: {},
      before: store => {
        let touched = false;
        return async request => {
          if (request === 'replace' && !touched) store.put({});
          if (request === 'replace') touched = true;
        };
      },
      leads: true,
      transitions: 0,
    },
    {
      name: 'an error is not a Lease',
      spec: {},
      before: () => async () => {
        throw new Failure('UNREACHABLE', 'It is not there.');
      },
      leads: false,
    },
  ];
  for (const { name, spec, after = 100, before, leads, transitions, keeps } of cases)
    test(name, async () => {
      const clock = createVirtualClock();
      const store = memoryStore(spec);
      store.before = before?.(store);
      const one = candidate(store, { clock });
      await clock.advance(after);
      assert.equal(one.election.leads(), leads);
      assert.equal(one.terms.length, leads ? 1 : 0);
      const written = store.written[0];
      assert.equal(written !== undefined, leads);
      if (written) {
        assert.equal(written['holderIdentity'], 'me');
        assert.equal(written['leaseDurationSeconds'], 15);
        assert.equal(written['leaseTransitions'], transitions);
        assert.equal(written['acquireTime'], keeps ?? written['renewTime']);
        for (const time of ['acquireTime', 'renewTime']) assert.match(String(written[time]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      }
      store.before = undefined;
      await one.stop();
    });

  test('what it does not know in a spec stays', async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ strategy: 'OldestEmulationVersion', preferredHolder: 'x' });
    const one = candidate(store, { clock });
    await clock.advance(100);
    assert.equal(store.written[0]?.['strategy'], 'OldestEmulationVersion');
    await one.stop();
  });

  test('a holder that goes on renewing is never overtaken, whatever its clock says', async () => {
    const clock = createVirtualClock();
    const store = memoryStore(other);
    const one = candidate(store, { clock });
    for (let round = 0; round < 30; round++) {
      store.put({ ...other, renewTime: microTime(Date.UTC(2000, 0, 1) + round) });
      await clock.advance(5 * second);
      assert.deepEqual(one.election.standing, { state: 'standing by', leader: 'other' });
    }
    assert.equal(store.written.length, 0);
    await one.stop();
  });

  test('neither a wall clock that is set nor a machine that slept ends the Lease of another', async () => {
    const clock = createVirtualClock();
    const store = memoryStore(other);
    const one = candidate(store, { clock });
    await clock.advance(5 * second);
    clock.stepWall(3600 * second);
    clock.suspend(3600 * second);
    await clock.advance(5 * second);
    assert.equal(one.election.leads(), false);
    await one.stop();
  });
});

describe('a term', () => {
  async function leader() {
    const clock = createVirtualClock();
    const store = memoryStore();
    const one = candidate(store, { clock });
    await clock.advance(100);
    assert.equal(one.election.standing.state, 'leading');
    return { clock, store, one, term: one.terms[0] ?? assert.fail('no term') };
  }

  test('lasts for as long as the Lease is renewed, every two seconds, by one write each', async () => {
    const { clock, store, one, term } = await leader();
    const requests: string[] = [];
    store.before = async request => void requests.push(request);
    await clock.advance(20 * second);
    assert.deepEqual(requests, Array(10).fill('replace'));
    assert.equal(new Set(store.written.map(spec => spec['renewTime'])).size, 11);
    assert.equal(new Set(store.written.map(spec => spec['acquireTime'])).size, 1);
    assert.equal(term.lost.aborted, false);
    await one.stop();
  });

  test('outlives short trouble: conflicts that come to nothing, errors, silence', async () => {
    const { clock, store, one, term } = await leader();
    store.put(store.written[0] ?? {});
    await clock.advance(3 * second);
    assert.equal(term.lost.aborted, false, 'somebody has written a label');
    let silent = true;
    store.before = async (_, signal) => {
      if (silent) await aborted(signal);
      signal.throwIfAborted();
    };
    await clock.advance(6 * second);
    silent = false;
    assert.match(String(one.remedies[0]), /^Look at the load of the API server/, 'no option sets that deadline');
    await clock.advance(30 * second);
    assert.equal(term.lost.aborted, false);
    store.lease = undefined;
    await clock.advance(3 * second);
    assert.equal(term.lost.aborted, false, 'it was deleted, and made again');
    assert.equal(one.terms.length, 1);
    await one.stop();
  });

  test('ends ten seconds after the last renewal that was sent, before anybody else may take it', async () => {
    const { clock, store, one, term } = await leader();
    const silence = { until: Number.POSITIVE_INFINITY };
    store.before = async (_, signal) => {
      if (clock.mono() < silence.until) await aborted(signal);
      signal.throwIfAborted();
    };
    await clock.advance(9 * second);
    assert.deepEqual([term.lost.aborted, one.election.leads()], [false, true]);
    await clock.advance(second);
    assert.deepEqual([term.lost.aborted, one.election.leads()], [true, false]);
    assert.deepEqual(one.election.standing.state, 'asking');
    silence.until = 0;
    await clock.advance(10 * second);
    assert.equal(one.terms.length, 2, 'a new term begins as it is ours still');
    assert.equal(store.written.at(-1)?.['leaseTransitions'], 0);
    await one.stop();
  });

  test('is counted from when a renewal was sent, not from its answer, which may take long', async () => {
    const { clock, store, one, term } = await leader();
    let sent = 0;
    store.before = async (_, signal) => {
      sent = clock.mono();
      await clock.sleep(3 * second, signal);
      signal.throwIfAborted();
    };
    await clock.advance(30 * second);
    assert.equal(term.lost.aborted, false);
    const last = sent;
    store.before = async (_, signal) => await aborted(signal).then(() => signal.throwIfAborted());
    const lost = aborted(term.lost).then(() => clock.mono());
    await clock.advance(15 * second);
    assert.equal(await lost, last + 10 * second);
    store.before = undefined;
    await one.stop();
  });

  test('ends at once where somebody else has the Lease', async () => {
    const { clock, store, one, term } = await leader();
    store.put(other);
    await clock.advance(2.1 * second);
    assert.equal(term.lost.aborted, true);
    assert.deepEqual(one.election.standing, { state: 'standing by', leader: 'other' });
    assert.ok(one.lines.includes('lease lost'));
    await one.stop();
    assert.equal(specIn(store)['holderIdentity'], 'other', 'what is not ours is not released');
  });

  test('is over when the machine has slept, before anything runs again', async () => {
    const { clock, store, one, term } = await leader();
    clock.suspend(60 * second);
    assert.equal(one.election.leads(), false, 'who asks before a write is told so, without any timer');
    store.put(other);
    await clock.advance(3 * second);
    assert.equal(term.lost.aborted, true);
    await one.stop();
  });

  test('is kept while the work ends, then the Lease is released, and the next one takes it at once', async () => {
    const { clock, store, one, term } = await leader();
    const next = candidate(store, { clock, me: 'next' });
    await clock.advance(3 * second);
    assert.deepEqual(next.election.standing, { state: 'standing by', leader: 'me' });
    const { done, ended } = one.stopSlowly();
    await clock.advance(6 * second);
    assert.deepEqual([term.stopping.aborted, term.lost.aborted, next.election.leads()], [true, false, false]);
    done();
    await ended;
    const left = store.written.at(-1);
    assert.deepEqual([left?.['holderIdentity'], left?.['leaseDurationSeconds'], left?.['leaseTransitions']], ['', 1, 0]);
    await clock.advance(4.4 * second);
    assert.equal(next.election.leads(), true);
    assert.equal(store.written.at(-1)?.['leaseTransitions'], 1);
    await next.stop();
  });

  test('is released although somebody has touched the Lease, and a stop never hangs on it', async () => {
    const touched = await leader();
    touched.store.put(touched.store.written[0] ?? {});
    await touched.one.stop();
    assert.equal(touched.store.written.at(-1)?.['holderIdentity'], '');

    const hung = await leader();
    hung.store.before = async (_, signal) => await aborted(signal).then(() => signal.throwIfAborted());
    const { done, ended } = hung.one.stopSlowly();
    done();
    await hung.clock.advance(second);
    await ended;
  });

  test('never overlaps with another one, whatever fails', async () => {
    const clock = createVirtualClock();
    const store = memoryStore();
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    store.before = async (_, signal) => {
      const dice = random();
      if (dice < 0.25) throw new Failure('UNREACHABLE', 'It is not there.');
      if (dice < 0.45) await aborted(signal).then(() => signal.throwIfAborted());
      if (dice < 0.6) await clock.sleep(random() * 4 * second, signal);
      signal.throwIfAborted();
    };
    const all = ['a', 'b', 'c'].map(me => candidate(store, { clock, me }));
    let led = 0;
    for (let step = 0; step < 1500; step++) {
      await clock.advance(250);
      const leading = all.filter(({ election }) => election.leads()).length;
      assert.ok(leading <= 1, `${leading} lead`);
      led += leading;
    }
    assert.ok(led > 400, `somebody leads most of the time (${led})`);
    assert.ok(all.filter(({ terms }) => terms.length > 0).length > 1, 'and not always the same one');
    store.before = undefined;
    await Promise.all(all.map(one => one.stop()));
  });
});
