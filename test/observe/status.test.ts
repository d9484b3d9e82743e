import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untoldEnd } from '../../src/contract/expiry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Slot } from '../../src/contract/target.ts';
import type { Entry, Kept, Ledger, Scope } from '../../src/courier/ledger.ts';
import { checksOf } from '../../src/observe/readiness.ts';
import { statusOf } from '../../src/observe/status.ts';
import type { SlotView } from '../../src/observe/status-view.ts';
import {
  entry,
  epoch,
  euWest,
  hour,
  kept,
  ledgerOf,
  minute,
  outcome,
  scopeOf,
  specs,
  target,
  trouble,
  usEast,
  verification,
} from './fixture.ts';
import { statusFaults } from './schema.ts';

const status = (ledger: Ledger) => statusOf(ledger, { version: '1.2.3', findings: specs });
const iso = (moment: number) => new Date(epoch + moment).toISOString();
const key = scopeOf(euWest, { kept: kept(2 * hour) });

const denied = { ok: false, refused: true, read: false, stale: false, message: 'No right.', remedy: 'Add it.' } as const;

const busy = ledgerOf(
  [
    target(
      'portainer',
      [
        entry('7', key, kept(2 * hour), { wroteAt: -2 * hour, proven: { fingerprint: kept(0).fingerprint, ok: true } }),
        entry('8', key, kept(hour), {
          trouble: trouble('FORBIDDEN', 'No right.'),
          wroteAt: -minute,
        }),
        entry('9', undefined),
      ],
      {
        about: { product: 'Portainer CE 2.43.0', principal: 'admin', keyExpiresAt: new Date(epoch + hour) },
        findings: [{ code: 'MANAGED_BY_PORTAINER', message: 'Row 3 has type 7.' }],
        outcomes: [
          outcome('8', -minute, 'FORBIDDEN', { message: 'No right.' }),
          outcome('7', -2 * hour, 'updated', { expiresAt: new Date(epoch) }),
        ],
        trouble: trouble('BUSY', 'Come back later.'),
        verified: [
          verification('a:1', { result: { ok: true, at: -hour }, succeededAt: -hour }),
          verification('b:1', { result: { ...denied, at: -minute }, succeededAt: -2 * hour }),
          verification('c:1', { result: { ...denied, refused: false, at: -minute } }),
          verification('d:1', { scope: undefined }),
        ],
      },
    ),
    target('fresh', [], { discoveredAt: undefined, nextDiscoveryAt: Number.NEGATIVE_INFINITY }),
  ],
  {
    scopes: [
      key,
      scopeOf(usEast, {
        trouble: trouble('AUTH', 'No AWS credentials.'),
        notBefore: minute,
        proofs: new Map([[usEast, { ok: false, refused: true, message: '401', at: -minute, fingerprint: 'x' }]]),
      }),
    ],
    engine: (_, of) => (of && !of.scopes[0] ? [{ code: 'NO_SLOTS', message: 'Nothing.' }] : []),
    engineOfScope: () => [{ code: 'CLOCK_SKEW', message: 'Off by 3 min.', remedy: 'Own remedy.' }],
    clockSkewMs: 180_400,
  },
);

test('an answer fits the committed schema, and each of its members is described there', () => {
  for (const ledger of [busy, ledgerOf([])]) assert.deepEqual(statusFaults(JSON.parse(JSON.stringify(status(ledger)))), []);
});

test('the schema refuses what does not fit it', () => {
  const answer = { ...status(busy), schema: 2, extra: 1, version: undefined, targets: [{ name: 1 }] };
  const faults = statusFaults(JSON.parse(JSON.stringify(answer)));
  for (const expected of ['.schema: is not 1', '.extra: is not described', '.version: is missing', '.targets[0].kind: is missing']) {
    assert.ok(faults.includes(expected), expected);
  }
});

