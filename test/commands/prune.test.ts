import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { seed } from '../adapters/kubernetes/rig.ts';
import { host } from '../adapters/rig.ts';
import { folder } from '../config/support.ts';
import { adminToken, courierToken, type FakeKubernetes, leastRules, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { command } from './cli.ts';

const namespaces = ['team-a', 'team-b'];
const there = (fake: FakeKubernetes): string[] => namespaces.filter(name => fake.get('secrets', name, 'ecr-courier'));
const typed = (text: string) => Object.assign(Readable.from([text]), { isTTY: true });

async function stage(paused = 'true') {
  const fake = await startFakeKubernetes({ namespaces });
  for (const namespace of namespaces) await seed(fake, namespace, [host], 'old', adminToken, 'prod');
  const targets = `targets:
  - {kind: kubernetes, name: prod, url: "${fake.url}", tokenFile: token, allowHttp: true, paused: ${paused}}
  - {kind: portainer, url: "${fake.url}", apiKey: a-key-of-portainer, allowHttp: true}
`;
  const files = await folder({ 'courier.yaml': targets, token: adminToken });
  return {
    fake,
    prune: (args: readonly string[], stdin?: Parameters<typeof command>[2], signal?: AbortSignal) =>
      command(['prune', '-c', files.at('courier.yaml'), ...args], {}, stdin, undefined, signal),
    async [Symbol.asyncDispose]() {
      await fake[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

test('prune shows what would go, and takes it away only for a yes', async () => {
  await using t = await stage();
  const dry = await t.prune(['prod', '--dry-run']);
  assert.equal(dry.stdout, namespaces.map(name => `prod: Secret ${name}/ecr-courier would be removed\n`).join(''), dry.stderr);
  assert.equal(dry.code, 0);
  const refused = await t.prune(['prod'], typed('no\n'));
  assert.deepEqual([refused.code, there(t.fake)], [1, namespaces]);
  assert.match(refused.stderr, /Take all this away\? Type yes: Nothing was changed\./);
  const agreed = await t.prune(['prod'], typed('yes\n'));
  assert.deepEqual([agreed.code, there(t.fake)], [0, []]);
  assert.match(agreed.stdout, /prod: Secret team-b\/ecr-courier removed\n$/);
  assert.equal((await t.prune(['prod', '--dry-run'])).stdout, 'prod: nothing of the courier is there\n');
});

test('where nobody can be asked, prune wants to be told', async () => {
  await using t = await stage();
  const nobody = await t.prune(['prod']);
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /say --dry-run .* or --yes/);
  assert.equal((await t.prune(['--yes', '--dry-run'])).code, 2);
  assert.match((await t.prune(['--yes', 'stage'])).stderr, /there is no target stage; there are prod, portainer/);
  assert.deepEqual(there(t.fake), namespaces);
  const yes = await t.prune(['--yes', '--json']);
  assert.equal(yes.code, 0, yes.stderr);
  assert.deepEqual(JSON.parse(yes.stdout), {
    schema: 1,
    targets: [
      { target: 'prod', things: namespaces.map(name => ({ what: `Secret ${name}/ecr-courier`, change: 'removed' })) },
      { target: 'portainer', things: [] },
    ],
  });
  assert.deepEqual(there(t.fake), []);
});

test('what cannot be reached or may not be done is said, with what to do', async () => {
  await using t = await stage();
  t.fake.tokens.clear();
  const { code, stdout } = await t.prune(['prod', '--dry-run']);
  assert.equal(code, 1);
  assert.match(stdout, /^prod: .*401.*\n {2}The cluster does not accept the token\./);
});

test('where the target is not paused, prune says that a daemon makes it again', async () => {
  await using t = await stage();
  assert.equal((await t.prune(['prod', '--dry-run'])).stderr, '');
  await using awake = await stage('false');
  const { stderr, code } = await awake.prune(['prod', '--yes']);
  assert.match(stderr, /^Not paused: prod\. A daemon that runs makes it all again: stop it, or set `paused: true`/);
  assert.equal(code, 0);
  assert.equal((await awake.prune(['prod', '--yes'])).stderr, '', 'nothing was there');
});

test('a prune that is stopped says so, and ends badly', async () => {
  for (const { at, gone } of [
    { at: 'secrets?', gone: [] },
    { at: 'team-b/', gone: ['team-a'] },
  ]) {
    await using t = await stage();
    const stopping = new AbortController();
    t.fake.fault = ({ path, method }) => {
      const isIt = path.includes(at) && (at === 'secrets?' || method === 'DELETE');
      if (isIt) stopping.abort();
      return isIt ? 'hang' : undefined;
    };
    const { code, stdout } = await t.prune(['prod', '--yes'], undefined, stopping.signal);
    assert.match(
      stdout,
      /prod: The command was stopped before its end\. More entries may be left, and more may have been removed\.\n {2}Run it again\.\n$/,
    );
    assert.doesNotMatch(stdout, /nothing of the courier is there/);
    assert.equal(code, 1, stdout);
    assert.deepEqual(
      namespaces.filter(name => !there(t.fake).includes(name)),
      gone,
    );
  }
});

test('a prune that is stopped while it asks changes nothing', async () => {
  await using t = await stage();
  const stopping = new AbortController();
  const silent = Object.assign(Readable.from(forever()), { isTTY: true });
  const asked = t.prune(['prod'], silent, stopping.signal);
  async function* forever(): AsyncGenerator<string> {
    stopping.abort();
    await new Promise(() => undefined);
    yield 'never';
  }
  const { code, stderr } = await asked;
  assert.match(stderr, /Type yes: Nothing was changed\./);
  assert.deepEqual([code, there(t.fake)], [1, namespaces]);
});

test('of many things that lack a right, a few rules are shown', async () => {
  const many = Array.from({ length: 9 }, (_, at) => `team-${at}`);
  await using fake = await startFakeKubernetes({ namespaces: many, rules: leastRules() });
  for (const namespace of many) await seed(fake, namespace, [host], 'old', adminToken, 'prod');
  const targets = [{ kind: 'kubernetes', name: 'prod', url: fake.url, tokenFile: 'token', allowHttp: true }];
  await using files = await folder({ 'courier.json': JSON.stringify({ targets }), token: courierToken });
  const { stdout } = await command(['prune', '--dry-run', '-c', files.at('courier.json')]);
  assert.equal(stdout.match(/stays: /g)?.length, 9);
  assert.equal(stdout.match(/Add this rule/g)?.length, 3);
  assert.match(stdout, /\n {2}\.\.\. and 6 more like these; --json has all of them\n$/);
});
