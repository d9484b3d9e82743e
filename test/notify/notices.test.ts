import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import type { Finding, Notice } from '../../src/contract/target.ts';
import type { Entry, Ledger, Scope, TargetRecord } from '../../src/courier/ledger.ts';
import { Unreadable } from '../../src/io/unreadable.ts';
import { createNotices } from '../../src/notify/notices.ts';
import { entry, epoch, euWest, hour, kept, ledgerOf, minute, scopeOf, target, trouble } from '../observe/fixture.ts';

type Told = Notice & { readonly slot: string; readonly at: number };

/** A target that can tell, and a clock that advances only when the test says so. */
function world(first: readonly Entry[], more: Parameters<typeof target>[2] = {}) {
  const state = {
    now: 0,
    record: target('kubernetes', first, more),
    isFree: true,
    found: [] as readonly Finding[],
    failure: undefined as Failure | undefined,
    underWay: 0,
    most: 0,
  };
  const told: Told[] = [];
  const tried: string[] = [];
  const current = (): Ledger =>
    ledgerOf([state.record], { now: state.now, engine: (_, one) => (one ? state.found : []), next: () => state.now });
  const ledger: Ledger = {
    ...current(),
    get targets() {
      return current().targets;
    },
    findingsOf: (record: TargetRecord, one?: Entry) => current().findingsOf(record, one),
    now: () => state.now,
    nextAttempt: () => state.now,
    date: moment => new Date(epoch + moment),
  };
  const tell = async ({ id }: { readonly id: string }, notice: Notice): Promise<void> => {
    tried.push(id);
    state.most = Math.max(state.most, ++state.underWay);
    await new Promise(setImmediate);
    state.underWay--;
    if (state.failure) throw state.failure;
    told.push({ ...notice, slot: id, at: state.now });
  };
  const notices = createNotices({ ledger, log: { debug: () => undefined }, teller: () => ({ isFree: () => state.isFree, tell }) });
  return {
    state,
    told,
    tried,
    is: (...entries: readonly Entry[]) => void (state.record = target('kubernetes', entries, more)),
    look: notices.look,
    /** Advances the clock, with a look every 15 s. */
    async goOn(ms: number) {
      for (const end = state.now + ms; state.now < end; state.now += 15_000) await notices.look();
    },
  };
}

const slotOf = { title: 'team-a/ecr-courier' };
const quota = trouble('REJECTED', 'A ResourceQuota does not let Secret team-a/ecr-courier be: exceeded quota', 0);
const failing = (held?: ReturnType<typeof kept>, why = quota, id = 'team-a/ecr-courier'): Entry =>
  entry(id, scopeOf(euWest), held, { trouble: why, slotOf: { title: id } });
const fine = (): Entry => entry('team-a/ecr-courier', scopeOf(euWest), kept(0), { slotOf });

test('a refused write is told once it has lasted, with why and what to do', async () => {
  const t = world([failing(kept(7 * hour))]);
  await t.goOn(30_000);
  assert.equal(t.told.length, 0);
  await t.goOn(10 * minute);
  assert.equal(t.told.length, 1);
  const { message, remedy, state, topic, times, since } = t.told[0] ?? assert.fail('nothing was told');
  assert.equal(
    message,
    `The login for ${euWest} in team-a/ecr-courier is not renewed, and ends at 2026-03-01 15:00 UTC: A ResourceQuota does not let Secret team-a/ecr-courier be: exceeded quota.`,
  );
  assert.match(remedy, /Mend what the message names/);
  assert.deepEqual([state, topic, times, since.getTime()], ['stands', 'renewal', 1, epoch]);
});

test('what lasts is told again within the hour for which an Event lives, as one series', async () => {
  const t = world([failing()]);
  await t.goOn(4 * hour);
  const at = t.told.map(one => one.at);
  const gaps = at.slice(1).map((moment, index) => moment - (at[index] ?? 0));
  assert.equal(gaps.length, 5);
  assert.ok(
    gaps.every(gap => gap >= 30 * minute && gap < hour),
    String(gaps),
  );
  assert.deepEqual(
    t.told.map(({ times, since }) => [times, since.getTime()]),
    at.map((_, index) => [index + 1, epoch]),
  );
});

