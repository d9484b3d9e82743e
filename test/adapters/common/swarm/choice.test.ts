import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Choice, judge } from '../../../../adapters/common/swarm/choice.ts';
import type { Service } from '../../../../adapters/common/swarm/service.ts';
import { parseAddress } from '../../../../src/contract/registry.ts';
import { host } from '../../rig.ts';

const image = `${host}/shop/web:1@sha256:${'0'.repeat(64)}`;
const service = (more: Partial<Service>): Service => ({
  id: 's1',
  name: 'web',
  version: 1,
  image,
  isJob: false,
  mayEnd: false,
  labels: {},
  containerLabels: {},
  rollout: '',
  rolledAt: Number.NaN,
  madeAt: 0,
  writtenAt: 0,
  spec: '',
  previous: 'none',
  ...more,
});
const on = { 'ecr-courier.enable': 'true' };
const off = { 'ecr-courier.enable': 'false' };

const table: readonly (readonly [name: string, service: Partial<Service>, labelled: string, all: string])[] = [
  ['without a label', {}, 'unlabelled', 'served'],
  ['with the label', { labels: on }, 'served', 'served'],
  ['with the label in other letters', { labels: { 'ecr-courier.enable': ' True ' } }, 'served', 'served'],
  ['with the label that says no', { labels: off }, 'none', 'none'],
  ['with another value', { labels: { 'ecr-courier.enable': 'yes' } }, 'unclear', 'unclear'],
  ['with no value', { labels: { 'ecr-courier.enable': '' } }, 'unclear', 'unclear'],
  ['with the label at its containers', { containerLabels: on }, 'misplaced', 'served'],
  ['with an image of another registry', { image: 'ghcr.io/shop/web:1' }, 'none', 'none'],
  ['with an image of Docker Hub', { image: 'nginx' }, 'none', 'none'],
  ['with the label and an image of another registry', { image: 'ghcr.io/shop/web:1', labels: on }, 'elsewhere', 'elsewhere'],
  ['with an image below a name that only looks like ECR', { image: `${host}.evil.test/web`, labels: on }, 'elsewhere', 'elsewhere'],
  ['with ECR as a path of another registry', { image: `evil.test/${host}/web`, labels: on }, 'elsewhere', 'elsewhere'],
  ['with a name at Docker Hub that is spelled as an ECR host', { image: host, labels: on }, 'elsewhere', 'elsewhere'],
  ['with such a name and a tag', { image: `${host}:1`, labels: on }, 'elsewhere', 'elsewhere'],
  ['with such a name, a tag and a digest', { image: `${host}:1@sha256:${'0'.repeat(64)}`, labels: on }, 'elsewhere', 'elsewhere'],
  ['with an image at another port of ECR', { image: `${host}:8443/shop/web:1`, labels: on }, 'elsewhere', 'elsewhere'],
  ['with an image at the usual port of ECR', { image: `${host}:443/shop/web:1`, labels: on }, 'served', 'served'],
  ['without containers', { image: '', labels: on }, 'none', 'none'],
  ['with a public image', { image: 'public.ecr.aws/nginx/nginx:1' }, 'none', 'none'],
  ['with a public image and the label', { image: 'public.ecr.aws/nginx/nginx:1', labels: on }, 'served', 'served'],
  ['that is a job', { isJob: true }, 'none', 'job'],
  ['that is a job with the label', { isJob: true, labels: on }, 'job', 'job'],
  ...['updating', 'paused', 'rollback_started', 'rollback_paused'].map(
    rollout => [rollout, { labels: on, rollout }, 'rolling', 'rolling'] as const,
  ),
  ...['completed', 'rollback_completed', ''].map(rollout => [`after "${rollout}"`, { labels: on, rollout }, 'served', 'served'] as const),
];

describe('what is done with a service', () => {
  const means = {
    registry: (address: string) => parseAddress(address),
    hasSource: ({ service: kind }: { service: string }) => kind === 'ecr',
  };
  for (const [name, more, labelled, all] of table)
    test(name, () => {
      const verdict = (choice: Choice) => judge(service(more), choice, means);
      assert.deepEqual([verdict('labelled').is, verdict('all').is], [labelled, all]);
      const found = verdict('all');
      if ('registry' in found && !more.image) assert.equal(found.registry.host, host);
    });
});
