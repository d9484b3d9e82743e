import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { adapters as ours } from '../../adapters/index.ts';
import { trigger } from '../../config/target-options.ts';
import { folder, mistakesOf, plainTarget, read, readText } from './support.ts';

test('what the API server of Kubernetes would refuse is a mistake of the configuration', async () => {
  const mistakes = (options: string) =>
    mistakesOf(readText(`targets: [{kind: kubernetes, ${options}}]`, { adapters: ours })).then(lines =>
      lines.map(line => line.replace(/^targets\.kubernetes\./, '').replace(/ \(courier.*/, '')),
    );
  for (const [options, ...said] of [
    ['secret: a.b, namespaces: ["team-*", "!team-b"], excludeNamespaces: [kube-*], namespaceSelector: "team in (a, b),!x"'],
    ['secret: Bad_Name', /^secret: must be a name in Kubernetes: at most 253/],
    ['secret: ""'],
    ['serviceAccounts: [""]', /^serviceAccounts: entry 1 must be a name/],
    ['namespaces: [a, Team]', /^namespaces: entry 2 must be a name of namespaces: .*`!` before it/],
    ['excludeNamespaces: ["!a"]', /^excludeNamespaces: entry 1 must be a name of namespaces/],
    ['namespaceSelector: "team in a"', /^namespaceSelector: must be a selector of labels/],
    ['serviceAccounts: [a_b]', /^serviceAccounts: entry 1 must be a name of ServiceAccounts/],
    ['fieldManager: " "', /^fieldManager: must not be blank/],
    ['registries: [docker.io]', /^registries: entry 1 must be the host of an ECR registry/],
  ] as const) {
    const lines = await mistakes(options);
    assert.equal(lines.length, said.length, `${options}: ${lines.join('; ')}`);
    for (const [at, pattern] of said.entries()) assert.match(lines[at] ?? '', pattern);
  }
});

describe('an option with few values', () => {
  const few = ours.flatMap(adapter =>
    Object.entries(adapter.options).flatMap(([key, { env, format }]) => {
      const start = trigger(adapter);
      return env && start && (format === 'choice' || format === 'boolean') ? { adapter, key, env, start } : [];
    }),
  );
  for (const { adapter, key, env, start } of few)
    test(`of ${adapter.kind}: ${env} names the value that it cannot have, and those that it can`, async () => {
      const mistakes = (value: string) =>
        mistakesOf(read({ adapters: ours, env: { [start.env]: 'unix:///run/x.sock', [env]: value } })).then(lines =>
          lines.filter(line => line.startsWith(`${env}:`)),
        );
      const { choices = ['true', 'false'] } = adapter.options[key] ?? {};
      for (const value of choices) assert.deepEqual(await mistakes(value), []);
      const [line, ...more] = await mistakes('labeled');
      assert.deepEqual(more, []);
      const all = choices.join(choices.length === 2 && choices[0] === 'true' ? ' or ' : ', ');
      assert.match(line ?? '', new RegExp(`^${env}: is labeled and must be (one of )?${all}`));
      const [secret] = await mistakes('Kx7pQ2vLm9');
      assert.match(secret ?? '', new RegExp(`^${env}: must be`));
    });

  test('in a file: no list, and what was meant', async () => {
    const text = (order: string) => readText(`targets: [{kind: depot, url: "https://depot", apiKey: k3y-k3y-k3y, order: ${order}}]`);
    const must = 'must be one of oldest, newest';
    assert.deepEqual(await mistakesOf(text('newest')), []);
    assert.deepEqual(await mistakesOf(text('newset')), [
      `targets.depot.order: is newset and ${must}: did you mean newest? (courier.yaml:1:75)`,
    ]);
    assert.deepEqual(await mistakesOf(text('[newest]')), [`targets.depot.order: ${must} (courier.yaml:1:75)`]);
    assert.deepEqual(await mistakesOf(text('true')), [`targets.depot.order: ${must} (courier.yaml:1:75)`]);
  });
});

test('what is around a value and does not belong to it is named, in place of a form that it seems to have', async () => {
  const beside = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };
  const mistakes = async (more: Record<string, string>) => await mistakesOf(read({ env: { ...beside, ...more } }));
  const quotes = 'is in quotes, and these are part of the value here, as `docker run --env-file` keeps them. Write it without';
  for (const [name, value] of [
    ['DEPOT_URL', '"https://depot"'],
    ['DEPOT_URL', "'https://depot'"],
    ['DEPOT_CREATE', '"true"'],
    ['ECR_COURIER_TICK_SECONDS', "'4'"],
    ['ECR_COURIER_LISTEN', '"0.0.0.0:8080"'],
    ['DEPOT_REGISTRIES', '"123456789012.dkr.ecr.eu-west-1.amazonaws.com"'],
    ['AWS_REGION', '"eu-west-1"'],
    ['ECR_COURIER_LOG_LEVEL', '"debug"'],
    ['ECR_COURIER_NOTIFY_SLACK_URL', '"https://hooks.slack.com/services/T/B/x"'],
  ] as const)
    assert.deepEqual(await mistakes({ [name]: value }), [`${name}: ${quotes}`]);
  assert.deepEqual(await mistakes({ DEPOT_REGISTRIES: '[123456789012.dkr.ecr.eu-west-1.amazonaws.com]' }), [
    'DEPOT_REGISTRIES: is in brackets. In a variable commas alone make a list: ONE,TWO',
  ]);
  assert.deepEqual(await mistakes({ ECR_COURIER_CONFIG: '/nowhere/courier.yaml' }), ['ECR_COURIER_CONFIG: courier.yaml does not exist']);
  assert.deepEqual(await mistakes({ DEPOT_URL: 'https://depot ' }), ['DEPOT_URL: has a blank at its end. Remove it']);
  assert.deepEqual(await mistakes({ ECR_COURIER_LISTEN: ' 0.0.0.0:8080' }), [
    'ECR_COURIER_LISTEN: has a blank at its beginning. Remove it',
  ]);
  assert.deepEqual(await mistakes({ ECR_COURIER_NOTIFY_NTFY_URL: 'https://ntfy.sh/a b' }), [
    'ECR_COURIER_NOTIFY_NTFY_URL: holds a URL with a blank or a backslash in it: no address has these',
  ]);
});

