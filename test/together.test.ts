import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../src/contract/secret.ts';
import { prose } from '../src/observe/page-parts.ts';
import { until } from './commands/cli.ts';
import { type Manager, managers } from './fakes/managers.ts';
import type { Fault } from './fakes/server.ts';
import { ecr, fileOf, startDaemon } from './operating/support.ts';

/** Two accounts of one region: one token opens both. */
const hosts = ['111111111111', '222222222222'].map(account => `${account}.dkr.ecr.eu-west-1.amazonaws.com`);
const kinds = { portainer: 'portainer', harbor: 'harbor', rancher: 'rancher', rancher2: 'rancher2, projects' } as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];
const wrongKey = 'token-wrong:this-is-not-the-key';

interface Together extends AsyncDisposable {
  readonly fleet: Readonly<Record<Kind, Manager>>;
  readonly daemon: Awaited<ReturnType<typeof startDaemon>>;
  /** How often AWS was asked for a token. */
  fetches(): number;
  /** How many credentials were written into the manager. */
  writes(name: Kind): number;
  /** Whether the manager holds this password everywhere, or any that ECR gave out. */
  holds(name: Kind, password?: string): boolean;
  /** By target: its state, and the code of its trouble. */
  states(): Promise<Record<string, string>>;
  /** All that the daemon says of itself, checked for what must not be there. */
  said(): Promise<{ readonly page: string; readonly metrics: string }>;
}

/** The executable beside one manager of each kind. `broken` gets a fault from the beginning, or another key. */
async function startTogether(broken?: { readonly name: Kind; readonly fault?: Fault; readonly key?: string }): Promise<Together> {
  await using stack = new AsyncDisposableStack();
  ecr.calls.length = 0;
  const started = await Promise.all(
    names.map(async name => {
      const manager = await managers[kinds[name]](hosts, (_, password) => ecr.judge('eu-west-1', password) === 'good');
      stack.use(manager.fake);
      return [name, manager] as const;
    }),
  );
  const fleet = Object.fromEntries(started) as Record<Kind, Manager>;
  const { fault } = broken ?? {};
  if (broken && fault) fleet[broken.name].fake.fault = () => fault;
  const targets = started.map(([name, manager]) => ({
    ...manager.target(broken?.name === name ? broken.key : undefined),
    // Harbor takes its time to refuse a login.
    discoverSeconds: fault === 'hang' ? 1 : 10,
  }));
  const daemon = stack.use(await startDaemon({ '1-targets.json': fileOf(...targets), '2-engine.yaml': 'engine: {tickSeconds: 1}\n' }));
  const running = stack.move();

  const passwords = (name: Kind): (string | undefined)[] => hosts.map(host => fleet[name].passwordOf(host));
  const seen = new Set<string>([wrongKey, ...names.map(name => fleet[name].key)]);
  return {
    fleet,
    daemon,
    fetches: () => ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length,
    writes: name => fleet[name].fake.requests.filter(({ method }) => method === 'PUT').length,
    holds(name, password) {
      const held = passwords(name);
      for (const one of held) if (one !== undefined && one !== 'old') seen.add(one);
      return held.every(
        one => one !== undefined && (password === undefined ? ecr.judge('eu-west-1', one) !== 'unknown' : one === password),
      );
    },
    async states() {
      const { targets } = await daemon.status();
      return Object.fromEntries(targets.map(({ name, state, trouble }) => [name, trouble ? `${state} ${trouble.code}` : state]));
    },
    async said() {
      const [page, metrics, ...more] = await Promise.all(['/', '/metrics', '/api/status', '/readyz'].map(daemon.get));
      assert.ok(page !== undefined && metrics !== undefined);
      const all = [page, metrics, ...more, daemon.said.stdout, daemon.said.stderr].join('\n');
      for (const secret of seen)
        for (const form of Secret.forms(new Secret(secret)))
          assert.ok(!all.includes(form), `a secret of ${secret.length} characters shows`);
      return { page, metrics };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

test('one fetch serves Portainer, Harbor, Rancher 1.6 and Rancher 2: each registry is written once, with the same token', async () => {
  await using all = await startTogether();
  await until(async () => (await all.daemon.status()).ready, 'all are served');

  const token = all.fleet.portainer.passwordOf(hosts[0] ?? '');
  assert.equal(ecr.judge('eu-west-1', token ?? ''), 'good');
  for (const name of names) {
    assert.ok(all.holds(name, token), name);
    assert.equal(all.writes(name), hosts.length, name);
  }
  assert.equal(all.fetches(), 1);
  assert.deepEqual(await all.states(), Object.fromEntries(names.map(name => [name, 'ok'])));
  const { page, metrics } = await all.said();
  for (const name of names) {
    assert.ok(page.includes(`<h3>${name}</h3>`), name);
    assert.match(metrics, new RegExp(`^ecr_courier_target_up\\{target="${name}"\\} 1$`, 'm'));
    assert.match(metrics, new RegExp(`^ecr_courier_deliver_changes_total\\{target="${name}",change="updated"\\} ${hosts.length}$`, 'm'));
  }
});

test('a rotation reaches all, with one more fetch', async t => {
  const twelveHours = ecr.ttlMs;
  t.after(() => void (ecr.ttlMs = twelveHours));
  ecr.ttlMs = 8000;
  await using all = await startTogether();
  await until(() => names.every(name => all.holds(name)), 'all hold the first token');
  const first = all.fleet.portainer.passwordOf(hosts[0] ?? '') ?? '';
  ecr.ttlMs = twelveHours;

  await until(() => names.every(name => all.holds(name) && !all.holds(name, first)), 'all hold the second one');

  const second = all.fleet.portainer.passwordOf(hosts[0] ?? '');
  assert.ok(names.every(name => all.holds(name, second)));
  assert.equal(all.fetches(), 2);
  await all.said();
});

describe('one that does not work changes nothing for the others, and is shown with what to do', () => {
  const ways = [
    { way: 'hangs', code: 'TIMEOUT', how: { fault: 'hang' } },
    { way: 'answers 500', code: 'UNEXPECTED', how: { fault: { status: 500, text: 'oops' } } },
    { way: 'refuses the key', code: 'AUTH', how: { key: wrongKey } },
  ] as const;
  for (const name of names)
    for (const { way, code, how } of ways)
      test(`${name} ${way}`, async () => {
        await using all = await startTogether({ name, ...how });
        const others = names.filter(other => other !== name);
        await until(async () => Object.values(await all.states()).every(state => state !== 'starting'), 'a look at each');
        await until(() => others.every(other => all.holds(other)), 'the others are served');
        const expected = Object.fromEntries([...others.map(other => [other, 'ok']), [name, `failing ${code}`]]);
        await until(async () => {
          const states = await all.states();
          return names.every(each => states[each] === expected[each]);
        }, JSON.stringify(expected));

        assert.equal(all.fetches(), 1);
        for (const other of others) assert.equal(all.writes(other), hosts.length, other);
        const { trouble } = (await all.daemon.status()).targets.find(target => target.name === name) ?? {};
        const { page, metrics } = await all.said();
        for (const each of names) {
          assert.ok(page.includes(`<h3>${each}</h3>`), each);
          assert.match(metrics, new RegExp(`^ecr_courier_target_up\\{target="${each}"\\} ${each === name ? 0 : 1}$`, 'm'));
        }
        assert.ok(trouble && trouble.remedy !== '');
        assert.ok(page.includes(prose(trouble.remedy).markup), 'the page has the remedy');
      });
});
