import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeApi } from '../../../adapters/kubernetes/api.ts';
import { keepPapers, type Papers } from '../../../adapters/kubernetes/papers.ts';
import { fromFiles } from '../../../adapters/kubernetes/token.ts';
import { kubernetes } from '../../../adapters/kubernetes.ts';
import type { Answer, Http } from '../../../src/contract/http.ts';
import { seconds } from '../../courier/rig.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { courierToken } from '../../fakes/kubernetes.ts';
import { failing, soon } from '../rig.ts';
import { optionsFor, rig } from './rig.ts';

/** Fakes files in memory. A path without an entry is a missing file; an Error makes the file unreadable. */
function cluster(files: Record<string, string | Error>) {
  const clock = createVirtualClock();
  const reads: string[] = [];
  const bases: object[] = [];
  const sent: string[] = [];
  let refused = (shown: string): boolean => shown === '';
  const http = (base: object): Http => {
    bases.push(base);
    const ask = async (_: string, __: string, { headers }: { headers?: Record<string, string> }): Promise<Answer> => {
      const shown = headers?.['authorization'] ?? '';
      sent.push(shown);
      return { status: refused(shown) ? 401 : 200, headers: new Map(), text: '', json: () => assert.fail('nothing') };
    };
    return Object.assign(ask, { lines: () => assert.fail('nothing'), failure: () => assert.fail('nothing') });
  };
  const read = async (path: string): Promise<string | undefined> => {
    reads.push(path);
    const text = files[path];
    if (text instanceof Error) throw text;
    return text;
  };
  const url = 'https://kubernetes.default.svc';
  const papers = keepPapers(fromFiles({ url, token: 'token', authorities: 'ca' }, { files: { read } as never }), { clock });
  const api = makeApi(papers, { http }, url, { url });
  return {
    clock,
    reads,
    bases,
    sent,
    ask: () => api.ask('GET', '/x', { signal: soon() }),
    accept: (only: string) => void (refused = shown => shown !== `Bearer ${only}`),
  };
}

test('token and certificate are read once a minute, by all that ask together', async () => {
  const t = cluster({ token: 'one\n', ca: 'CA 1' });
  await Promise.all([t.ask(), t.ask(), t.ask()]);
  assert.deepEqual(t.reads, ['token', 'ca']);
  await t.clock.advance(59 * seconds);
  await t.ask();
  assert.deepEqual(t.reads, ['token', 'ca']);
  await t.clock.advance(2 * seconds);
  await t.ask();
  assert.equal(t.reads.length, 4);
  assert.ok(t.sent.every(shown => shown === 'Bearer one'));
});

test('another certificate of the cluster makes other connections', async () => {
  const files = { token: 'one', ca: 'CA 1' };
  const t = cluster(files);
  const trusted = () => t.bases.map(base => ('authorities' in base ? base.authorities : undefined));
  await t.ask();
  await t.ask();
  assert.deepEqual(trusted(), [undefined, 'CA 1']);
  files.ca = 'CA 2';
  await t.clock.advance(61 * seconds);
  await t.ask();
  assert.deepEqual(trusted(), [undefined, 'CA 1', 'CA 2']);
});

test('a token that is refused is read anew at once, and tried once more only if it is another one', async () => {
  const files = { token: 'one', ca: 'CA' };
  const t = cluster(files);
  t.accept('two');
  assert.equal((await t.ask()).status, 401);
  assert.deepEqual(t.sent, ['Bearer one']);
  files.token = 'two';
  assert.equal((await t.ask()).status, 200);
  assert.deepEqual(t.sent, ['Bearer one', 'Bearer one', 'Bearer two']);
});

test('a file that cannot be read for a moment does no harm, but there must be one at first', async () => {
  const files: Record<string, string | Error> = { ca: 'CA' };
  const t = cluster(files);
  assert.equal((await failing(t.ask())).code, 'AUTH');
  files['token'] = 'one';
  await t.ask();
  files['token'] = new Error('EIO');
  await t.clock.advance(61 * seconds);
  assert.equal((await t.ask()).status, 200);
  files['token'] = '';
  await t.clock.advance(61 * seconds);
  assert.equal((await t.ask()).status, 200);
});

