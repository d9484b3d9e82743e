import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Notice } from '../../../src/contract/target.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import { kindOf } from '../../fakes/kubernetes/kinds.ts';
import type { KubeObject } from '../../fakes/kubernetes/objects.ts';
import { type FakeKubernetes, leastRules } from '../../fakes/kubernetes.ts';
import { codesOf, failing, host, soon } from '../rig.ts';
import { rig, seed } from './rig.ts';
import { podSlots, stuckPod, stuckRig, rules as stuckRules } from './stuck-rig.ts';

const eventsRule: Rule = { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] };
const rules = [...leastRules(), eventsRule];
const notice: Notice = {
  topic: 'renewal',
  state: 'stands',
  message: 'team-a/ecr-courier has no fresh login.',
  remedy: 'Raise the quota.',
  since: new Date('2026-11-30T10:00:00.750Z'),
  times: 1,
};

/** Starts a target that can tell, in a cluster with the namespace team-a. */
async function telling(more: Parameters<typeof rig>[0] = {}, cluster: object = {}) {
  const t = await rig(
    { events: true, ...more },
    { cluster: { namespaces: ['team-a'], rules, ...cluster }, clock: createVirtualClock(Date.parse('2026-11-30T10:05:00Z')) },
  );
  return {
    ...t,
    /** Tells a notice of the last slot there. */
    async tell(change: Partial<Notice> = {}): Promise<void> {
      const slot = (await t.discover()).slots.at(-1) ?? assert.fail('no slot');
      await (t.target.tell?.(slot, { ...notice, ...change }, soon()) ?? assert.fail('it cannot tell'));
    },
  };
}

const eventsIn = (fake: FakeKubernetes): KubeObject[] => {
  const kind = kindOf('', 'events') ?? assert.fail('the fake has no events');
  return [...fake.store.shelf(kind).objects.values()];
};

test('an Event says what is wrong with the Secret, and what to do', async () => {
  await using t = await telling();
  await seed(t.fake, 'team-a', [host]);
  await t.tell();

  const { metadata, ...event } = eventsIn(t.fake)[0] ?? assert.fail('no Event');
  assert.match(metadata.name, /^ecr-courier\.[0-9a-f]{12}$/);
  assert.deepEqual(event, {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Secret',
      name: 'ecr-courier',
      namespace: 'team-a',
      uid: t.fake.get('secrets', 'team-a', 'ecr-courier')?.metadata.uid,
    },
    type: 'Warning',
    reason: 'NotRenewed',
    message: 'team-a/ecr-courier has no fresh login. Raise the quota.',
    source: { component: 'ecr-courier' },
    reportingComponent: 'ecr-courier',
    reportingInstance: 'target',
    firstTimestamp: '2026-11-30T10:00:00Z',
    lastTimestamp: '2026-11-30T10:05:00Z',
    count: 1,
    eventTime: null,
  });
});

test('an Event is about a Secret that is not there, too', async () => {
  await using t = await telling();
  await t.tell();
  const [event] = eventsIn(t.fake);
  assert.deepEqual(event?.['involvedObject'], { apiVersion: 'v1', kind: 'Secret', name: 'ecr-courier', namespace: 'team-a' });
});

test('the same is told by the same Event, and its end by another', async () => {
  await using t = await telling();
  await t.tell();
  await t.tell({ times: 2, message: 'It ended.' });
  assert.deepEqual(
    eventsIn(t.fake).map(({ count, message }) => [count, message]),
    [[2, 'It ended. Raise the quota.']],
  );
  await t.tell({ state: 'over', message: 'It is renewed again.', remedy: '' });
  assert.deepEqual(
    eventsIn(t.fake)
      .map(({ type, reason, message }) => `${String(type)} ${String(reason)}: ${String(message)}`)
      .toSorted(),
    ['Normal Renewed: It is renewed again.', 'Warning NotRenewed: It ended. Raise the quota.'],
  );
});

test('an Event that has expired is made again', async () => {
  await using t = await telling();
  await t.tell();
  for (const { metadata } of eventsIn(t.fake)) t.fake.remove('events', 'team-a', metadata.name);
  await t.tell({ times: 2 });
  assert.deepEqual(
    eventsIn(t.fake).map(({ count }) => count),
    [2],
  );
});

test('a finding is told by its code, and a ServiceAccount is what its Event is about', async () => {
  await using t = await telling({}, {});
  await t.tell({ topic: 'FOREIGN_SECRET' });
  await t.tell({ topic: 'FOREIGN_SECRET', state: 'over' });
  assert.deepEqual(
    eventsIn(t.fake)
      .map(({ reason }) => String(reason))
      .toSorted(),
    ['ForeignSecret', 'Resolved'],
  );

  const accounts: Rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  await using other = await telling({ serviceAccounts: ['default'] }, { rules: [...rules, accounts], objects: [account] });
  await other.tell();
  assert.deepEqual(
    eventsIn(other.fake).map(({ reason, involvedObject }) => [reason, involvedObject]),
    [['NotAttached', { apiVersion: 'v1', kind: 'ServiceAccount', name: 'default', namespace: 'team-a' }]],
  );
});

