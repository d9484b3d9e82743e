import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAtEnd, isPulling, readTask, replacedSince, type Task } from '../../../../adapters/common/swarm/tasks.ts';

const now = Date.UTC(2026, 0, 1);
function task(id: string, state: string, desired = 'running', place = '1', made = now): Task {
  return { id, state, desired, place, made, since: made, error: '' };
}

test('a task is read from what an engine tells of it', () => {
  const told = {
    ID: 't1',
    Slot: 3,
    NodeID: 'n1',
    CreatedAt: '2026-01-01T00:00:00Z',
    DesiredState: 'running',
    Status: { State: 'running', Timestamp: '2026-01-01T00:00:00Z' },
  };
  assert.deepEqual(readTask(told), task('t1', 'running', 'running', '3'));
  assert.equal(readTask({ ...told, Slot: undefined })?.place, 'n1', 'tasks of a global service have their node');
  assert.equal(readTask({}), undefined);
});

describe('a running task was replaced', () => {
  const before = [task('t1', 'running'), task('t2', 'running', 'running', '2')];
  const table: readonly { readonly name: string; readonly after: readonly Task[]; readonly replaced: readonly string[] }[] = [
    { name: 'no: nothing happened', after: before, replaced: [] },
    { name: 'yes: it is to be shut down', after: [task('t1', 'running', 'shutdown'), ...before.slice(1)], replaced: ['t1'] },
    { name: 'yes: it was shut down', after: [task('t1', 'shutdown', 'shutdown'), ...before.slice(1)], replaced: ['t1'] },
    { name: 'yes: it is gone', after: before.slice(1), replaced: ['t1'] },
    { name: 'yes: another one is started beside it, and is to take its place', after: [...before, task('t3', 'new')], replaced: ['t1'] },
    { name: 'yes: both', after: [task('t1', 'shutdown', 'shutdown'), task('t2', 'running', 'remove', '2')], replaced: ['t1', 't2'] },
    {
      name: 'no: it failed by itself',
      after: [task('t1', 'failed', 'shutdown'), task('t3', 'ready', 'ready'), ...before.slice(1)],
      replaced: [],
    },
    { name: 'no: it ended by itself', after: [task('t1', 'complete', 'shutdown'), task('t3', 'new'), ...before.slice(1)], replaced: [] },
    {
      name: 'no: its node is gone for a day',
      after: [task('t1', 'orphaned', 'shutdown'), task('t3', 'running'), ...before.slice(1)],
      replaced: [],
    },
    { name: 'no: somebody wants more replicas', after: [...before, task('t3', 'new', 'running', '3')], replaced: [] },
  ];
  for (const { name, after, replaced } of table)
    test(name, () =>
      assert.deepEqual(
        replacedSince(before, after).map(({ id }) => id),
        replaced,
      ),
    );

  test('no: it did not run before', () => {
    const rejected = [task('t1', 'rejected', 'shutdown'), task('t2', 'preparing')];
    assert.deepEqual(replacedSince(rejected, [task('t2', 'shutdown', 'shutdown'), task('t3', 'running')]), []);
  });
});

test('an update would run a task again that has ended, and that Swarm leaves as it is', () => {
  const at = (minutes: number): number => now + minutes * 60_000;
  assert.equal(isAtEnd([task('t1', 'complete', 'shutdown')]), true);
  assert.equal(isAtEnd([task('t1', 'failed', 'shutdown')]), true);
  assert.equal(isAtEnd([task('t1', 'running'), task('t2', 'failed', 'shutdown', '2')]), true, 'one replica of two');
  assert.equal(isAtEnd([task('t1', 'failed', 'shutdown'), task('t2', 'running')]), false, 'it was started again');
  assert.equal(isAtEnd([task('t1', 'failed', 'shutdown'), task('t2', 'ready', 'ready')]), false, 'it is about to be');
  assert.equal(isAtEnd([task('t2', 'rejected', 'shutdown', '1', at(1)), task('t1', 'failed', 'shutdown')]), false, 'it lacks its image');
  assert.equal(isAtEnd([task('t2', 'rejected', 'shutdown'), task('t1', 'complete', 'shutdown', '1', at(1))]), true, 'it has run since');
  assert.equal(isAtEnd([task('t1', 'shutdown', 'shutdown')]), false, 'somebody has stopped it');
  assert.equal(isAtEnd([]), false);
  const scaled = [task('t1', 'running'), task('t2', 'failed', 'shutdown', '2'), task('t3', 'complete', 'shutdown', '3')];
  assert.deepEqual(
    [1, 2, 3].map(replicas => isAtEnd(scaled, replicas)),
    [false, true, true],
    'somebody has scaled the service to one task',
  );
  assert.equal(isAtEnd(scaled.slice(1), 0), false, 'to none');
  assert.equal(isAtEnd(scaled.slice(1), 1), true);
});

test('an update would end a pull, unless it is the login that tasks lack', () => {
  assert.equal(isPulling([task('t1', 'running'), task('t2', 'preparing', 'running', '2')], now), true);
  assert.equal(isPulling([task('t1', 'preparing', 'ready')], now), true);
  assert.equal(isPulling([task('t1', 'preparing', 'shutdown')], now), false, 'nobody wants it any more');
  assert.equal(isPulling([task('t1', 'rejected', 'shutdown'), task('t2', 'preparing')], now), false, 'the one before was refused');
  assert.equal(isPulling([task('t1', 'rejected', 'shutdown'), task('t2', 'preparing', 'running', '2')], now), true, 'that was another one');
  assert.equal(isPulling([task('t1', 'preparing')], now + 31 * 60_000), false, 'it hangs');
  assert.equal(isPulling([task('t1', 'pending'), task('t2', 'starting'), task('t3', 'ready')], now), false);
});