test('a target is shown with its troubles, findings, and outcomes', () => {
  const [view, fresh] = status(busy).targets;
  assert.equal(view?.state, 'failing');
  assert.equal(view.product, 'Portainer CE 2.43.0');
  assert.deepEqual(view.trouble, {
    code: 'BUSY',
    message: 'Come back later.',
    remedy: 'Nothing to do unless it lasts.',
    since: iso(-10 * minute),
    count: 3,
    help: 'docs/errors.md#busy',
  });
  const help = 'docs/errors.md#managed_by_portainer';
  const finding = { code: 'MANAGED_BY_PORTAINER', severity: 'info', message: 'Row 3 has type 7.', remedy: 'Add a custom registry.', help };
  assert.deepEqual(view.findings, [finding]);
  assert.deepEqual(
    view.outcomes.map(one => [one.ok, one.result, one.at]),
    [
      [false, 'FORBIDDEN', iso(-minute)],
      [true, 'updated', iso(-2 * hour)],
    ],
  );
  assert.equal(view.slots[2]?.findings[0]?.severity, 'warning');
  assert.deepEqual([fresh?.state, fresh?.discoveredAt, fresh?.nextDiscoveryAt], ['starting', null, null]);
});

test('what a slot holds: times of the server, validity by the time line', () => {
  const [slot] = status(busy).targets[0]?.slots ?? [];
  assert.deepEqual(slot?.registries, [
    {
      host: euWest,
      source: 'default',
      fingerprint: kept(0).fingerprint,
      issuedAt: iso(-2 * hour),
      agesAt: iso(4 * hour + 180_400),
      expiresAt: iso(10 * hour),
      valid: true,
      proven: true,
    },
  ]);
});

test('credentials: state, next fetch, proofs, findings', () => {
  const [good, bad] = status(busy).credentials;
  assert.deepEqual([good?.state, good?.nextFetchAt, good?.findings[0]?.remedy], ['ok', iso(4 * hour), 'Own remedy.']);
  assert.deepEqual([bad?.state, bad?.nextFetchAt, bad?.expiresAt], ['failing', iso(minute), null]);
  assert.deepEqual(bad?.proofs, [{ host: usEast, ok: false, message: '401', at: iso(-minute) }]);
  const expired = scopeOf(euWest, { kept: kept(13 * hour), trouble: trouble('AUTH', 'no') });
  assert.equal(status(ledgerOf([], { scopes: [expired] })).credentials[0]?.state, 'expired');
});

test('credentials: who fetched them', () => {
  const own = kept(0);
  const identity = { from: 'profile "prod" (AWS_PROFILE)', account: '123456789012' };
  const known = scopeOf(euWest, { kept: { ...own, credential: { ...own.credential, identity } } });
  const [told, untold] = status(ledgerOf([], { scopes: [known, { ...scopeOf(usEast, { kept: own }) }] })).credentials;
  assert.deepEqual(told?.identity, { ...identity, arn: null });
  assert.equal(untold?.identity, null);
  assert.deepEqual(statusFaults(status(ledgerOf([], { scopes: [known] }))), []);
});

const proof = (ok: boolean, fingerprint: string) =>
  new Map([[euWest, { ...(ok ? { ok } : { ok, refused: true, message: '' }), at: 0, fingerprint }]]);
test('what many registries have in common is said once', () => {
  const proof = (refused: boolean, message: string) => ({ ok: false, refused, message, at: 0, fingerprint: 'x' }) as const;
  const silent = ['a', 'b', 'c', 'd'].map(host => [host, proof(false, `${host} is silent.`)] as const);
  const lone = scopeOf(euWest, { proofs: new Map([...silent, ['e', proof(true, 'e says no.')]]) });
  const engineOfScope = ({ proofs }: Scope) =>
    [...proofs].flatMap(([host, one]) => (one.ok ? [] : { host, code: one.refused ? 'REFUSED' : 'SILENT', message: one.message }));
  const [view] = status(ledgerOf([], { scopes: [lone], engineOfScope })).credentials;
  assert.deepEqual(
    view?.findings.map(({ code, message }) => [code, message]),
    [
      ['SILENT', '4 registries: a, b, c and 1 more. a is silent.'],
      ['REFUSED', 'e says no.'],
    ],
  );
});

test('a credential that shall be replaced is fetched as soon as it may be', () => {
  const [view] = status(ledgerOf([], { scopes: [scopeOf(euWest, { kept: kept(0), refetch: true, notBefore: minute })] })).credentials;
  assert.equal(view?.nextFetchAt, iso(minute));
});

