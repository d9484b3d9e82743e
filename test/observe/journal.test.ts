import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import type { CourierEvent } from '../../src/courier/events.ts';
import { createJournal } from '../../src/observe/journal.ts';
import { euWest, usEast } from './fixture.ts';

/** Returns the lines of these events: level, message and the data as it would be printed. */
function lines(...events: CourierEvent[]): { level: string; message: string; data: Record<string, unknown> }[] {
  const written: ReturnType<typeof lines> = [];
  const writer = (level: string) => (message: string, data?: object) =>
    void written.push({ level, message, data: JSON.parse(JSON.stringify(data ?? {})) as Record<string, unknown> });
  const log = { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
  const { note } = createJournal(log, { mono: () => 0 });
  for (const event of events) note(event);
  return written;
}
const levels = (...events: CourierEvent[]) => lines(...events).map(line => line.level);

const expiresAt = new Date('2026-03-01T22:00:00.500Z');
const later = new Date('2026-03-01T23:00:00Z');
const origin = { source: 'default', region: 'eu-west-1', service: 'ecr' } as const;
const slot = { target: 'portainer', slot: '7', title: 'ecr-prod (row 7)', reason: 'aging', missing: [] } as const;
const sent = [{ host: euWest, fingerprint: '0123456789ab', expiresAt, source: 'default' }];
const trial = { ms: 80.4, failure: new Failure('FORBIDDEN', 'The key may not write registries.'), count: 1, repeat: false };
const again = { ...trial, count: 5, repeat: true };
const discovered = { kind: 'discovered', target: 'portainer', ms: 12, slots: 3, added: [], gone: [], findings: 1, first: false } as const;
const fetched = {
  kind: 'fetched',
  ...origin,
  ms: 300,
  fingerprint: '0123456789ab',
  expiresAt,
  issuedAt: expiresAt,
  unchanged: false,
  skewMs: 0,
} as const;
test('the identity that fetches is told at first, and with the former one at each change', () => {
  const own = { from: 'profile "prod" (AWS_PROFILE)', account: '123456789012' };
  const told = lines({ ...fetched, identity: own }, { ...fetched, region: 'us-east-1', identity: own }, fetched, {
    ...fetched,
    identity: { from: 'instance metadata', account: '222222222222', arn: 'arn:aws:iam::222222222222:user/ci' },
  }).filter(({ message }) => message === 'aws identity');
  assert.deepEqual(told, [
    {
      level: 'info',
      message: 'aws identity',
      data: { source: 'default', ecr_region: 'eu-west-1', identity: own.from, account: own.account },
    },
    {
      level: 'warn',
      message: 'aws identity',
      data: {
        source: 'default',
        ecr_region: 'eu-west-1',
        identity: 'instance metadata',
        account: '222222222222',
        arn: 'arn:aws:iam::222222222222:user/ci',
        former: own.from,
      },
    },
  ]);
});

const proved = { kind: 'proved', ...origin, host: euWest, ok: true, repeat: false } as const;

test('the audit line of a write says who, what, why, until when', () => {
  const [line] = lines({ kind: 'delivered', ...slot, sent, ms: 80.4, change: 'updated', proven: true, settled: true });
  assert.deepEqual(line, {
    level: 'info',
    message: 'delivered',
    data: {
      target: 'portainer',
      slot: '7',
      title: 'ecr-prod (row 7)',
      change: 'updated',
      reason: 'aging',
      expires: '2026-03-01T22:00:00Z',
      fingerprint: '0123456789ab',
      source: 'default',
      proven: true,
      duration_ms: 80,
    },
  });
});

test('a slot of several registries: each fingerprint once, the earliest expiry, what is missing', () => {
  const two = [...sent, { host: usEast, fingerprint: 'ba9876543210', expiresAt: later, source: 'prod' }];
  const [line] = lines({
    kind: 'delivered',
    ...slot,
    missing: ['x'],
    sent: two,
    ms: 1,
    change: 'updated',
    settled: false,
    downMs: 725_000,
  });
  const { fingerprint, expires, source, missing, unconfirmed, downtime, downtime_seconds } = line?.data ?? {};
  assert.deepEqual(
    { fingerprint, expires, source, missing, unconfirmed, downtime, downtime_seconds },
    {
      fingerprint: '0123456789ab,ba9876543210',
      expires: '2026-03-01T22:00:00Z',
      source: 'default,prod',
      missing: ['x'],
      unconfirmed: true,
      downtime: '12 min',
      downtime_seconds: 725,
    },
  );
});

test('a failed write: the first is a warning with its remedy, each repeat an audit line', () => {
  const [first, repeat] = lines({ kind: 'delivery-failed', ...slot, sent, ...trial }, { kind: 'delivery-failed', ...slot, sent, ...again });
  assert.equal(first?.level, 'warn');
  assert.equal(first.message, 'delivery failed');
  assert.equal(first.data['code'], 'FORBIDDEN');
  assert.equal(first.data['error'], 'The key may not write registries.');
  assert.equal(first.data['remedy'], trial.failure.remedy);
  assert.equal(repeat?.level, 'info');
  assert.equal(repeat.message, 'delivery failed');
  assert.equal(repeat.data['fingerprint'], '0123456789ab');
  assert.equal(repeat.data['count'], 5);
  assert.equal(repeat.data['remedy'], undefined);
});

test('a write that may still land says so', () => {
  const failure = new Failure('TIMEOUT', 'no answer within 75 s', { mayLand: true });
  assert.equal(lines({ kind: 'delivery-failed', ...slot, sent, ...trial, failure })[0]?.data['may_land'], true);
});

test('first failures, changes and recoveries are news, repeats are not', () => {
  assert.deepEqual(levels({ kind: 'discovery-failed', target: 'a', ...trial }, { kind: 'discovery-failed', target: 'a', ...again }), [
    'warn',
    'debug',
  ]);
  assert.deepEqual(levels({ kind: 'fetch-failed', ...origin, ...trial }, { kind: 'fetch-failed', ...origin, ...again }), ['warn', 'debug']);
  // A failed proof is reported as a finding instead.
  assert.deepEqual(levels({ ...proved, ok: false, message: 'no' }, { ...proved, ok: false, repeat: true }, proved), [
    'debug',
    'debug',
    'info',
  ]);
  assert.deepEqual(levels({ ...discovered, first: true }, discovered, { ...discovered, added: ['9'] }, { ...discovered, gone: ['9'] }), [
    'info',
    'debug',
    'info',
    'info',
  ]);
  assert.deepEqual(levels({ ...discovered, downMs: 60_000 }, fetched, { ...fetched, unchanged: true }), ['info', 'info', 'debug']);
});

test('a recovery tells the downtime', () => {
  const [discovery, fetch] = lines({ ...discovered, downMs: 3 * 3_600_000 }, { ...fetched, downMs: 45_000 });
  assert.deepEqual([discovery?.data['downtime'], discovery?.data['downtime_seconds']], ['3 h', 10_800]);
  assert.deepEqual([fetch?.data['downtime'], fetch?.data['ecr_region']], ['45 s', 'eu-west-1']);
});

test('a long list is cut, a date that is none is left out', () => {
  const gone = Array.from({ length: 500 }, (_, at) => `${at}`);
  const odd = [{ host: euWest, fingerprint: 'f', expiresAt: new Date(Number.NaN), source: 'default' }];
  const [many, dateless] = lines(
    { ...discovered, gone },
    { kind: 'delivered', ...slot, sent: odd, ms: 1, change: 'updated', settled: true },
  );
  assert.match(JSON.stringify(many?.data['gone']), /"9","and 490 more"\]$/);
  assert.equal(dateless?.data['expires'], undefined);
});
