import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseShard } from '../../src/contract/shard.ts';
import { configIn, manifestText, objectsIn, only } from './chart.ts';

interface StatefulSet {
  readonly spec: {
    readonly replicas: number;
    readonly serviceName: string;
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly containers: readonly { readonly env: readonly { readonly name: string; readonly value?: string }[] }[];
        readonly volumes: readonly { readonly configMap?: { readonly name: string } }[];
      };
    };
  };
}

test('the couriers of the StatefulSet have all shares of one configuration, and each alone', async () => {
  const objects = objectsIn(manifestText('ecr-courier-shards.yaml'));
  const { spec } = only(objects, 'StatefulSet') as unknown as StatefulSet;
  const env = spec.template.spec.containers[0]?.env ?? [];
  const text = env.find(({ name }) => name === 'ECR_COURIER_SHARD')?.value ?? '';
  assert.ok(
    env.findIndex(({ name }) => name === 'POD_INDEX') < env.findIndex(({ name }) => name === 'ECR_COURIER_SHARD'),
    'it is set before it is used',
  );
  for (let index = 0; index < spec.replicas; index++)
    assert.deepEqual(parseShard(text.replace('$(POD_INDEX)', String(index))), { at: index, of: spec.replicas });
  assert.equal(spec.serviceName, only(objects, 'Service').metadata.name);
  assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
  assert.ok(spec.template.spec.volumes.some(({ configMap }) => configMap?.name === only(objects, 'ConfigMap').metadata.name));
  const { targets } = await configIn(objects);
  assert.deepEqual(
    targets.map(({ kind, options }) => [kind, options['context']]),
    [
      ['kubernetes', 'prod-eu'],
      ['kubernetes', 'prod-us'],
    ],
  );
});