const proofs = [
  { name: 'nobody was asked', key, last: undefined, proven: null },
  { name: 'the registry accepts it', key: scopeOf(euWest, { proofs: proof(true, kept(0).fingerprint) }), last: undefined, proven: true },
  {
    name: 'the registry refuses it',
    key: scopeOf(euWest, { proofs: proof(false, kept(0).fingerprint) }),
    last: undefined,
    proven: false,
  },
  { name: 'the registry accepts another one', key: scopeOf(euWest, { proofs: proof(true, 'other') }), last: undefined, proven: null },
  {
    name: 'the manager’s word weighs more',
    key: scopeOf(euWest, { proofs: proof(true, kept(0).fingerprint) }),
    last: false,
    proven: false,
  },
];
for (const { name, key, last, proven } of proofs) {
  test(`proven: ${name}`, () => {
    const tried = last === undefined ? {} : { proven: { fingerprint: kept(0).fingerprint, ok: last } };
    assert.equal(status(ledgerOf([target('a', [entry('7', key, kept(0), tried)])])).targets[0]?.slots[0]?.registries[0]?.proven, proven);
  });
}

const states: { name: string; entry: Entry; next?: number; state: SlotView['state'] }[] = [
  { name: 'holds a fresh one', entry: entry('7', key, kept(0)), state: 'ok' },
  { name: 'holds one past its half, nothing newer to give', entry: entry('7', key, kept(9 * hour)), state: 'ok' },
  { name: 'is due', entry: entry('7', key, kept(9 * hour)), next: 0, state: 'waiting' },
  { name: 'is planned for later', entry: entry('7', key, kept(0)), next: minute, state: 'ok' },
  {
    name: 'was changed, and is repaired later',
    entry: entry('7', key, kept(0), { slotOf: { state: 'drifted' } }),
    next: minute,
    state: 'waiting',
  },
  {
    name: 'was changed, has no registry of its own, and is repaired later',
    entry: entry('7', key, undefined, { slotOf: { state: 'drifted', registries: [], after: '8' }, scopes: [] }),
    next: minute,
    state: 'waiting',
  },
  { name: 'holds nothing', entry: entry('7', key), state: 'waiting' },
  { name: 'holds an expired one', entry: entry('7', key, kept(12 * hour)), state: 'waiting' },
  { name: 'has no source', entry: entry('7', undefined, kept(0)), state: 'waiting' },
  { name: 'failed', entry: entry('7', key, kept(0), { trouble: trouble('TIMEOUT', 'late') }), state: 'failing' },
  {
    name: 'may still be overwritten',
    entry: entry('7', key, kept(0), { unsettled: { confirmAt: 1, answered: true, by: 'us' } }),
    state: 'unconfirmed',
  },
  { name: 'is not to be created', entry: entry('7', key, undefined, { slotOf: { state: 'absent' } }), state: 'absent' },
  { name: 'must be left alone, with what is good', entry: entry('7', key, kept(0), { slotOf: { waits: true } }), state: 'waiting' },
  {
    name: 'must be left alone, with what has ended',
    entry: entry('7', key, kept(12 * hour), { slotOf: { waits: true } }),
    state: 'waiting',
  },
  { name: 'has no registry', entry: entry('7', key, undefined, { slotOf: { registries: [] } }), state: 'ok' },
];
for (const { name, entry, next, state } of states) {
  test(`a slot that ${name} is ${state}`, () => {
    assert.equal(status(ledgerOf([target('a', [entry])], { next: () => next })).targets[0]?.slots[0]?.state, state);
  });
}