test('its end is told when it is renewed, and not when the failure alone is gone', async () => {
  const t = world([failing()]);
  await t.goOn(2 * minute);
  t.is(entry('team-a/ecr-courier', scopeOf(euWest), undefined, { slotOf }));
  await t.goOn(5 * minute);
  assert.deepEqual(
    t.told.map(({ state }) => state),
    ['stands'],
  );
  t.is(fine());
  await t.goOn(hour);
  assert.deepEqual(
    t.told.slice(1).map(({ state, message, remedy }) => [state, message, remedy]),
    [['over', 'The login in team-a/ecr-courier is renewed again, and ends at 2026-03-01 22:00 UTC.', '']],
  );
});

test('what was gone for a moment goes on as the same series', async () => {
  const t = world([failing()]);
  await t.goOn(30 * minute);
  t.is(fine());
  await t.goOn(15_000);
  t.is(failing());
  await t.goOn(30 * minute);
  assert.deepEqual(
    t.told.map(({ state, times, since }) => [state, times, since.getTime()]),
    [
      ['stands', 1, epoch],
      ['stands', 2, epoch],
    ],
  );
});

test('a slot that is not written any more, as it is somebody else’s, is not told as renewed', async () => {
  const t = world([failing()]);
  await t.goOn(2 * minute);
  t.is(entry('team-a/ecr-courier', undefined, undefined, { slotOf: { ...slotOf, registries: [] } }));
  await t.goOn(10 * minute);
  assert.equal(t.told.length, 1);
});

test('what the courier may not create has no login that it could renew', async () => {
  const refused = scopeOf(euWest, { trouble: trouble('AUTH', 'refused', 0) });
  const absent = entry('1', refused, undefined, { slotOf: { ...slotOf, state: 'absent' } });
  const t = world([absent]);
  t.state.found = [{ code: 'NOT_CREATED', message: 'It is wanted but not there.', remedy: 'Create it.' }];
  await t.goOn(2 * minute);
  assert.deepEqual(
    t.told.map(({ topic }) => topic),
    ['NOT_CREATED'],
  );
});

test('a follower without logins of its own is told, too, and its end', async () => {
  const account = (why?: typeof quota): Entry =>
    entry('team-a/sa/default', undefined, undefined, {
      slotOf: { title: 'ServiceAccount team-a/default', registries: [], after: 'team-a/ecr-courier' },
      ...(why && { trouble: why }),
    });
  const t = world([fine(), account(quota)]);
  await t.goOn(2 * minute);
  t.is(fine(), account());
  await t.goOn(2 * minute);
  assert.deepEqual(
    t.told.map(({ message }) => message),
    [`ServiceAccount team-a/default cannot be written: ${quota.failure.message}.`, 'ServiceAccount team-a/default is written again.'],
  );
});

test('a pod, which is not written, is told by what the courier should do with it, and the end of that', async () => {
  const pod = (why?: typeof quota): Entry =>
    entry('team-a/pod/web-1', undefined, undefined, {
      slotOf: { title: 'Pod team-a/web-1', registries: [], after: 'team-a/ecr-courier', deed: 'restarted' },
      ...(why && { trouble: why }),
    });
  const t = world([fine(), pod(trouble('REJECTED', 'An admission policy refuses Pod team-a/web-1: no', 0))]);
  await t.goOn(2 * minute);
  t.is(fine(), pod(trouble('MISCONFIGURED', 'GET https://10.0.0.1 answered', 0)));
  await t.goOn(10 * minute);
  t.is(fine(), pod());
  await t.goOn(2 * minute);
  assert.deepEqual(
    t.told.map(({ message }) => message),
    [
      'Pod team-a/web-1 cannot be restarted: An admission policy refuses Pod team-a/web-1: no.',
      'Pod team-a/web-1 cannot be restarted: the courier could not do that.',
      'Pod team-a/web-1 is restarted.',
    ],
  );
});

test('of a file that the courier may not read, nobody else learns where it lies', async () => {
  const cause = new Unreadable('/etc/courier/token', 'EACCES', 'may not be read', 'Run `chown 65532 /etc/courier/token`.');
  const failure = new Failure('FORBIDDEN', '/etc/courier/token may not be read.', { cause, remedy: cause.remedy ?? '' });
  const t = world([failing(undefined, { ...quota, failure })]);
  await t.goOn(2 * minute);
  const [{ message, remedy } = assert.fail('nothing was told')] = t.told;
  assert.match(message, /: the courier could not write it\.$/);
  assert.equal(remedy, 'Ask whoever runs the courier: its log and its status page say more.');
});

