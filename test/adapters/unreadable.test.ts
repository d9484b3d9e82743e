import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { harbor } from '../../adapters/harbor.ts';
import { portainer } from '../../adapters/portainer.ts';
import { rancher } from '../../adapters/rancher.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Discovery } from '../../src/contract/target.ts';
import { adminPassword, startFakeHarbor } from '../fakes/harbor.ts';
import { startFakePortainer } from '../fakes/portainer.ts';
import { startFakeRancher } from '../fakes/rancher.ts';
import type { FakeServer } from '../fakes/server.ts';
import { login, rig, secret, world } from './rancher2/rig.ts';
import { absent, codesOf, failing, host, only, type Rig, rigOn } from './rig.ts';

const key = new Secret('some-secret-key-1234');
/** Portainer without a session. */
const nobody = { username: undefined, password: undefined, swarm: false, services: 'labelled' } as const;
const withoutId = { name: 'x', Name: 'x', url: `https://${host}`, URL: host, serverAddress: host };

interface Manager {
  readonly good: object;
  /** Matches the path of the manager's list. */
  readonly list: RegExp;
  readonly body: (rows: readonly unknown[]) => unknown;
  /** Values that are not valid row of this manager. */
  readonly bad: readonly unknown[];
  readonly open: () => Promise<Pick<Rig<FakeServer, unknown>, 'fake' | 'discover' | typeof Symbol.asyncDispose>>;
}

const managers: Readonly<Record<string, Manager>> = {
  portainer: {
    good: { Id: 1, Type: 3, Name: 'x', URL: host, Authentication: true, Username: 'AWS' },
    list: /\/api\/registries$/,
    body: rows => rows,
    bad: [null, 1, 'x', [], {}, withoutId, { ...withoutId, Id: '1', Type: 3 }, { ...withoutId, Id: 1.5, Type: 3 }],
    open: async () => {
      const fake = await startFakePortainer();
      return await rigOn(fake, deps => portainer.create({ url: fake.url, apiKey: key, ...nobody }, deps), { wanted: [absent] });
    },
  },
  harbor: {
    good: { id: 1, type: 'docker-registry', name: 'x', url: `https://${host}`, credential: { access_key: 'AWS' } },
    list: /\/registries\?/,
    body: rows => rows,
    bad: [null, 1, 'x', [], {}, withoutId, { ...withoutId, id: '1', type: 'docker-registry' }],
    open: async () => {
      const fake = await startFakeHarbor();
      return await rigOn(fake, deps => harbor.create({ url: fake.url, username: 'admin', password: new Secret(adminPassword) }, deps), {
        wanted: [absent],
      });
    },
  },
  rancher: {
    good: { id: '1sp1', state: 'active', serverAddress: host, credentials: [{ id: '1c1', state: 'active', publicValue: 'AWS' }] },
    list: /\/registries\?/,
    body: data => ({ type: 'collection', data }),
    bad: [null, 1, 'x', [], {}, withoutId, { ...withoutId, id: 1, state: 'active' }],
    open: async () => {
      const fake = await startFakeRancher();
      const keyless = { url: `${fake.url}/v2-beta/projects/1a5`, accessKey: undefined, secretKey: undefined };
      return await rigOn(fake, deps => rancher.create(keyless, deps), { wanted: [absent] });
    },
  },
};

/** Discovers with these rows as the manager's list. */
async function finding({ open, list, body }: Manager, rows: readonly unknown[]): Promise<Discovery> {
  await using there = await open();
  there.fake.fault = ({ path }) => (list.test(path) ? { status: 200, json: body(rows) } : undefined);
  return await there.discover();
}

describe('a row that cannot be read is told, and is no reason to create one', () => {
  for (const [kind, manager] of Object.entries(managers)) {
    test(`${kind}: beside a good row`, async () => {
      const fine = await finding(manager, [manager.good]);
      assert.deepEqual(
        fine.slots.map(({ state }) => state),
        ['present', 'absent'],
      );
      assert.ok(!codesOf(fine.findings).includes('ROWS_UNREADABLE'));
      for (const bad of manager.bad) {
        const { slots, findings } = await finding(manager, [bad, manager.good]);
        assert.equal(only(slots).state, 'present', JSON.stringify(bad));
        assert.match(findings.find(({ code }) => code === 'ROWS_UNREADABLE')?.message ?? '', /: 1 of 2 rows /, JSON.stringify(bad));
      }
    });
    test(`${kind}: alone`, async () => {
      for (const bad of manager.bad) {
        const failure = await failing(finding(manager, [bad]));
        assert.deepEqual(
          [failure.code, /the one row of the answer is not a registry/.test(failure.message)],
          ['UNEXPECTED', true],
          JSON.stringify(bad),
        );
      }
      assert.match((await failing(finding(manager, [null, {}]))).message, /none of the 2 rows of the answer is a registry/);
    });
    test(`${kind}: a row that is there twice is one`, async () => {
      const { slots } = await finding(manager, [manager.good, manager.good]);
      assert.deepEqual(
        slots.map(({ state }) => state),
        ['present', 'absent'],
      );
    });
  }
});

describe('rancher2: where nothing of a list can be read', () => {
  const one = { ...secret('team-a', 'pull', { [host]: login('old') }), type: 'kubernetes.io/dockerconfigjson' };
  const { namespace, name, data, type } = one;
  const good = { metadata: { namespace, name }, type, data };
  const lists: readonly (readonly [what: string, path: RegExp, answer: (rows: readonly unknown[]) => unknown])[] = [
    [`the Secrets of cluster production`, /c-m-abcd1234.*dockerconfigjson/, items => ({ items, metadata: {} })],
    [`the credentials of project web`, /dockercredentials/, rows => ({ data: rows })],
  ];
  for (const [what, path, answer] of lists)
    test(`${what}: it was not looked at`, async () => {
      await using open = await rig(world([], [one]));
      for (const bad of [null, 1, 'x', {}]) {
        open.fake.fault = request => (path.test(request.path) ? { status: 200, json: answer([bad]) } : undefined);
        const { findings } = await open.discover();
        const told = findings.find(({ code }) => code === 'CLUSTER_DOWN')?.message ?? '';
        assert.match(told, /Nothing in the list of the .* can be read/, `${what}: ${JSON.stringify([bad, findings])}`);
      }
    });

  test('the list of clusters or projects: the target fails', async () => {
    await using open = await rig(world());
    for (const list of ['/v3/clusters', '/v1/management.cattle.io.projects']) {
      open.fake.fault = ({ path }) => (path.startsWith(list) ? { status: 200, json: { data: [null] } } : undefined);
      assert.equal((await failing(open.discover())).code, 'UNEXPECTED', list);
    }
  });

  test('a Secret that is listed twice is one slot', async () => {
    await using open = await rig(world());
    const items = [good, good];
    open.fake.fault = ({ path }) =>
      /c-m-abcd1234.*dockerconfigjson/.test(path) ? { status: 200, json: { items, metadata: {} } } : undefined;
    assert.equal(only((await open.discover()).slots).title, 'Secret team-a/pull in cluster production');
  });
});