for (const [name, view, renewing] of [
  ['is due', entry('7', key, kept(9 * hour)), true],
  ['is due and holds an expired one', entry('7', key, kept(12 * hour)), false],
  ['is due and holds nothing', entry('7', key), false],
  ['is due and was changed', entry('7', key, kept(9 * hour), { slotOf: { state: 'drifted' } }), false],
  ['is due and must be left alone', entry('7', key, kept(9 * hour), { slotOf: { waits: true } }), false],
  ['is due and failed', entry('7', key, kept(9 * hour), { trouble: trouble('TIMEOUT', 'late') }), false],
  [
    'is due and may be overwritten by a former process',
    entry('7', key, kept(9 * hour), { unsettled: { confirmAt: 1, answered: false, by: 'former process' } }),
    false,
  ],
] as const)
  test(`a slot that ${name} is ${renewing ? '' : 'not '}one that waits for a renewal alone`, () => {
    assert.equal(status(ledgerOf([target('a', [view])], { next: () => 0 })).targets[0]?.slots[0]?.renewing, renewing);
  });

test('a slot of a target that fails does not wait for a renewal alone', () => {
  const down = target('a', [entry('7', key, kept(9 * hour))], { trouble: trouble('UNREACHABLE', 'connection refused.') });
  assert.equal(status(ledgerOf([down], { next: () => 0 })).targets[0]?.slots[0]?.renewing, false);
});

/** A slot without registries that follows slot 7 and holds what slot 7 held before. */
const goesOn = (held: Kept | undefined, more: Partial<Slot> = {}, as: Partial<Entry> = {}): Entry =>
  entry('web', undefined, held, {
    ...(held && { heldHosts: [euWest] }),
    slotOf: { title: 'service web', registries: [], after: '7', follows: 'in time', ...more },
    ...as,
  });
const failing = (held: Kept | undefined): Entry => goesOn(held, {}, { trouble: trouble('REJECTED', 'No.') });
const left = (held: Kept): Entry => goesOn(held, { waits: true });

const refused = trouble('UNREACHABLE', 'connection refused.');
const readiness: { name: string; targets: ReturnType<typeof target>[]; unready: RegExp[] }[] = [
  { name: 'no target', targets: [], unready: [] },
  { name: 'no slots', targets: [target('a', [])], unready: [] },
  { name: 'all served', targets: [target('a', [entry('7', key, kept(0))])], unready: [] },
  { name: 'past half of life', targets: [target('a', [entry('7', key, kept(11 * hour))])], unready: [] },
  { name: 'unreachable, but served', targets: [target('a', [entry('7', key, kept(0))], { trouble: refused })], unready: [] },
  { name: 'not discovered', targets: [target('a', [], { discoveredAt: undefined })], unready: [/^a is not discovered yet\.$/] },
  {
    name: 'cannot be discovered',
    targets: [target('a', [], { discoveredAt: undefined, trouble: refused })],
    unready: [/^a could not be discovered yet \(UNREACHABLE\): connection refused\.$/],
  },
  {
    name: 'holds nothing',
    targets: [target('a', [entry('7', key)])],
    unready: [/^a, ecr-7 \(row 7\): no credential for 123456789012\S+ was delivered yet\.$/],
  },
  { name: 'expired', targets: [target('a', [entry('7', key, kept(12 * hour))])], unready: [/ expired at 2026-03-01T10:00:00\.000Z\.$/] },
  { name: 'left alone with a good one', targets: [target('a', [entry('7', key, kept(0), { slotOf: { waits: true } })])], unready: [] },
  {
    name: 'left alone with nobody knows what',
    targets: [target('a', [entry('7', key, undefined, { slotOf: { waits: true } })])],
    unready: [],
  },
  {
    name: 'left alone with an expired one',
    targets: [target('a', [entry('7', key, kept(12 * hour), { slotOf: { waits: true } })])],
    unready: [/^a, ecr-7 \(row 7\): its credential for 123456789012\S+ expired at /],
  },
  {
    name: 'left alone with an expired one that came from another slot',
    targets: [target('a', [entry('7', key, kept(0)), left(kept(12 * hour))])],
    unready: [/^a, service web: its credential for 123456789012\S+ expired at /],
  },
  {
    name: 'failing with an expired one that came from another slot',
    targets: [target('a', [entry('7', key, kept(0)), failing(kept(12 * hour))])],
    unready: [/^a, service web: its credential for 123456789012\S+ expired at .*\(REJECTED\)\.$/],
  },
  {
    name: 'never served after another slot',
    targets: [target('a', [entry('7', key, kept(0)), failing(undefined)])],
    unready: [/^a, service web: no credential for 123456789012\S+ was delivered yet \(REJECTED\)\.$/],
  },
  {
    name: 'of a slot that goes on after another',
    targets: [target('a', [entry('7', key, kept(0)), goesOn(kept(12 * hour))])],
    unready: [],
  },
  { name: 'not required', targets: [target('a', [entry('7', key)], { managedOf: { required: false } })], unready: [] },
  { name: 'paused', targets: [target('a', [], { discoveredAt: undefined, managedOf: { paused: true } })], unready: [] },
  { name: 'no source', targets: [target('a', [entry('7', undefined)])], unready: [] },
  { name: 'not to be created', targets: [target('a', [entry('7', key, undefined, { slotOf: { state: 'absent' } })])], unready: [] },
  {
    name: 'to be created, and not there',
    targets: [target('a', [entry('7', key, undefined, { slotOf: { state: 'absent' } })], { managedOf: { create: true } })],
    unready: [/delivered yet/],
  },
];
for (const { name, targets, unready } of readiness) {
  test(`readiness: ${name}`, () => {
    const answer = status(ledgerOf(targets));
    assert.equal(answer.ready, unready.length === 0);
    assert.equal(answer.unready.length, unready.length);
    for (const [at, reason] of unready.entries()) assert.match(answer.unready[at] ?? '', reason);
  });
}

