import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheRule } from '../../src/contract/cache-rule.ts';
import { cacheOf, lacksLogin } from '../../src/refusals/cache.ts';

const rule = (prefix: string, more: Partial<CacheRule> = {}): CacheRule => ({ prefix, upstream: 'quay.io', ...more });

test('the longest prefix covers a repository, ROOT what no other does, and a beginning of a word nothing', () => {
  const rules = [rule('docker'), rule('docker/library/'), rule('ROOT')];
  const prefixOf = (name: string, of = rules) => {
    const cache = cacheOf(of, name);
    return cache === 'none' ? cache : cache.prefix;
  };
  assert.equal(prefixOf('docker/library/nginx'), 'docker/library/');
  assert.equal(prefixOf('docker/team/app'), 'docker');
  assert.equal(prefixOf('docker-hub/app'), 'ROOT');
  assert.equal(prefixOf('docker'), 'ROOT');
  assert.equal(prefixOf('docker-hub/app', rules.slice(0, 2)), 'none');
  assert.equal(prefixOf('app', []), 'none');
});

test('some registries give nothing without a login, and a rule may be without one', () => {
  for (const kind of ['docker-hub', 'github-container-registry', 'chainguard']) assert.equal(lacksLogin(rule('a', { kind })), true, kind);
  for (const kind of ['ecr-public', 'quay', 'k8s', 'ecr']) assert.equal(lacksLogin(rule('a', { kind })), false, kind);
  assert.equal(lacksLogin(rule('a', { kind: 'docker-hub', secret: 'arn' })), false);
  for (const upstream of ['registry-1.docker.io', 'ghcr.io', 'x.azurecr.io', 'registry.gitlab.com'])
    assert.equal(lacksLogin(rule('a', { upstream })), true, upstream);
  assert.equal(lacksLogin(rule('a', { upstream: 'evil-ghcr.io' })), false);
});
