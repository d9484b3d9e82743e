import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../src/contract/secret.ts';
import { prose } from '../src/observe/page-parts.ts';
import { until } from './commands/cli.ts';
import { type Manager, managers } from './fakes/managers.ts';
import type { Fault } from './fakes/server.ts';
import { ecr, fileOf, startDaemon } from './operating/support.ts';

/** The hosts of two accounts in one region, for which one token is good. */
const hosts = ['111111111111', '222222222222'].map(account => `${account}.dkr.ecr.eu-west-1.amazonaws.com`);
const kinds = { portainer: 'portainer', harbor: 'harbor', rancher: 'rancher', rancher2: 'rancher2, projects' } as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];
const wrongKey = 'token-wrong:this-is-not-the-key';

/** The ways in which a manager can fail, with the failure codes. */
const ways = [
  { way: 'hangs', code: 'TIMEOUT', fault: 'hang' },
  { way: 'fails', code: 'UNEXPECTED', fault: { status: 500, text: 'oops' } },
  { way: 'refuses', code: 'AUTH', key: wrongKey },
] as const satisfies readonly { way: string; code: string; fault?: Fault; key?: string }[];

interface Together extends AsyncDisposable {
  readonly fleet: Readonly<Record<Kind, Manager>>;
  readonly daemon: Awaited<ReturnType<typeof startDaemon>>;
  /** Returns how many tokens were requested from AWS. */
  fetches(): number;
  /** Returns how many credentials were written to the manager. */
  writes(name: Kind): number;
  /** Whether the manager holds this password everywhere, or any that ECR gave out. */
  holds(name: Kind, password?: string): boolean;
  /** Whether the manager holds the newest token everywhere. */
  isUpToDate(name: Kind): boolean;
  /** Returns state and failure code of each target. */
  states(): Promise<Record<string, string>>;
  /** Returns the status page and the metrics, after a check for what they must not contain. */
  said(): Promise<{ readonly page: string; readonly metrics: string }>;
}

const startManager = (name: Kind): Promise<Manager> =>
  managers[kinds[name]](hosts, (_, password) => ecr.judge('eu-west-1', password) === 'good');

/** Starts the executable with one working manager of each kind, and with these targets. */
async function startTogether(broken: readonly object[] = []): Promise<Together> {
  await using stack = new AsyncDisposableStack();
  ecr.calls.length = 0;
  const started = await Promise.all(
    names.map(async name => {
      const manager = await startManager(name);
      stack.use(manager.fake);
      return [name, manager] as const;
    }),
  );
  const fleet = Object.fromEntries(started) as Record<Kind, Manager>;
  const targets = [...started.map(([, manager]) => manager.target()), ...broken];
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
    isUpToDate: name => passwords(name).every(one => one !== undefined && ecr.judge('eu-west-1', one) === 'good'),
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
  await until(() => all.fetches() > 0, 'the first token is fetched');
  ecr.ttlMs = twelveHours;
  await until(() => names.every(name => all.holds(name)), 'all hold a token');
  await until(() => all.fetches() > 1 && names.every(all.isUpToDate), 'all hold the second one');

  const second = all.fleet.portainer.passwordOf(hosts[0] ?? '');
  assert.ok(names.every(name => all.holds(name, second)));
  assert.equal(all.fetches(), 2);
  await all.said();
});

test('those that do not work, each kind in each way, change nothing for those that do, and are shown with what to do', async () => {
  await using stack = new AsyncDisposableStack();
  const broken = await Promise.all(
    names.flatMap(kind =>
      ways.map(async ({ way, code, ...how }) => {
        const { fake, target } = await startManager(kind);
        stack.use(fake);
        if ('fault' in how) fake.fault = () => how.fault;
        // Harbor is slow to refuse a login.
        const given = { ...target('key' in how ? how.key : undefined), discoverSeconds: way === 'hangs' ? 1 : 10 };
        return { name: `${kind}-${way}`, state: `failing ${code}`, target: { ...given, name: `${kind}-${way}` } };
      }),
    ),
  );
  await using all = await startTogether(broken.map(({ target }) => target));
  await until(() => names.every(name => all.holds(name)), 'those that work are served');
  const expected = Object.fromEntries([...names.map(name => [name, 'ok']), ...broken.map(({ name, state }) => [name, state])]);
  await until(async () => isDeepStrictEqual(await all.states(), expected), JSON.stringify(expected));

  assert.equal(all.fetches(), 1);
  for (const name of names) assert.equal(all.writes(name), hosts.length, name);
  const { targets } = await all.daemon.status();
  const { page, metrics } = await all.said();
  for (const { name, trouble } of targets) {
    assert.ok(page.includes(`<h3>${name}</h3>`), name);
    assert.match(metrics, new RegExp(`^ecr_courier_target_up\\{target="${name}"\\} ${trouble ? 0 : 1}$`, 'm'));
    if (!trouble) continue;
    assert.ok(trouble.remedy !== '', name);
    assert.ok(page.includes(prose(trouble.remedy).markup), `the page has the remedy of ${name}`);
  }
});