test('a thousand reasons are counted, not listed', () => {
  const many = target(
    'a',
    Array.from({ length: 1000 }, (_, at) => entry(`${at}`, key)),
  );
  const { unready, targets } = status(ledgerOf([many]));
  assert.equal(unready.length, 21);
  assert.equal(unready.at(-1), 'a: and 980 more credentials missing or expired.');
  assert.deepEqual(
    checksOf({ targets, lease: null }).map(check => [check.name, check.reasons.length]),
    [
      ['configuration loaded', 0],
      ['a: discovered', 0],
      ['a: slots hold credentials', 21],
    ],
  );
});

test('live as long as the engine has stepped within four ticks', () => {
  const about = { version: '1', findings: specs, tickMs: 10_000 };
  assert.equal(statusOf(ledgerOf([], { sinceStepMs: 40_000 }), about).live, true);
  assert.equal(statusOf(ledgerOf([], { sinceStepMs: 40_001 }), about).live, false);
});

test('an end that nobody knows is none, and no time is made up for it', () => {
  const untold = { ...kept(0), expiresAt: untoldEnd, agesAt: -1e12, endsAt: -1e12 };
  const [slot] = status(ledgerOf([target('a', [entry('7', key, untold)])], { scopes: [key] })).targets[0]?.slots ?? [];
  const [held] = slot?.registries ?? [];
  assert.deepEqual([held?.agesAt, held?.expiresAt, held?.valid], [null, null, false]);
});

test('dates that a manager made up break nothing, and no secret is in the answer', () => {
  const odd = { ...kept(0), credential: { ...kept(0).credential, issuedAt: new Date(Number.NaN) }, expiresAt: new Date(8.64e15 + 1) };
  const secret = new Secret('a-password-of-the-fixture');
  const answer = JSON.stringify(
    status(ledgerOf([target('a', [entry('7', key, odd)], { about: { keyExpiresAt: new Date(Number.NaN) } })], { scopes: [key] })),
  );
  assert.match(answer, /"keyExpiresAt":null/);
  for (const form of Secret.forms(secret)) assert.ok(!answer.includes(form));
});

test('images under verify: each with what came of it, why, and when', () => {
  const [portainer, fresh] = status(busy).targets;
  assert.deepEqual(fresh?.images, []);
  assert.deepEqual(
    portainer?.images.map(({ image, ...rest }) => [image.split('/').at(-1), ...Object.values(rest)]),
    [
      ['a:1', 'ok', null, iso(-hour), iso(-hour), iso(hour)],
      ['b:1', 'refused', 'No right.', iso(-minute), iso(-2 * hour), iso(hour)],
      ['c:1', 'unproven', 'No right.', iso(-minute), null, iso(hour)],
      ['d:1', 'waiting', null, null, null, null],
    ],
  );
});
