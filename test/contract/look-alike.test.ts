import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAlike, lookAlikeWatch } from '../../src/contract/look-alike.ts';
import { parseAddress } from '../../src/contract/registry.ts';

test('names of VPC endpoints: region, zone, partition, account, any stored form', () => {
  const cases: readonly [address: string, registry: string][] = [
    ['vpce-0a-b1.dkr.ecr.us-east-1.vpce.amazonaws.com', 'ACCOUNT.dkr.ecr.us-east-1.amazonaws.com'],
    ['vpce-0a-b1-us-east-1c.dkr.ecr.us-east-1.vpce.amazonaws.com', 'ACCOUNT.dkr.ecr.us-east-1.amazonaws.com'],
    ['https://VPCE-0a-b1.dkr.ecr.cn-north-1.vpce.amazonaws.com.cn:443/v2/', 'ACCOUNT.dkr.ecr.cn-north-1.amazonaws.com.cn'],
    [`vpce-0a-b1.dkr.ecr.us-east-1.vpce.amazonaws.com/${'team/'.repeat(400)}`, 'ACCOUNT.dkr.ecr.us-east-1.amazonaws.com'],
    ['123456789012.vpce-0a-b1.dkr.ecr.eu-west-1.vpce.amazonaws.com', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  ];
  for (const [address, registry] of cases) {
    const found = lookAlike(address);
    assert.match(found?.is ?? '', /VPC endpoint/);
    assert.ok(found?.remedy.includes(`{ host: ${found.host}, registry: ${registry} }`), found?.remedy);
  }
});

test('other look-alikes are told, and hosts of others are not', () => {
  for (const address of [
    '12345678901.dkr.ecr.eu-west-1.amazonaws.com',
    '123456789012.dkr.ecr.amazonaws.com',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn',
    '123456789012.dkr.ecr.moon-1.amazonaws.com',
    '000000000000.dkr.ecr.us-east-1.localhost.localstack.cloud:4566',
  ]) {
    assert.equal(parseAddress(address), undefined);
    assert.match(lookAlike(address)?.is ?? '', /looks like an ECR registry/);
  }
  for (const address of [
    'docker.io',
    'https://api.ecr.eu-west-1.amazonaws.com',
    'registry.test/dkr.ecr.eu-west-1',
    '',
    'dkr.ecr.\u001b[2J',
  ])
    assert.equal(lookAlike(address), undefined);
});

test('of a manager with very many, twenty are told', () => {
  const { read, take } = lookAlikeWatch(parseAddress);
  for (let at = 0; at < 100; at++) read(`${at}.dkr.ecr.eu-west-1.amazonaws.com`);
  assert.equal(take().length, 20);
  assert.equal(take().length, 0);
});
