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
  madeAt: 0,
  writtenAt: start,
  spec: 'a',
  previous: 'none',
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
    assert.equal(written.look(service(3), 'listed').by, 'foreign');
    assert.equal(written.look(service(3), 'listed').by, 'foreign', 'until it is written again');
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
    const own: Partial<Service> = { rollout: 'completed', rolledAt: start + 900, previous: 'same' };
    const by = (more: Partial<Service>) => written.look(service(7, { ...own, ...more }), 'listed').by;
    assert.equal(by({}), 'ours');
    assert.equal(by({ rollout: 'paused' }), 'ours');
    assert.equal(by({ rollout: 'updating' }), 'ours', 'it goes on for as long as a task finds no node');
    assert.equal(by({ rollout: 'rollback_completed' }), 'theirs');
    assert.equal(by({ spec: 'b' }), 'theirs', 'somebody deployed');
    assert.equal(by({ previous: 'other' }), 'theirs', 'somebody deployed another version and this one again');
    assert.equal(by({ rolledAt: start + hour }), 'theirs', 'somebody deployed the same version later');
    assert.equal(by({ rolledAt: Number.NaN }), 'theirs', 'nobody says when that began');
    assert.equal(written.look(service(7), 'listed').by, 'theirs', 'somebody wrote the same Spec');
  });

  test('not ours after a rollback, even where that was as quick as our look after the write', () => {
    for (const rollout of ['rollback_started', 'rollback_paused', 'rollback_completed']) {
      const written = open();
      written.wrote(service(5, { rollout }), write());
      assert.equal(written.look(service(5, { rollout }), 'listed').by, 'theirs', rollout);
    }
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

  test('somebody else’s where they were quicker than our question, over a restart as well', async () => {
    const kept = memory();
    open(kept).overtaken(service(6), write());
    const written = open(kept);
    await written.recall();
    const { wrote, ...rest } = written.look(service(6), 'listed');
    assert.deepEqual(rest, { by: 'theirs', endsAt: start + 12 * hour });
    assert.equal(wrote?.expiresAt.getTime(), start + 12 * hour);
  });

  test('the end of our login is known as well after a write of somebody else', () => {
    const written = open();
    written.wrote(service(5), write());
    const after = written.look(service(6, { writtenAt: start + 11 * hour }), 'listed');
    assert.deepEqual([after.by, after.endsAt, after.wrote?.expiresAt.getTime()], ['theirs', start + 12 * hour, start + 12 * hour]);
  });

  test('the pause of a rollback is ours where our update has set it off, and not where somebody asked for it', () => {
    const written = open();
    written.wrote(service(5), write());
    const paused: Partial<Service> = { rollout: 'rollback_paused', rolledAt: start + 900 };
    assert.ok(written.isOwnRollout(service(7, paused)));
    assert.equal(written.look(service(7, paused), 'listed').by, 'theirs', 'the login before is back');
    assert.ok(!written.isOwnRollout(service(7, { ...paused, previous: 'same' })), 'a rollback by hand keeps the Spec before');
    assert.ok(!written.isOwnRollout(service(7, { ...paused, rolledAt: start + hour })));
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