test('a variable beside which another one is missing names that one', async () => {
  const beside = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };
  for (const [more, said] of [
    [{ ECR_COURIER_LEASE_NAMESPACE: 'x' }, 'ECR_COURIER_LEASE: must be set: ECR_COURIER_LEASE_NAMESPACE has no effect alone'],
    [
      { ECR_COURIER_LEASE: 'x', ECR_COURIER_LEASE_KUBECONFIG: '/k' },
      'ECR_COURIER_LEASE_NAMESPACE: must be set: ECR_COURIER_LEASE_KUBECONFIG has no effect alone',
    ],
    [{ ECR_COURIER_EXTERNAL_ID: 'x' }, 'ECR_COURIER_EXTERNAL_ID: goes with ECR_COURIER_ROLE_ARN: set that too'],
  ] as const)
    assert.deepEqual(await mistakesOf(read({ env: { ...beside, ...more } })), [said]);
});

test('a part of one known name means that one', async () => {
  assert.deepEqual(await mistakesOf(readText(`targets: [${plainTarget}]\nheartbeat: {seconds: 90, url: "https://x/y"}`)), [
    'heartbeat: seconds is not known here: did you mean everySeconds? (courier.yaml:2:13)',
  ]);
});

test('a directory in the place of a file is not a secret that others may read', async () => {
  await using files = await folder();
  await chmod(files.path, 0o755);
  const { warnings } = await read({ env: { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY_FILE: files.path } });
  assert.deepEqual(warnings, []);
});