test('what comes and goes is told at distances', async () => {
  const t = world([failing()]);
  for (let round = 0; round < 30; round++) {
    await t.goOn(minute);
    t.is(round % 2 === 0 ? fine() : failing());
  }
  const stands = t.told.filter(({ state }) => state === 'stands').map(({ at }) => at);
  assert.ok(t.told.length <= 15, `${t.told.length} notices in half an hour`);
  assert.ok(stands.length > 1);
});

test('a slot that is gone is not told of any more', async () => {
  const t = world([failing()]);
  await t.goOn(2 * minute);
  t.is();
  await t.goOn(2 * hour);
  assert.equal(t.told.length, 1);
});

test('another reason is told, though not at once', async () => {
  const t = world([failing()]);
  await t.goOn(2 * minute);
  t.is(failing(undefined, trouble('CONFLICT', "Secret team-a/ecr-courier is not the courier's.", 0)));
  await t.goOn(10 * minute);
  assert.deepEqual(
    t.told.map(({ message }) => message.replace(/^.*?: /, '')),
    [`${quota.failure.message}.`, "Secret team-a/ecr-courier is not the courier's."],
  );
  assert.ok((t.told[1]?.at ?? 0) - (t.told[0]?.at ?? 0) >= 5 * minute);
});

test('tenants learn nothing of identities, of other namespaces and of ways', async () => {
  const secret = /arn:|333333333333|shop|courier-ns|10\.0\.0\.1|proxy/;
  const arn = 'arn:aws:sts::333333333333:assumed-role/courier is not authorized to perform sts:AssumeRole on shop';
  const scope = (why: Scope['trouble']): Scope => scopeOf(euWest, { trouble: why });
  const ofSource = entry('1', scope(trouble('FORBIDDEN', arn, 0)), undefined, { slotOf });
  const user = 'secrets is forbidden: User "system:serviceaccount:courier-ns:courier" cannot patch';
  const delivery = (why: Failure): Entry => failing(undefined, { failure: why, since: 0, count: 3 });
  const cases: readonly (readonly [Entry, RegExp])[] = [
    [ofSource, /has no fresh login for .*: the courier gets no token for it at present/],
    [delivery(new Failure('FORBIDDEN', user, { remedy: 'Add this rule.' })), /the courier lacks a right there/],
    [delivery(new Failure('REJECTED', 'A quota is full (through the proxy http://10.0.0.1:3128 (HTTPS_PROXY)).')), /A quota is full\.$/],
    [delivery(new Failure('UNEXPECTED', 'GET https://10.0.0.1:6443 answered shop')), /the courier could not write it/],
  ];
  for (const [one, words] of cases) {
    const t = world([one]);
    await t.goOn(30 * minute);
    const { message, remedy } = t.told[0] ?? assert.fail(`nothing was told of ${String(words)}`);
    assert.match(message, words);
    assert.doesNotMatch(`${message} ${remedy}`, secret);
  }
});

test('without a source it is told, and neither which sources there are nor what a shop has', async () => {
  const t = world([entry('1', undefined, kept(0), { slotOf })]);
  t.state.found = [{ code: 'NO_SOURCE', message: 'served by the source shop', remedy: 'Add it to the slots of shop.' }];
  await t.goOn(2 * minute);
  assert.deepEqual(
    t.told.map(({ topic, message }) => [topic, message]),
    [['NO_SOURCE', `The courier has no source of tokens for ${euWest} in team-a/ecr-courier, so no login for it is renewed there.`]],
  );
  assert.doesNotMatch(JSON.stringify(t.told), /shop/);
});

test('a refusal of AWS is told where the login has lived half its life, a short outage only where it ends', async () => {
  const refused = scopeOf(euWest, { trouble: trouble('AUTH', 'refused', 0) });
  const away = scopeOf(euWest, { trouble: trouble('UNREACHABLE', 'no connection', 0) });
  const t = world([
    entry('young', refused, kept(hour)),
    entry('old', refused, kept(7 * hour)),
    entry('out', away, kept(7 * hour)),
    entry('ending', away, kept(9 * hour)),
  ]);
  await t.goOn(5 * minute);
  assert.deepEqual(t.told.map(({ slot }) => slot).sort(), ['ending', 'old']);
});

