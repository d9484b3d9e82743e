import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Service } from '../../../../adapters/common/swarm/service.ts';
import { makeWritten, type Write } from '../../../../adapters/common/swarm/written.ts';
import type { Credential } from '../../../../src/contract/credential.ts';
import type { Memory } from '../../../../src/contract/memory.ts';
import { Secret } from '../../../../src/contract/secret.ts';
import { createVirtualClock } from '../../../fakes/clock.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const service = (version: number, more: Partial<Service> = {}): Service => ({
  id: 's1',
  name: 'web',
  version,
  image: 'h/web',
  isJob: false,
  mayEnd: false,
  labels: {},
  containerLabels: {},
  rollout: '',
  rolledAt: Number.NaN,
  writtenAt: start,
  spec: 'a',
  isRepeated: false,
  ...more,
});
const credential = (): Credential => ({
  username: 'AWS',
  password: new Secret('a-token-of-ecr'),
  issuedAt: new Date(start),
  expiresAt: new Date(start + 12 * hour),
  source: 's',
  scope: 'k',
});

const write = (): Write => ({ credential: credential(), gap: undefined });

function memory(text?: string): Memory & { text: string | undefined } {
  const kept = { text, recall: () => Promise.resolve(kept.text), remember: (next: string) => void (kept.text = next) };
  return kept;
}
const open = (kept: Memory = memory()) => makeWritten({ memory: kept, clock: createVirtualClock(start) });

describe('whose the last write to a service was', () => {
  test('nobody knows at first, and a write after that is somebody else’s', () => {
    const written = open();
    assert.deepEqual(written.look(service(1), 'alone'), { by: 'unknown', endsAt: start + 12 * hour });
    assert.equal(written.look(service(2), 'listed').by, 'unknown');
    assert.equal(written.look(service(2), 'listed').by, 'unknown');
    assert.equal(written.look(service(3), 'listed').by, 'theirs');
    assert.equal(written.look(service(3), 'listed').by, 'theirs', 'until it is written again');
  });

  test('ours, with what it holds, as long as the version stays', () => {
    const written = open();
    const given = credential();
    written.wrote(service(5), { ...write(), credential: given });
    const { by, holds } = written.look(service(5), 'listed');
    assert.equal(by, 'ours');
    assert.deepEqual(holds?.expiresAt, given.expiresAt);
    assert.equal(written.look(service(6), 'listed').by, 'theirs');
  });

  test('ours as well when Swarm has noted the end of what our update has set off, and not after a rollback', () => {
    const written = open();
    written.wrote(service(5), write());
    assert.equal(written.look(service(7, { rollout: 'completed' }), 'listed').by, 'ours');
    assert.equal(written.look(service(7, { rollout: 'rollback_completed' }), 'listed').by, 'theirs');
    assert.equal(written.look(service(7, { rollout: 'completed', spec: 'b' }), 'listed').by, 'theirs', 'somebody deployed');
    assert.equal(written.look(service(7), 'listed').by, 'theirs', 'somebody wrote the same Spec');
  });

  test('half ours where a rollback would still return to a login of others, over a restart as well', async () => {
    const kept = memory();
    open(kept).wrote(service(5), { ...write(), isHalf: true });
    const written = open(kept);
    await written.recall();
    assert.equal(written.look(service(5), 'listed').by, 'half ours');
    written.wrote(service(8), write());
    assert.equal(written.look(service(8), 'listed').by, 'ours');
  });

  test('somebody else’s where they were quicker than our question', () => {
    const written = open();
    written.overtaken(service(6));
    assert.equal(written.look(service(6), 'listed').by, 'theirs');
  });
});

describe('over restarts', () => {
  test('what we wrote is known again, and nothing else is', async () => {
    const kept = memory();
    const before = open(kept);
    before.look(service(3, { id: 's2' }), 'listed');
    before.wrote(service(5), { ...write(), gap: { from: start - hour, until: start } });
    assert.ok(!kept.text?.includes('a-token-of-ecr'));
    const written = open(kept);
    await written.recall();
    const { by, holds, gap } = written.look(service(5), 'listed');
    assert.deepEqual([by, holds?.expiresAt.getTime(), gap], ['ours', start + 12 * hour, { from: start - hour, until: start }]);
    assert.equal(written.look(service(4, { id: 's2' }), 'listed').by, 'unknown');
  });

  test('a rollback while nobody looked is seen', async () => {
    const kept = memory();
    open(kept).wrote(service(5), write());
    const written = open(kept);
    await written.recall();
    assert.equal(written.look(service(8, { rollout: 'rollback_completed' }), 'listed').by, 'theirs');
  });

  test('whatever lies there harms nothing', async () => {
    const entry = { version: 5, spec: 'a', ours: { fingerprint: 'f', expiresAt: start } };
    const broken = [
      { ...entry, version: '5' },
      { ...entry, ours: { fingerprint: 'f' } },
      { ...entry, ours: { fingerprint: 'f', expiresAt: 1e99 } },
    ];
    for (const text of ['', 'null', '[]', '{', '{"s1":1}', ...broken.map(one => JSON.stringify({ s1: one }))]) {
      const written = open(memory(text));
      await written.recall();
      assert.equal(written.look(service(5), 'listed').by, 'unknown', text);
    }
    const written = open(memory(JSON.stringify({ s1: entry })));
    await written.recall();
    assert.equal(written.look(service(5), 'listed').by, 'ours');
  });

  test('services that are gone are forgotten', () => {
    const kept = memory();
    const written = open(kept);
    written.wrote(service(5), write());
    written.keep(new Set(['s2']));
    written.wrote(service(1, { id: 's2' }), write());
    assert.deepEqual(Object.keys(JSON.parse(kept.text ?? '') as object), ['s2']);
  });
});