test('a pod that is not restarted is what its Event is about', async () => {
  await using t = await stuckRig([stuckPod('web-1')], { events: true }, { rules: [...stuckRules, eventsRule] });
  const [slot] = podSlots(await t.discover());
  await (t.target.tell?.(slot ?? assert.fail('no slot'), notice, soon()) ?? assert.fail('it cannot tell'));
  const about = {
    apiVersion: 'v1',
    kind: 'Pod',
    name: 'web-1',
    namespace: 'team-a',
    uid: t.fake.get('pods', 'team-a', 'web-1')?.metadata.uid,
  };
  assert.deepEqual(
    eventsIn(t.fake).map(({ reason, involvedObject }) => [reason, involvedObject]),
    [['NotRestarted', about]],
  );
});

test('the deletion of a pod is told, and is done whether it can be told or not', async () => {
  for (const ruled of [[...stuckRules, eventsRule], stuckRules]) {
    await using t = await stuckRig([stuckPod('web-1')], { events: true }, { rules: ruled });
    const [slot] = podSlots(await t.discover());
    await t.rehearse(slot, new Map());
    assert.deepEqual(eventsIn(t.fake), []);
    assert.equal((await t.deliver(slot, new Map())).change, 'updated');
    assert.deepEqual(
      eventsIn(t.fake).map(({ type, reason, message }) => [type, reason, String(message).startsWith('Pod team-a/web-1 was deleted: ')]),
      ruled === stuckRules ? [] : [['Normal', 'Restarted', true]],
    );
  }
  await using silent = await stuckRig([stuckPod('web-1')], {}, { rules: [...stuckRules, eventsRule] });
  await silent.deliver(podSlots(await silent.discover())[0], new Map());
  assert.deepEqual(eventsIn(silent.fake), []);
});

test('a message has at most 1024 bytes, and no broken letter', async () => {
  await using t = await telling();
  await t.tell({ message: `x${'é'.repeat(600)}` });
  const { message } = eventsIn(t.fake)[0] ?? assert.fail('no Event');
  assert.equal(message, `x${'é'.repeat(510)}...`);
  assert.equal(Buffer.byteLength(typeof message === 'string' ? message : ''), 1024);
});

test('an account that a policy quotes is not named', async () => {
  await using t = await telling();
  await t.tell({ message: 'A policy refuses "system:serviceaccount:courier-ns:courier" of system:serviceaccounts:courier-ns.' });
  const { message } = eventsIn(t.fake)[0] ?? assert.fail('no Event');
  assert.equal(message, 'A policy refuses "the courier" of the courier. Raise the quota.');
});

describe('without the right', () => {
  test('that is one finding with the rule, and nothing is asked for in vain', async () => {
    await using t = await telling({}, { rules: leastRules() });
    const { findings } = await t.discover();
    assert.deepEqual(codesOf(findings), ['RIGHT_MISSING']);
    assert.match(findings[0]?.message ?? '', /may not create, patch events in the cluster/);
    const rule = '- {apiGroups: [""], resources: ["events"], verbs: ["create", "patch"]}';
    assert.ok(findings[0]?.remedy?.includes(rule), findings[0]?.remedy);
    assert.ok((await failing(t.tell())).remedy.includes(rule));
    assert.deepEqual(
      t.fake.requests.filter(({ path }) => path.includes('/events/')),
      [],
    );
  });

  test('that was taken away meanwhile, the next look finds it', async () => {
    await using t = await telling();
    assert.deepEqual(codesOf((await t.discover()).findings), []);
    for (const user of t.fake.tokens.values())
      if (user.name.startsWith('system:serviceaccount:')) user.rules = user.rules.filter(rule => rule !== eventsRule);
    assert.equal((await failing(t.tell())).code, 'FORBIDDEN');
    assert.deepEqual(codesOf((await t.discover()).findings), ['RIGHT_MISSING']);
  });
});

test('a namespace that is gone is told nothing, and that is not a failure', async () => {
  await using t = await telling();
  const { slots } = await t.discover();
  t.fake.remove('namespaces', undefined, 'team-a');
  await t.target.tell?.(slots[0] ?? assert.fail('no slot'), notice, soon());
  assert.deepEqual(eventsIn(t.fake), []);
});

test('without the option it cannot tell, and asks for no right', async () => {
  await using t = await telling({ events: false }, { rules: leastRules() });
  assert.deepEqual(codesOf((await t.discover()).findings), []);
  assert.equal(t.target.tell, undefined);
});
