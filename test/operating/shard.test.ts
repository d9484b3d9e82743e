import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInShard } from '../../src/contract/shard.ts';
import { tokenFile } from '../adapters/kubernetes/rig.ts';
import { command, until } from '../commands/cli.ts';
import { adminToken, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { ecr, host, start } from './support.ts';

const teams = Array.from({ length: 12 }, (_, at) => `team-${at}`);
const account = (namespace: string): object => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'build', namespace } });

async function cluster(name: string) {
  await using stack = new AsyncDisposableStack();
  const fake = stack.use(await startFakeKubernetes({ namespaces: teams, objects: teams.map(account) }));
  const file = stack.use(await tokenFile(adminToken));
  const target = {
    kind: 'kubernetes',
    name,
    url: fake.url,
    tokenFile: file.path,
    allowHttp: true,
    namespaces: ['team-*'],
    registries: [host],
  };
  const left = stack.move();
  const written = () => fake.requests.filter(({ method }) => method === 'PATCH').map(({ path }) => path.replace(/\?.*/, ''));
  return { fake, target, written, [Symbol.asyncDispose]: () => left.disposeAsync() };
}
type Started = Awaited<ReturnType<typeof start>>;
const slotsOf = ({ app }: Started): string[] => app.status().targets.flatMap(({ name, slots }) => slots.map(({ id }) => `${name}/${id}`));

test('two shares have each slot between them once, a ServiceAccount with its Secret, new namespaces as well', async () => {
  await using one = await cluster('one');
  const targets = [{ ...one.target, serviceAccounts: ['build'] }];
  await using first = await start({ targets, engine: { tickSeconds: 1, shard: '0/2' } });
  await using second = await start({ targets, engine: { tickSeconds: 1, shard: '1/2' } });
  const both = [first, second];
  await until(
    () => both.every(({ app }) => app.status().ready && app.status().targets[0]?.slots.every(({ state }) => state === 'ok')),
    'all is served',
  );
  const [ofFirst, ofSecond] = [slotsOf(first), slotsOf(second)];
  assert.ok(ofFirst.length > 0 && ofSecond.length > 0);
  assert.equal(new Set([...ofFirst, ...ofSecond]).size, ofFirst.length + ofSecond.length);
  assert.equal(ofFirst.length + ofSecond.length, 2 * teams.length);
  for (const ids of [ofFirst, ofSecond])
    for (const team of teams) assert.equal(ids.includes(`one/${team}/ecr-courier`), ids.includes(`one/${team}/sa/build`), team);
  const paths = one.written();
  assert.equal(new Set(paths).size, paths.length, 'nothing is written twice');

  await until(() => one.fake.watches.size >= 6, 'both watch');
  for (const team of ['team-new', 'team-newer']) one.fake.make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: team } });
  for (const team of ['team-new', 'team-newer']) await until(() => one.fake.stored(team, 'ecr-courier') !== undefined, team);
  assert.equal(one.written().filter(path => path.includes('team-new')).length, 2);
});

test('by target, a share is a whole target: the others are not even reached, and each cluster has one token', async () => {
  await using one = await cluster('one');
  await using two = await cluster('two');
  await using three = await cluster('three');
  const targets = [one, two, three].map(({ target }) => target);
  const asked = ecr.calls.length;
  const couriers = await Promise.all([0, 1].map(at => start({ targets, engine: { tickSeconds: 1, shard: `${at}/2`, shardBy: 'target' } })));
  await until(() => couriers.every(({ app }) => app.status().ready), 'all is served');
  const names = couriers.map(({ app }) => app.status().targets.map(({ name }) => name));
  assert.deepEqual(names.flat().sort(), ['one', 'three', 'two']);
  assert.ok(ecr.calls.length > asked);
  for (const { fake } of [one, two, three]) assert.equal(new Set(teams.map(team => fake.stored(team, 'ecr-courier'))).size, 1);
  for (const each of couriers) await each[Symbol.asyncDispose]();

  const shares = [0, 1, 2].map(at => ({ tickSeconds: 1, shard: `${at}/3`, shardBy: 'target' }));
  const few = await Promise.all(shares.map(engine => start({ targets: [one.target], engine })));
  await until(() => few.every(({ app }) => app.status().ready), 'a share without a target is ready as well');
  assert.equal(few.flatMap(({ app }) => app.status().targets).length, 1);
  for (const each of few) await each[Symbol.asyncDispose]();
});

test('a share without slots is ready and finds nothing wrong; another share is taken up by a reload', async () => {
  await using one = await cluster('one');
  const config = (shard: string): object => ({ targets: [{ ...one.target, namespaces: ['team-1'] }], engine: { tickSeconds: 1, shard } });
  const [own, other] = isInShard({ at: 0, of: 2 }, 'one/team-1/ecr-courier') ? ['0/2', '1/2'] : ['1/2', '0/2'];
  await using courier = await start(config(other));
  const looked = (): boolean => typeof courier.app.status().targets[0]?.discoveredAt === 'string';
  await until(looked, 'it has looked');
  const { ready, targets } = courier.app.status();
  assert.deepEqual([ready, targets[0]?.slots, targets[0]?.findings.map(({ code }) => code)], [true, [], ['PLAIN_HTTP']]);
  await courier.reload(config(own));
  await until(() => courier.app.status().targets[0]?.slots[0]?.state === 'ok', 'it serves its slot');
  await courier.reload(config(other));
  await until(() => slotsOf(courier).length === 0, 'it has it no longer');
});

test('what is not a share is a mistake', async () => {
  for (const [shard, code] of [
    ['3/3', 78],
    ['1', 78],
    ['$(POD_INDEX)/3', 78],
  ] as const) {
    const { code: ended, stdout, stderr } = await command(['config', 'check'], { ECR_COURIER_SHARD: shard });
    assert.equal(ended, code);
    assert.match(stdout + stderr, /ECR_COURIER_SHARD: must be i\/n, such as 0\/3: i is from 0 to n - 1/);
  }
});
