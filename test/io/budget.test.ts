import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import type { Target } from '../../src/contract/target.ts';
import { budgetInForce, discoveryBytes, processBytes, withBudget } from '../../src/io/budget.ts';
import { lent } from '../../src/io/lent.ts';
import { proxiesOf } from '../../src/io/proxies.ts';
import { open, serving, soon } from './servers.ts';

/** A JSON list of as many rows as fit into `bytes`. */
const page = (row: string, bytes: number): string =>
  `[${Array.from({ length: Math.floor(bytes / (row.length + 1)) }, () => row).join(',')}]`;
const kibibyte = 1024;

const tooMuch = { code: 'TOO_LARGE', message: /GET \/\d* at http:.*all answers together take more than 1 MiB of memory/ };

for (const [name, row, most] of [
  ['rows', JSON.stringify({ Id: 1, Name: 'a registry', Access: {} }), 8],
  ['nothing but empty maps, which take a hundred times their text', '{}', 2],
  ['nothing but numbers', '1', 8],
] as const)
  test(`pages without end have one budget, whatever is in them: ${name}`, async () => {
    await using server = await serving((_, response) => response.end(page(row, 64 * kibibyte)));
    await using http = open(server.url);
    const readAll = async (how: object): Promise<void> => {
      for (let at = 0; at < 1000; at++) (await http('GET', `/${at}`, { signal: soon(), ...how })).json();
    };
    for (const how of [{}, { each: () => undefined }]) {
      const before = server.requests.length;
      await assert.rejects(
        withBudget(1024 * kibibyte, () => readAll(how)),
        tooMuch,
      );
      assert.ok(server.requests.length - before <= most, `${server.requests.length - before} pages`);
    }
  });

test('a budget is that of one call, and of no other at the same time or later', async () => {
  await using server = await serving((_, response) => response.end(page('"x"', 64 * kibibyte)));
  await using http = open(server.url);
  const pages = async (count: number): Promise<string> => {
    for (let at = 0; at < count; at++) await http('GET', '/', { signal: soon() });
    return 'read';
  };
  const bounded = () => withBudget(1024 * kibibyte, () => pages(2));
  assert.deepEqual(
    await Promise.all([bounded(), bounded(), bounded(), bounded(), pages(20)]),
    Array.from({ length: 5 }, () => 'read'),
  );
  await assert.rejects(
    withBudget(1024 * kibibyte, () => pages(20)),
    { code: 'TOO_LARGE' },
  );
});

test('each call to an adapter is bounded, however the adapter makes its requests', async () => {
  await using server = await serving((_, response) => response.end(page('{}', 512 * kibibyte)));
  await using http = open(server.url);
  const hoard = async (): Promise<never> => {
    const read = async (): Promise<unknown> => (await http('GET', '/', { signal: soon() })).json();
    const kept = new Set<unknown>();
    for (;;) for (const rows of await Promise.all([read(), read(), read()])) kept.add(rows);
  };
  const target = lent({ address: server.url, discover: hoard, deliver: hoard, rehearse: hoard }, new Set());
  const slot = { id: '1', registries: [], state: 'present', ref: null } as const;

  await assert.rejects(target.discover(soon()), { code: 'TOO_LARGE', message: /128 MiB/ });
  await assert.rejects(target.deliver(slot, new Map(), soon()), { code: 'TOO_LARGE', message: /16 MiB/ });
  await assert.rejects(target.rehearse?.(slot, new Map(), soon()) ?? Promise.resolve(), { code: 'TOO_LARGE', message: /16 MiB/ });
});

/** A chunk of a response, and the memory that it is counted as. */
const piece = Buffer.alloc(104 * kibibyte, '{');
const weight = 101 * piece.length;

/** A call that consumes as many chunks as the test wants. */
function taker() {
  const over = Promise.withResolvers<void>();
  const stop = new AbortController();
  let budget: ReturnType<typeof budgetInForce>;
  const job = (): Promise<void> => {
    budget = budgetInForce();
    return over.promise;
  };
  const call = withBudget(discoveryBytes, job, stop.signal);
  return {
    take(pieces: number) {
      for (let at = 0; at < pieces; at++) budget?.spend(piece, 'GET / at http://depot');
    },
    end: () => (over.resolve(), call),
    stop: () => stop.abort(),
  };
}

test('several calls together have a limit too: who takes more than its share fails, short lists go on', async () => {
  const quarter = Math.floor(processBytes / weight / 4);
  const hoarders = Array.from({ length: 4 }, taker);
  for (const { take } of hoarders) take(quarter);
  const modest = taker();
  modest.take(1);
  for (const { take } of hoarders)
    assert.throws(
      () => take(1),
      (failure: Failure) => {
        assert.match(failure.message, /answers of all managers take more than \d+ MiB .* more than its share/);
        assert.deepEqual([failure.code, failure.facts.retryAfterMs], ['TOO_LARGE', 60_000]);
        return true;
      },
    );
  modest.take(1);

  const [ended, stopped] = hoarders;
  await ended?.end();
  stopped?.stop();
  modest.take(quarter - 1);
  await Promise.all([modest, ...hoarders].map(one => one.end()));
  const alone = taker();
  alone.take(Math.floor(discoveryBytes / weight));
  await alone.end();
});

test('ten thousand rows of a manager are far within the budget of a discovery', async () => {
  const row = JSON.stringify({
    Id: 4711,
    Name: 'x'.repeat(60),
    URL: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    Access: { 1: { a: {}, b: {} } },
  });
  const bytes = 10_000 * row.length;
  await using server = await serving((_, response) => response.end(page(row, bytes)));
  await using http = open(server.url);
  const answer = await withBudget(discoveryBytes / 8, () => http('GET', '/', { signal: soon() }));
  assert.ok(answer.text.length > bytes / 2);
});

test('what an adapter throws names the proxy on the way, once, and keeps its code and facts', async () => {
  const { proxy } = proxiesOf({ HTTPS_PROXY: 'http://proxy.test:3128' }).wayTo(new URL('https://depot'));
  assert.ok(proxy);
  const refusing = (failure: unknown): Target => {
    const refuse = () => Promise.reject(failure);
    // oxlint-disable-next-line require-yield -- it fails before anything is seen
    const watch = async function* () {
      throw failure;
    };
    return lent({ address: 'https://depot', discover: refuse, deliver: refuse, watch }, new Set([proxy]));
  };
  const failed = new Failure('AUTH', 'The key is not accepted.', { remedy: 'Make one.', mayLand: true });
  const named = {
    code: 'AUTH',
    message: 'The key is not accepted (through the proxy http://proxy.test:3128 (HTTPS_PROXY)).',
    remedy: 'Make one.',
  };

  await assert.rejects(refusing(failed).discover(soon()), named);
  await assert.rejects(
    refusing(failed).deliver({ id: '1', registries: [], state: 'present', ref: null }, new Map(), soon()),
    (error: unknown) => error instanceof Failure && error.facts.mayLand === true && error.message === named.message,
  );
  const watching = async (): Promise<void> => {
    for await (const sighting of refusing(failed).watch?.(soon()) ?? []) assert.fail(JSON.stringify(sighting));
  };
  await assert.rejects(watching(), named);
  const own = new Failure('UNREACHABLE', 'No connection to the proxy http://proxy.test:3128 (HTTPS_PROXY).');
  await assert.rejects(refusing(own).discover(soon()), { message: own.message });
});
