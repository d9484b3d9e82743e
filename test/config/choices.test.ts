import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adapters as ours } from '../../adapters/index.ts';
import { trigger } from '../../config/schema.ts';
import { mistakesOf, read, readText } from './support.ts';

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