test('a login that is refused or not there is tried again in a minute, as somebody may renew it at any time', async () => {
  await using t = await rig();
  t.fake.tokens.delete(courierToken);
  const refused = await failing(t.discover());
  assert.deepEqual([refused.code, refused.facts.tryAgainMs], ['AUTH', 60_000]);
  await t.file.write('');
  const absent = await failing(t.discover());
  assert.deepEqual([absent.code, absent.facts.tryAgainMs], ['AUTH', 60_000]);
});

test('a reading goes on for all that wait for it, and for those who come later, when the deadline of one ends', async () => {
  let begun = 0;
  const { promise, resolve } = Promise.withResolvers<Papers>();
  const papers = keepPapers(
    signal => {
      begun += 1;
      signal.addEventListener('abort', () => assert.fail('a spent refresh-token would be lost'));
      return promise;
    },
    { clock: createVirtualClock() },
  );
  const first = new AbortController();
  const asked = [papers(first.signal), papers(soon())] as const;
  first.abort(new Error('too late'));
  await assert.rejects(asked[0], /too late/);
  await assert.rejects(papers(first.signal), /too late/);
  resolve({ server: { url: 'https://c.test' }, token: undefined });
  assert.equal((await asked[1]).server.url, 'https://c.test');
  await papers(soon());
  assert.equal(begun, 1);
});

test('a login that does not come is given up, also where nobody else sets a deadline: the former papers are used on', async () => {
  const clock = createVirtualClock();
  const begun: AbortSignal[] = [];
  const papers = keepPapers(
    async (signal): Promise<Papers> => {
      begun.push(signal);
      if (begun.length === 2) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      return { server: { url: 'https://c.test' }, token: undefined, until: clock.mono() + 20 * seconds };
    },
    { clock },
  );
  // A watch has no deadline.
  const { signal } = new AbortController();
  const first = await papers(signal);
  await clock.advance(21 * seconds);
  const waiting = [papers(signal), papers(signal, first)] as const;
  await clock.advance(31 * seconds);
  assert.equal(await waiting[0], first);
  await clock.advance(11 * seconds);
  assert.notEqual(await papers(signal), first);
  assert.equal(begun.length, 3);
  await waiting[1];
});

test('papers that are due are used on for as long as a slow login takes, unless they are refused', async () => {
  const clock = createVirtualClock();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let read = 0;
  const papers = keepPapers(
    async (): Promise<Papers> => {
      if (++read > 1) await promise;
      return { server: { url: 'https://c.test' }, token: undefined, until: clock.mono() + 20 * seconds };
    },
    { clock },
  );
  const first = await papers(soon());
  await clock.advance(21 * seconds);
  const [due, refused] = [papers(soon()), papers(soon(), first)];
  await clock.advance(2 * seconds);
  assert.equal(await due, first, 'the term of a Lease would end meanwhile');
  resolve(undefined);
  assert.notEqual(await refused, first);
  assert.equal(await papers(soon()), await refused);
  assert.equal(read, 2);
});

test('papers that must be renewed and cannot be are used on, and not asked for by each request', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  const papers = keepPapers(
    async () => {
      asked += 1;
      if (asked > 1) throw new Error('the cloud is down');
      return { server: { url: 'https://c.test' }, token: undefined, until: clock.mono() + 20 * seconds };
    },
    { clock },
  );
  const first = await papers(soon());
  await clock.advance(21 * seconds);
  for (let times = 0; times < 5; times++) assert.equal(await papers(soon()), first);
  assert.equal(asked, 2);
  await clock.advance(11 * seconds);
  await papers(soon());
  assert.equal(asked, 3);
  await assert.rejects(papers(soon(), first), /the cloud is down/);
});

test('without an address it is the cluster of the pod; with one a token must be named', async () => {
  const rest = { http: () => assert.fail, files: {}, clock: createVirtualClock(), wanted: [] } as never;
  const { url, tokenFile, ...options } = optionsFor('https://cluster.test:6443/', '/run/token');
  assert.equal(kubernetes.create({ ...options, url, tokenFile }, rest).address, 'https://cluster.test:6443');
  assert.equal(kubernetes.create({ ...options, url: undefined, tokenFile: undefined }, rest).address, 'https://kubernetes.default.svc');
  const failure = await failing(Promise.resolve().then(() => kubernetes.create({ ...options, url, tokenFile: undefined }, rest)));
  assert.equal(failure.code, 'MISCONFIGURED');
});
