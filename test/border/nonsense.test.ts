import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../config/load.ts';
import { createApp } from '../../src/app.ts';
import { type Adapter, defineAdapter } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Sources } from '../../src/contract/source.ts';
import { createLog } from '../../src/io/log.ts';
import { createDoors } from '../../src/observe/doors.ts';
import { until } from '../commands/cli.ts';
import { folder } from '../config/support.ts';
import { fastClock } from '../fakes/fast-clock.ts';

const registry = parseAddress('111111111111.dkr.ecr.eu-west-1.amazonaws.com')?.registry;
assert.ok(registry);
const slot = { id: '7', registries: [registry], state: 'present', ref: null };
const fine = { slots: [slot], findings: [] };
const invalid = new Date(Number.NaN);
const throws = (thrown: unknown) => (): never => {
  // oxlint-disable-next-line no-throw-literal -- what plain JavaScript may do
  throw thrown;
};

/** The member that each adapter has in place of a valid one. */
const nonsense: Readonly<Record<string, object>> = {
  'no-discovery': { discover: () => undefined },
  'no-list': { discover: async () => ({ slots: {}, findings: [] }) },
  'findings-are-no-list': { discover: async () => ({ ...fine, findings: 'none' }) },
  'no-date': { discover: async () => ({ ...fine, about: { keyExpiresAt: invalid } }) },
  'holds-no-date': { discover: async () => ({ ...fine, slots: [{ ...slot, holds: { fingerprint: 'a', expiresAt: invalid } }] }) },
  'unknown-code': { discover: throws(new Failure('NOPE' as 'BUSY', 'It broke.', { retryAfterMs: Number.NaN })) },
  'throws-nothing': { discover: throws(undefined) },
  'throws-what-has-no-words': { discover: throws(Object.create(null)) },
  'rejects-with-a-symbol': { discover: () => Promise.reject(Symbol('no')) },
  'no-receipt': { deliver: async () => undefined },
  'unknown-change': { deliver: async () => ({ change: 'done', findings: [] }) },
  'receipt-with-odd-findings': { deliver: async () => ({ change: 'updated', findings: [undefined] }) },
  'delivery-throws-an-unknown-code': { deliver: throws(new Failure('NOPE' as 'BUSY', 'No.')) },
  'watch-is-none': { watch: () => 7 },
  'watch-shows-nonsense': {
    async *watch() {
      yield { slot: { id: 7 } };
    },
  },
  'names-of-megabytes': { discover: async () => ({ ...fine, slots: [{ ...slot, title: '\u001b[2J'.repeat(1_000_000) }] }) },
};

function adapterOf(kind: string, members: object): Adapter {
  const target = { address: kind, discover: async () => fine, deliver: async () => ({ change: 'updated' }), ...members };
  return defineAdapter({ kind, doc: 'Odd.', options: {}, create: () => target as never });
}

test('adapters that answer or throw nonsense: a good one is served, the doors open, and each is told by its name', async () => {
  const adapters = [adapterOf('good', {}), ...Object.entries(nonsense).map(([kind, members]) => adapterOf(kind, members))];
  await using files = await folder({ 'courier.json': JSON.stringify({ targets: adapters.map(({ kind }) => ({ kind })) }) });
  const config = await load({ files: [files.at('courier.json')], env: {}, adapters });
  const issuedAt = new Date();
  const credential = {
    username: 'AWS',
    password: new Secret('a-password-of-this-test'),
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 12 * 3_600_000),
    source: 'default',
    scope: 'default eu-west-1',
  };
  const source = { name: 'default', scope: () => credential.scope, fetch: async () => credential };
  const sources: Sources = { all: [source], choose: () => source };
  const said: string[] = [];
  const log = createLog({ to: { write: line => said.push(line) }, format: 'json' });
  const clock = fastClock(20);
  const app = createApp(config, { clock, log, env: {}, sources: () => sources, registryEndpoint: () => 'http://127.0.0.1:9' });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  const stateOf = (name: string) => app.status().targets.find(target => target.name === name);
  await until(() => app.status().targets.every(({ state }) => state !== 'starting'), 'a look at each');
  await until(() => stateOf('good')?.slots[0]?.state === 'ok', 'the good one is served');
  await until(() => ['no-receipt', 'unknown-change'].every(name => stateOf(name)?.slots[0]?.trouble), 'the deliveries');

  const metrics = () => app.metrics.render(app.overview());
  const none = async () => ({ ok: false, message: '' });
  const doors = createDoors({ status: app.status, overview: app.overview, metrics, actions: { refresh: none, reload: none }, clock, log });
  for (const path of ['/', '/api/status', '/metrics', '/readyz']) {
    const { status, body } = await doors({ url: path, method: 'GET', headers: {}, socket: {} } as never, 'owner');
    assert.equal(status, path === '/readyz' ? 503 : 200, path);
    assert.ok(body.length < 500_000, `${path}: ${body.length} letters`);
  }
  for (const name of Object.keys(nonsense)) {
    const { state, trouble, slots = [] } = stateOf(name) ?? {};
    const told = trouble ?? slots[0]?.trouble;
    if (/^(watch|names)/.test(name)) assert.equal(state, 'ok', name);
    else assert.equal(told?.code, 'UNEXPECTED', name);
  }
  assert.match(stateOf('no-date')?.trouble?.message ?? '', /about\.keyExpiresAt must be a date/);
  stopping.abort();
  await running;
  assert.doesNotMatch(said.join(''), /"msg":"door failed"/);
});
