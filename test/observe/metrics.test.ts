import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, failures } from '../../src/contract/failures.ts';
import type { CourierEvent } from '../../src/courier/events.ts';
import type { Ledger } from '../../src/courier/ledger.ts';
import { createMetrics, metricList } from '../../src/observe/metrics.ts';
import { statusOf } from '../../src/observe/status.ts';
import { entry, epoch, euWest, hour, kept, ledgerOf, scopeOf, specs, target, trouble, usEast, verification } from './fixture.ts';

const now = epoch / 1000;
const create = () => createMetrics({ version: '1.2.3', clock: { wall: () => epoch } });
const status = (ledger: Ledger) => statusOf(ledger, { version: '1.2.3', findings: specs });

/** Parses series into a map from `name{labels}`, without our prefix, to the value. */
function parse(text: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map(line => [line.slice(0, line.lastIndexOf(' ')).replace('ecr_courier_', ''), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
const of = (series: Map<string, number>, name: string) => series.get(name);

const about = (target: string) => ({ target, slot: '7', title: 'ecr-7', reason: 'aging', sent: [], missing: [], ms: 250 }) as const;
const failure = new Failure('FORBIDDEN', 'no');
const failed = (target: string): CourierEvent => ({ ...about(target), kind: 'delivery-failed', failure, count: 1, repeat: false });
const delivered = (target: string): CourierEvent => ({ ...about(target), kind: 'delivered', change: 'updated', settled: true });

test('every series of a configured target and a known source stands at 0 before anything happened', async () => {
  const key = scopeOf(euWest);
  const series = parse(await create().render(status(ledgerOf([target('a', [], { discoveredAt: undefined })], { scopes: [key] }))));
  for (const code of Object.keys(failures)) {
    assert.equal(of(series, `deliver_failures_total{target="a",code="${code}"}`), 0);
    assert.equal(of(series, `discovery_failures_total{target="a",code="${code}"}`), 0);
    assert.equal(of(series, `fetch_failures_total{source="default",ecr_region="eu-west-1",code="${code}"}`), 0);
  }
  const zero = [
    'deliver_attempts_total{target="a"}',
    'deliver_changes_total{target="a",change="created"}',
    'deliver_duration_seconds_count{target="a"}',
    'last_delivery_success_timestamp_seconds{target="a"}',
    'last_discovery_success_timestamp_seconds{target="a"}',
    'target_token_expiry_timestamp_seconds{target="a"}',
    'target_token_issued_timestamp_seconds{target="a"}',
    'target_up{target="a"}',
    'slots{target="a",state="failing"}',
    'token_expiry_timestamp_seconds{source="default",ecr_region="eu-west-1"}',
    'proof_failures_total{source="default",ecr_region="eu-west-1"}',
    'log_messages_total{level="error"}',
  ];
  for (const name of zero) assert.equal(of(series, name), 0, name);
  assert.equal(of(series, `build_info{version="1.2.3",node="${process.version}"}`), 1);
});

test('one failing target is found from them', async () => {
  const metrics = create();
  const key = scopeOf(euWest, { kept: kept(0) });
  const good = (name: string) => target(name, [entry('7', key, kept(hour))]);
  const bad = target('b', [entry('7', key, kept(11 * hour), { trouble: trouble('FORBIDDEN', 'no') }), entry('8', key, kept(hour))]);
  for (const name of ['a', 'c']) metrics.observe(delivered(name));
  metrics.observe(failed('b'));
  const series = parse(await metrics.render(status(ledgerOf([good('a'), bad, good('c')], { scopes: [key] }))));
  const found = (name: string, fits: (value: number) => boolean) =>
    [...series].filter(([full, value]) => full.startsWith(`${name}{`) && fits(value)).map(([full]) => /target="(.)"/.exec(full)?.[1]);
  assert.deepEqual(
    found('target_token_expiry_timestamp_seconds', expiry => expiry - now < 4 * 3600),
    ['b'],
  );
  assert.deepEqual(
    found('consecutive_failures', value => value > 0),
    ['b'],
  );
  assert.deepEqual(
    found('deliver_failures_total', value => value > 0),
    ['b'],
  );
  assert.deepEqual(
    found('last_delivery_success_timestamp_seconds', value => value === 0),
    ['b'],
  );
  assert.equal(of(series, 'slots{target="b",state="failing"}'), 1);
  assert.equal(of(series, 'slots{target="b",state="ok"}'), 1);
  assert.equal(of(series, 'target_token_expiry_timestamp_seconds{target="a"}'), now + 11 * 3600);
});

const hours = (some: number) => now + some * 3600;
const told = { fingerprint: 'f', expiresAt: new Date(epoch + 8 * hour), receivedAt: -4 * hour, agesAt: 2 * hour, endsAt: 8 * hour };
const lives = [
  {
    name: 'a slot that holds nothing',
    ledger: [target('a', [entry('7', scopeOf(euWest)), entry('8', scopeOf(euWest), kept(0))])],
    life: [0, 0],
  },
  {
    name: 'the one that ends first',
    ledger: [target('a', [entry('7', scopeOf(euWest), kept(hour)), entry('8', scopeOf(euWest), kept(5 * hour))])],
    life: [hours(-5), hours(7)],
  },
  {
    name: 'told by the manager',
    ledger: [target('a', [entry('7', scopeOf(euWest), undefined, { held: [told] })])],
    life: [hours(-4), hours(8)],
  },
  { name: 'nothing known yet', ledger: [target('a', [], { discoveredAt: undefined })], life: [0, 0] },
  { name: 'no slots', ledger: [target('a', [])], life: [undefined, undefined] },
  { name: 'no source for it', ledger: [target('a', [entry('7', undefined)])], life: [undefined, undefined] },
  {
    name: 'not to be created',
    ledger: [target('a', [entry('7', scopeOf(euWest), undefined, { slotOf: { state: 'absent' } })])],
    life: [undefined, undefined],
  },
  {
    name: 'paused',
    ledger: [target('a', [entry('7', scopeOf(euWest))], { managedOf: { paused: true } })],
    life: [undefined, undefined],
  },
  { name: 'expired', ledger: [target('a', [entry('7', scopeOf(euWest), kept(13 * hour))])], life: [hours(-13), hours(-1)] },
];
for (const { name, ledger, life } of lives) {
  test(`the life of what a target holds: ${name}`, async () => {
    const series = parse(await create().render(status(ledgerOf(ledger))));
    const shown = ['issued', 'expiry'].map(word => of(series, `target_token_${word}_timestamp_seconds{target="a"}`));
    assert.deepEqual(shown, life);
  });
}

test('a target that is paused is neither up nor failing; one that is held up makes the courier not ready', async () => {
  const troubled = { trouble: trouble('AUTH', 'no') };
  const metrics = create();
  const before = parse(await metrics.render(status(ledgerOf([target('a', [], { ...troubled, discoveredAt: undefined })]))));
  const after = parse(await metrics.render(status(ledgerOf([target('a', [], { ...troubled, managedOf: { paused: true } })]))));
  const shown = (series: Map<string, number>) => ['target_up', 'consecutive_failures'].map(name => of(series, `${name}{target="a"}`));
  assert.deepEqual([...shown(before), of(before, 'ready')], [0, 3, 0]);
  assert.deepEqual([...shown(after), of(after, 'ready')], [undefined, undefined, 1]);
});

test('fetches, proofs and discoveries are counted', async () => {
  const metrics = create();
  const origin = { source: 'default', region: 'eu-west-1', service: 'ecr' } as const;
  const trial = { ms: 1500, failure: new Failure('AUTH', 'no'), count: 1, repeat: false };
  const dates = { expiresAt: new Date(epoch), issuedAt: new Date(epoch) };
  metrics.observe({ kind: 'fetch-failed', ...origin, ...trial });
  metrics.observe({ kind: 'fetched', ...origin, ...dates, ms: 1500, fingerprint: 'f', unchanged: false, skewMs: 0 });
  metrics.observe({ kind: 'proved', ...origin, host: euWest, ok: false, message: 'no', repeat: false });
  metrics.observe({ kind: 'discovery-failed', target: 'a', ...trial });
  metrics.observe({ kind: 'discovered', target: 'a', ms: 5, slots: 1, added: [], gone: [], findings: 0, first: true });
  metrics.observe({ kind: 'watch-ended', target: 'a' });
  metrics.logged('warn');
  metrics.reloaded('taken up');
  metrics.reloaded('refused');
  const key = scopeOf(euWest, { kept: kept(hour) });
  const series = parse(await metrics.render(status(ledgerOf([target('a', [])], { scopes: [key], clockSkewMs: -90_000 }))));
  const expected = {
    'fetch_attempts_total{source="default",ecr_region="eu-west-1"}': 2,
    'fetch_failures_total{source="default",ecr_region="eu-west-1",code="AUTH"}': 1,
    'fetch_duration_seconds_sum{source="default",ecr_region="eu-west-1"}': 3,
    'last_fetch_success_timestamp_seconds{source="default",ecr_region="eu-west-1"}': now,
    'token_issued_timestamp_seconds{source="default",ecr_region="eu-west-1"}': now - 3600,
    'next_fetch_timestamp_seconds{source="default",ecr_region="eu-west-1"}': now + 5 * 3600,
    'proof_attempts_total{source="default",ecr_region="eu-west-1"}': 1,
    'proof_failures_total{source="default",ecr_region="eu-west-1"}': 1,
    'discovery_attempts_total{target="a"}': 2,
    'discovery_failures_total{target="a",code="AUTH"}': 1,
    'last_discovery_success_timestamp_seconds{target="a"}': now,
    'log_messages_total{level="warn"}': 1,
    config_last_reload_successful: 0,
    config_last_reload_success_timestamp_seconds: now,
    clock_skew_seconds: -90,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(of(series, name), value, name);
});

test('private and public ECR of one region share their series; the earliest expiry counts', async () => {
  const privateKey = scopeOf(usEast, { kept: kept(hour) });
  const publicKey = scopeOf('public.ecr.aws', { id: 'public', kept: kept(2 * hour) });
  const series = parse(await create().render(status(ledgerOf([], { scopes: [privateKey, publicKey] }))));
  assert.equal(of(series, 'token_expiry_timestamp_seconds{source="default",ecr_region="us-east-1"}'), now + 10 * 3600);
});

test('the series of a target that is gone go with it, late events notwithstanding', async () => {
  const metrics = create();
  await metrics.render(status(ledgerOf([target('a', []), target('b', [])])));
  metrics.observe(failed('b'));
  const text = await metrics.render(status(ledgerOf([target('a', [])])));
  assert.match(text, /target="a"/);
  assert.doesNotMatch(text, /target="b"/);
});

test('names and labels keep to the conventions', () => {
  const shared = ['region', 'zone', 'service', 'type', 'cluster', 'env', 'owner', 'instance', 'job'];
  const names = metricList().map(one => one.name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, type, help, labels } of metricList()) {
    assert.match(name, /^ecr_courier_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram') assert.match(name, /_seconds$/);
    assert.match(help, /^[A-Z0-9].*\.$/);
    assert.ok(labels.length <= 3 && !labels.some(label => shared.includes(label)), name);
  }
});

test('the text: every metric has its help and type, hostile names stay inside their label', async () => {
  const hostile = 'x"} 1\necr_courier_slots{target="y\\';
  const text = await create().render(status(ledgerOf([target(hostile, [])], { scopes: [scopeOf(euWest)] })));
  for (const { name, type } of metricList()) assert.ok(text.includes(`# TYPE ${name} ${type}\n`) && text.includes(`# HELP ${name} `), name);
  const line = /^(#.*|[a-zA-Z_:][\w:]*(\{[\w]+="(\\.|[^"\\])*"(,[\w]+="(\\.|[^"\\])*")*\})? (-?[\d.e+-]+|[+-]Inf|NaN))?$/;
  for (const one of text.split('\n')) assert.match(one, line);
});

test('the end of a key is there while it is known', async () => {
  const metrics = create();
  const seriesOf = async (about: object) => parse(await metrics.render(status(ledgerOf([target('a', [], { about })]))));
  const name = 'target_key_expiry_timestamp_seconds{target="a"}';
  assert.equal(of(await seriesOf({}), name), undefined);
  assert.equal(of(await seriesOf({ keyExpiresAt: new Date(epoch + hour) }), name), now + 3600);
  assert.equal(of(await seriesOf({}), name), undefined);
});

test('images under verify: 1, 0 or nothing, and when it was last sure; those that are gone are gone', async () => {
  const metrics = create();
  const denied = { ok: false, refused: true, read: false, stale: false, message: 'no', remedy: '' } as const;
  const verified = [
    verification('a:1', { result: { ok: true, at: 0 }, succeededAt: -hour }),
    verification('b:1', { result: { ...denied, at: 0 } }),
    verification('c:1', { result: { ...denied, refused: false, at: 0 }, succeededAt: -hour }),
    verification('d:1'),
  ];
  const series = parse(await metrics.render(status(ledgerOf([target('p', [], { verified })]))));
  const all = (name: string) => ['a', 'b', 'c', 'd'].map(image => of(series, `${name}{target="p",image="${euWest}/${image}:1"}`));
  assert.deepEqual(all('image_pullable'), [1, 0, undefined, undefined]);
  assert.deepEqual(all('last_image_proof_success_timestamp_seconds'), [now - 3600, 0, now - 3600, 0]);
  const later = parse(await metrics.render(status(ledgerOf([target('p', [], { verified: verified.slice(0, 1) })]))));
  assert.equal([...later.keys()].filter(name => name.includes('image=')).length, 2);
});
