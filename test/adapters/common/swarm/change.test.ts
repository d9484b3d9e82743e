import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, changeOf, hasAll } from '../../../../adapters/common/swarm/change.ts';

const before = { Name: 'web', Task: { Env: ['A=1'], Limits: { CPU: 1, Memory: 2 }, Mounts: [{ Source: '/a', Options: { Flag: true } }] } };
const { Task } = before;
const table: readonly (readonly [what: string, after: object, change: Change])[] = [
  ['nothing', before, 'none'],
  ['a member is gone', { ...before, Task: { ...Task, Limits: { CPU: 1 } } }, { lost: ['Task.Limits.Memory'] }],
  ['all of them', { ...before, Task: { ...Task, Limits: {} } }, { lost: ['Task.Limits'] }],
  ['they are null', { ...before, Task: { ...Task, Env: null } }, { lost: ['Task.Env'] }],
  ['a list is empty', { ...before, Task: { ...Task, Env: [] } }, { lost: ['Task.Env'] }],
  ['inside a list', { ...before, Task: { ...Task, Mounts: [{ Source: '/a' }] } }, { lost: ['Task.Mounts.Options'] }],
  ['two', { Name: 'web', Task: { Mounts: Task.Mounts, Limits: { CPU: 1 } } }, { lost: ['Task.Env', 'Task.Limits.Memory'] }],
  ['an empty member is new', { ...before, New: {} }, 'other'],
  ['a member is new', { ...before, Task: { ...Task, New: 1 } }, 'other'],
  ['a member is gone and another new', { ...before, Task: { ...Task, Limits: { CPU: 1, Pids: 3 } } }, 'other'],
  ['a value', { ...before, Task: { ...Task, Limits: { CPU: 2, Memory: 2 } } }, 'other'],
  ['an element more', { ...before, Task: { ...Task, Env: ['A=1', 'B=2'] } }, 'other'],
  ['the order of members', { Task, Name: 'web' }, 'other'],
];
for (const [what, after, change] of table)
  test(`the change of a Spec: ${what}`, () => assert.deepEqual(changeOf(JSON.stringify(before), JSON.stringify(after)), change));

test('whether a Spec has what another one has lost', () => {
  const text = JSON.stringify(before);
  assert.ok(hasAll(text, ['Task.Mounts.Options', 'Task.Env', 'Name']));
  assert.ok(!hasAll(text, ['Task.Env', 'Task.Caps']));
  assert.ok(!hasAll(JSON.stringify({ Task: { Env: [] } }), ['Task.Env']));
  assert.ok(hasAll(text, []));
});
