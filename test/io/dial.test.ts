import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { type Address, dial, firstOf } from '../../src/io/dial.ts';

const never = new AbortController().signal;

/** A stand-in for a connection, which only has a name. */
function line(name: string) {
  const made = { name, destroyed: false, destroy: () => (made.destroyed = true) };
  return made;
}
const failure = (code: string): Error => Object.assign(new Error(code), { code });

describe('the first of several addresses that answers', () => {
  test('is taken although it is slow, when the others fail at once: no address is given up for another', async () => {
    const slow = Promise.withResolvers<ReturnType<typeof line>>();
    const winner = await firstOf(['slow', 'dead'], never, async address => {
      if (address === 'slow') return await slow.promise;
      setTimeout(() => slow.resolve(line('slow')), 300);
      throw failure('ENETUNREACH');
    });
    assert.equal(winner.name, 'slow');
  });

  test('is taken although an earlier one never answers; that one is told to stop', async () => {
    let stopped = false;
    const winner = await firstOf(['mute', 'live'], never, (address, signal) =>
      address === 'live'
        ? Promise.resolve(line('live'))
        : new Promise<never>((_, reject) => signal.addEventListener('abort', () => ((stopped = true), reject(failure('stopped'))))),
    );
    assert.equal(winner.name, 'live');
    assert.ok(stopped);
  });

  test('is the only one that stays, when two answer', async () => {
    const lines: ReturnType<typeof line>[] = [];
    const both = Promise.withResolvers<void>();
    const winner = await firstOf(['a', 'b'], never, async address => {
      if (address === 'b') both.resolve();
      await both.promise;
      lines.push(line(address));
      return lines.at(-1) as ReturnType<typeof line>;
    });
    await new Promise(resolve => setImmediate(resolve));
    for (const { name, destroyed } of lines) assert.equal(destroyed, name !== winner.name, name);
    assert.equal(lines.length, 2);
  });

  test('is not there: the error that tells most is thrown, or the reason of the signal', async () => {
    const codes = ['ENETUNREACH', 'ECONNREFUSED', 'ETIMEDOUT'];
    await assert.rejects(
      firstOf(codes, never, code => Promise.reject(failure(code))),
      { code: 'ECONNREFUSED' },
    );
    await assert.rejects(
      firstOf(['ENETUNREACH'], never, code => Promise.reject(failure(code))),
      { code: 'ENETUNREACH' },
    );
    await assert.rejects(
      dial('nothing.test', 1, never, async () => []),
      { code: 'ENOTFOUND' },
    );
    const late = AbortSignal.abort(failure('late'));
    await assert.rejects(
      firstOf(codes, late, code => Promise.reject(failure(code))),
      { code: 'late' },
    );
  });
});

async function listening(): Promise<Server & AsyncDisposable> {
  const server = createServer(socket => socket.on('error', () => undefined));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

test('a name is dialled by all its addresses, and an address as it is', async () => {
  await using server = await listening();
  const { port } = server.address() as AddressInfo;
  const asked: string[] = [];
  const lookup = async (host: string): Promise<Address[]> => {
    asked.push(host);
    return [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
  };
  for (const host of ['server.test', '127.0.0.1']) {
    const socket = await dial(host, port, never, lookup);
    assert.equal(socket.remoteAddress, '127.0.0.1');
    socket.destroy();
  }
  assert.deepEqual(asked, ['server.test']);
  await assert.rejects(dial('::1', 1, never, lookup), /ECONNREFUSED|EADDRNOTAVAIL/);
  await assert.rejects(dial('server.test', 1, never, lookup), { code: 'ECONNREFUSED' });
});

test('a name service that does not answer holds nothing up beyond the signal', async () => {
  const late = new AbortController();
  const dialling = dial('server.test', 1, late.signal, () => new Promise(() => undefined));
  late.abort(failure('late'));
  await assert.rejects(dialling, { code: 'late' });
});
