import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusTable } from '../../src/commands/status-table.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { page } from '../../src/observe/page.ts';
import type { ReceiverState } from '../../src/observe/receiver-view.ts';
import { statusOf } from '../../src/observe/status.ts';
import { entry, euWest, hour, kept, ledgerOf, minute, scopeOf, specs, target, trouble } from './fixture.ts';
import { statusFaults } from './schema.ts';

const state = (more: Partial<ReceiverState>): ReceiverState => ({
  name: 'slack',
  format: 'slack',
  host: 'hooks.slack.com',
  trouble: undefined,
  succeededAt: undefined,
  notBefore: Number.NEGATIVE_INFINITY,
  ...more,
});
const receivers = [
  state({ succeededAt: -hour }),
  state({ name: 'phone', format: 'gotify', host: undefined }),
  state({
    name: 'heartbeat',
    format: 'auto',
    host: 'hc-ping.com',
    trouble: trouble('MISCONFIGURED', 'It was <b>refused</b>.'),
    notBefore: minute,
  }),
];
const ledger = ledgerOf([target('portainer', [entry('1', scopeOf(euWest), kept(hour))])]);
const status = statusOf(ledger, { version: '1.2.3', findings: specs, receivers: () => receivers });

test('the status says of each receiver whether it takes what it is sent, and why not', () => {
  assert.deepEqual(statusFaults(status), []);
  assert.deepEqual(
    status.receivers.map(one => [one.name, one.state, one.host, one.nextAttemptAt]),
    [
      ['slack', 'ok', 'hooks.slack.com', null],
      ['phone', 'waiting', null, null],
      ['heartbeat', 'failing', 'hc-ping.com', '2026-03-01T10:01:00.000Z'],
    ],
  );
});

test('the page shows receivers where there are some, and the command those that fail', () => {
  const markup = page(status);
  assert.match(markup, /Who is told.*slack.*hooks\.slack\.com.*last took something.*gotify.*It was &lt;b&gt;refused/s);
  assert.doesNotMatch(page(statusOf(ledger, { version: '1.2.3', findings: specs })), /Who is told/);

  const text = statusTable(status, { color: false });
  assert.match(text, /^MISCONFIGURED receiver heartbeat \(auto, hc-ping\.com\): It was <b>refused<\/b>\.$/m);
  assert.doesNotMatch(text, /slack/);
});

test('the metrics have receivers that were sent something, and forget those that are gone', async () => {
  const metrics = createMetrics({ version: '1.2.3', clock: { wall: () => 0 } });
  const text = await metrics.render(status);

  assert.match(text, /^ecr_courier_receiver_up\{receiver="slack"\} 1$/m);
  assert.match(text, /^ecr_courier_receiver_up\{receiver="heartbeat"\} 0$/m);
  assert.doesNotMatch(text, /receiver_up\{receiver="phone"\}/);
  assert.match(text, /^ecr_courier_last_receiver_success_timestamp_seconds\{receiver="slack"\} 1772355600$/m);
  assert.doesNotMatch(await metrics.render({ ...status, receivers: [] }), /receiver="slack"/);
});