test('a login that has ended is told as such', async () => {
  const t = world([failing(kept(13 * hour))]);
  await t.goOn(2 * minute);
  assert.match(t.told[0]?.message ?? '', /is not renewed, and ended at 2026-03-01 09:00 UTC: /);
});

test('findings of the slot are told, but not those that are only information or not in the table', async () => {
  const findings = {
    FOREIGN_SECRET: { severity: 'warning', doc: '', remedy: 'Hand it over.' },
    EDITED: { severity: 'info', doc: '', remedy: '' },
  } as const;
  const finding = (code: string): Finding => ({ code, message: `${code} it is.` });
  const found = ['FOREIGN_SECRET', 'EDITED', 'UNKNOWN'].map(finding);
  const slot = { ...slotOf, registries: [], findings: found };
  const t = world([entry('team-a/ecr-courier', undefined, undefined, { slotOf: slot })], { managedOf: { findings } });
  t.state.found = [finding('ENDPOINT_SET'), finding('CONTESTED')];
  await t.goOn(2 * minute);
  assert.deepEqual(t.told.map(({ message, remedy }) => `${message} ${remedy}`).sort(), [
    'CONTESTED it is. ',
    'FOREIGN_SECRET it is. Hand it over.',
  ]);
  t.state.found = [];
  t.is(fine());
  await t.goOn(2 * minute);
  assert.deepEqual(
    t.told
      .slice(2)
      .map(({ message }) => message)
      .sort(),
    ['CONTESTED is over for team-a/ecr-courier.', 'FOREIGN_SECRET is over for team-a/ecr-courier.'],
  );
});

const thousand = (): Entry[] => Array.from({ length: 1000 }, (_, at) => failing(undefined, quota, `team-${at}/ecr-courier`));

test('of a thousand that fail at once all are told, few at a time and no more than some in a second', async () => {
  const t = world(thousand());
  await t.goOn(45_000);
  assert.ok(t.told.length <= 200, String(t.told.length));
  await t.goOn(5 * minute);
  assert.equal(new Set(t.told.map(({ slot }) => slot)).size, 1000);
  assert.equal(t.told.length, 1000);
  assert.equal(t.state.most, 2);
});

test('what is new comes before what is repeated', async () => {
  const t = world(thousand());
  await t.goOn(42 * minute);
  assert.ok(t.told.length > 1000 && t.told.length < 2000, 'the repeats are under way');
  t.is(...thousand(), failing(undefined, quota, 'new/ecr-courier'));
  await t.goOn(minute);
  assert.ok(t.told.some(({ slot }) => slot === 'new/ecr-courier'));
});

test('a look that lasts is not begun a second time', async () => {
  const t = world([failing()]);
  await t.goOn(30_000);
  await Promise.all([t.look(), t.look()]);
  assert.equal(t.tried.length, 1);
});

test('deliveries come first, and what is over by then is not told', async () => {
  const t = world([failing()]);
  t.state.isFree = false;
  await t.goOn(10 * minute);
  assert.deepEqual(t.tried, []);
  t.is(fine());
  t.state.isFree = true;
  await t.goOn(10 * minute);
  assert.deepEqual(t.tried, []);
});

test('a notice that cannot be told is tried again much later, and holds up no other', async () => {
  const t = world([failing(), failing(undefined, quota, 'team-b/ecr-courier')]);
  t.state.failure = new Failure('FORBIDDEN', 'no');
  await t.goOn(5 * minute);
  assert.deepEqual(t.tried, ['team-a/ecr-courier', 'team-b/ecr-courier']);
  t.state.failure = undefined;
  await t.goOn(10 * minute);
  assert.equal(t.told.length, 2);
  assert.deepEqual(
    t.told.map(({ times }) => times),
    [1, 1],
  );
});

test('a cluster that does not answer is left alone', async () => {
  const t = world(thousand());
  t.state.failure = new Failure('UNREACHABLE', 'no');
  await t.goOn(5 * minute);
  assert.ok(t.tried.length <= 2, String(t.tried.length));
});

test('a paused or unknown target is told nothing', async () => {
  const t = world([failing()]);
  const notices = createNotices({ ledger: ledgerOf([t.state.record]), log: { debug: () => undefined }, teller: () => undefined });
  await notices.look();
  assert.deepEqual(t.tried, []);
});
