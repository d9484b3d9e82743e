import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/contract/target.ts';
import { engineFindings } from '../../src/courier/findings.ts';
import type { Ledger } from '../../src/courier/ledger.ts';
import { createFindingLog } from '../../src/observe/finding-log.ts';
import { failing, hours, minutes, registry, row, seconds, startRig, testTarget } from '../courier/rig.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { entry, euWest, hour, ledgerOf, scopeOf, target, usEast } from './fixture.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly data: Record<string, unknown>;
}
/** Creates a log of findings. `look` returns the lines that one look writes. */
function open() {
  let lines: Line[] = [];
  const writer = (level: string) => (message: string, data?: object) =>
    void lines.push({ level, message, data: JSON.parse(JSON.stringify(data ?? {})) as Record<string, unknown> });
  const log = createFindingLog(
    { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') },
    engineFindings,
  );
  const look = (ledger: Ledger, only?: string): Line[] => {
    lines = [];
    log(ledger, only);
    return lines;
  };
  return { look, short: (ledger: Ledger, only?: string) => look(ledger, only).map(shortly) };
}
const shortly = ({ level, message, data }: Line): string =>
  [level, message, data['target'] ?? data['source'] ?? 'machine', data['code'], data['count']].join(' ');

const findings = {
  NEVER_USED: { severity: 'error', doc: 'No pull uses it.', remedy: 'Add the bare host.' },
  TWICE: { severity: 'warning', doc: 'It is there twice.', remedy: 'Remove one.' },
  NOT_ATTACHED: { severity: 'info', doc: 'Nobody names it.', remedy: 'Name it.' },
} as const;
const never = (id: string): Finding => ({ code: 'NEVER_USED', message: `Row ${id} is never used.` });
const key = scopeOf(euWest);
const slots = (count: number, found: (id: string) => readonly Finding[]) =>
  Array.from({ length: count }, (_, at) => entry(`${at + 1}`, key, undefined, { slotOf: { findings: found(`${at + 1}`) } }));
const shop = (entries: ReturnType<typeof slots>, found: readonly Finding[] = [], name = 'shop') =>
  target(name, entries, { findings: found, managedOf: { findings } });

test('a finding is a line when it appears and a line when it ends, at the level of its severity', () => {
  const { look } = open();
  const ill = ledgerOf([shop(slots(5, id => [never(id)]))]);

  assert.deepEqual(look(ill), [
    {
      level: 'error',
      message: 'finding',
      data: {
        target: 'shop',
        code: 'NEVER_USED',
        count: 5,
        slots: ['1', '2', '3'],
        error: 'Row 1 is never used. Row 2 is never used. Row 3 is never used.',
        remedy: 'Add the bare host.',
      },
    },
  ]);
  assert.deepEqual(look(ill), []);
  assert.deepEqual(look(ledgerOf([shop(slots(5, () => []))], { now: 3 * hour })), [
    {
      level: 'error',
      message: 'finding ended',
      data: { target: 'shop', code: 'NEVER_USED', count: 5, slots: ['1', '2', '3'], lasted: '3 h', lasted_seconds: 10_800 },
    },
  ]);
  assert.deepEqual(look(ledgerOf([shop([])])), []);
});

test('ten thousand slots are one line; more or fewer of them are none', () => {
  const { short } = open();
  const many = (count: number) => ledgerOf([shop(slots(10_000, id => (Number(id) <= count ? [never(id)] : [])))]);

  assert.deepEqual(short(many(10_000)), ['error finding shop NEVER_USED 10000']);
  assert.deepEqual(short(many(9_000)), []);
  assert.deepEqual(short(many(10_000)), []);
  assert.deepEqual(short(many(1)), []);
  assert.deepEqual(short(many(0)), ['error finding ended shop NEVER_USED 1']);
});

test('each code and each target has lines of its own, whoever found it', () => {
  const { short } = open();
  const told = entry('7', key, undefined, { receiptFindings: [{ code: 'NOT_ATTACHED', message: 'Created.' }] });
  const ledger = ledgerOf(
    [
      shop(
        [told],
        [
          { code: 'TWICE', message: 'a' },
          { code: 'TWICE', message: 'b' },
        ],
      ),
      shop(
        slots(1, id => [never(id)]),
        [],
        'other',
      ),
      shop([], [{ code: 'OF_A_PLUG_IN', message: 'Odd.' }], 'third'),
    ],
    { engine: (record, of) => (record.name === 'shop' && of ? [{ code: 'UNCONFIRMED', message: 'May land.' }] : []) },
  );

  assert.deepEqual(short(ledger), [
    'warn finding shop TWICE 2',
    'info finding shop UNCONFIRMED 1',
    'info finding shop NOT_ATTACHED 1',
    'error finding other NEVER_USED 1',
    'warn finding third OF_A_PLUG_IN 1',
  ]);
  assert.deepEqual(short(ledgerOf([shop([], [], 'other')]), 'other'), ['error finding ended other NEVER_USED 1']);
  assert.deepEqual(short(ledgerOf([shop([], [], 'other')])), [
    'warn finding ended shop TWICE 2',
    'info finding ended shop UNCONFIRMED 1',
    'info finding ended shop NOT_ATTACHED 1',
    'warn finding ended third OF_A_PLUG_IN 1',
  ]);
});

test('of credentials: a line a source and code with the first hosts, and one of the clock', () => {
  const { look } = open();
  const west = ['1', '2', '3', '4'].map(digit => euWest.replace('123456789012', digit.repeat(12)));
  const refused = { code: 'PROOF_REFUSED', message: 'The registry refuses it.' };
  const skew = { code: 'CLOCK_SKEW', message: 'It is 3 min behind.' };
  const ledger = ledgerOf([], {
    scopes: [key, scopeOf(usEast)],
    engineOfScope: of => [...(of === key ? west : [usEast]).map(host => ({ ...refused, host })), skew],
  });

  const lines = look(ledger);

  assert.deepEqual(lines.map(shortly), ['warn finding default PROOF_REFUSED 5', 'warn finding machine CLOCK_SKEW 1']);
  assert.deepEqual(lines[0]?.data['hosts'], west.slice(0, 3));
  assert.equal(lines[0]?.data['error'], refused.message);
});

test('what discoveries, receipts, proofs and the engine find reaches the log of a running courier', async () => {
  const clock = createVirtualClock();
  const rows = [registry('111111111111'), registry('222222222222')].map((one, at) => row(`${at + 1}`, one));
  const shop = testTarget(clock, 'shop', rows, { findings, standing: [{ code: 'PLAIN_HTTP', message: 'Plain.' }] });
  const { short } = open();
  const prove = async () => ({ ok: false, refused: true, message: 'The registry refuses it.' }) as const;
  await using rig = await startRig({ targets: [shop], prove });
  const seen = () => short(rig.courier.ledger).sort();

  await clock.advance(5 * seconds);
  assert.deepEqual(seen(), ['info finding shop PLAIN_HTTP 1', 'warn finding default PROOF_REFUSED 2']);

  shop.onDiscover = async () => ({ findings: [{ code: 'TWICE', message: 'Twice.' }] });
  shop.onDeliver = async () => ({ change: 'updated', findings: [{ code: 'NOT_ATTACHED', message: 'Nobody names it.' }] });
  await clock.advance(7 * hours);
  assert.deepEqual(seen(), ['info finding shop NOT_ATTACHED 2', 'warn finding shop TWICE 1']);

  shop.onDiscover = undefined;
  shop.onDeliver = async () => {
    throw failing('TIMEOUT', { mayLand: true });
  };
  await clock.advance(7 * hours);
  assert.deepEqual(seen(), ['info finding shop UNCONFIRMED 2', 'warn finding ended shop TWICE 1']);

  shop.onDeliver = undefined;
  await clock.advance(30 * minutes);
  assert.deepEqual(seen(), ['info finding ended shop NOT_ATTACHED 2', 'info finding ended shop UNCONFIRMED 2']);
});
