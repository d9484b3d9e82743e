import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressReader, parseAddress, privateRegistryHost } from '../../src/contract/registry.ts';

/** Hosts with their region and partition, and the endpoints that their spelling selects. */
const hosts: readonly (readonly [host: string, region: string, partition: string, spelling?: string])[] = [
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'eu-west-1', 'aws'],
  ['123456789012.dkr.ecr.us-gov-west-1.amazonaws.com', 'us-gov-west-1', 'aws-us-gov'],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1', 'aws-us-gov', 'fips'],
  ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'us-east-1', 'aws', 'fips'],
  ['123456789012.dkr-ecr.us-west-2.on.aws', 'us-west-2', 'aws', 'dual-stack'],
  ['123456789012.dkr-ecr-fips.us-west-2.on.aws', 'us-west-2', 'aws', 'fips dual-stack'],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1', 'aws-cn'],
  ['123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn', 'cn-northwest-1', 'aws-cn', 'dual-stack'],
  ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1', 'aws-eusc'],
  ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1', 'aws-iso'],
  ['123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1', 'aws-iso-b'],
  ['123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk', 'eu-isoe-west-1', 'aws-iso-e'],
  ['123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov', 'us-isof-south-1', 'aws-iso-f'],
  ['123456789012.dkr-ecr.eu-west-1.amazonaws.com', 'eu-west-1', 'aws'],
  ['123456789012.dkr.ecr.eu-west-1.on.aws', 'eu-west-1', 'aws', 'dual-stack'],
  ['123456789012.dkr.ecr.xx-somewhere-7.amazonaws.com', 'xx-somewhere-7', 'aws'],
  ['public.ecr.aws', 'us-east-1', 'aws'],
  ['ecr-public.aws.com', 'us-east-1', 'aws', 'dual-stack'],
];
for (const [host, region, partition, spelling = ''] of hosts) {
  test(`${host} is a registry of ${partition}`, () => {
    const address = parseAddress(host);
    assert.ok(address);
    const { registry } = address;
    assert.deepEqual([registry.host, registry.region, registry.partition], [host, region, partition]);
    assert.equal([registry.fips && 'fips', registry.dualStack && 'dual-stack'].filter(Boolean).join(' '), spelling);
    assert.deepEqual(address.stripped, []);
  });
}

test('the plain host of a region has the suffix of its partition', () => {
  const plain = hosts.filter(([host, , , spelling = '']) => host.startsWith('123456789012.dkr.ecr.') && !spelling);
  assert.equal(plain.length, 9);
  for (const [host, region] of plain) assert.equal(privateRegistryHost('123456789012', region), host);
});

const strangers = [
  '',
  'docker.io',
  'registry.example.com',
  '12345678901.dkr.ecr.eu-west-1.amazonaws.com',
  '1234567890123.dkr.ecr.eu-west-1.amazonaws.com',
  'evil-123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn',
  '123456789012.dkr.ecr.cn-north-1.amazonaws.com',
  '123456789012.dkr.ecr..amazonaws.com',
  '123456789012.dkr.ecr.eu_west_1.amazonaws.com',
  '123456789012.dkr.ecr.moon-1.amazonaws.com',
  '123456789012.dkr.ecr.eu-west.amazonaws.com',
  '123456789012.dkr.ecr.eu-w3st-1.amazonaws.com',
  '123456789012.dkr.ecr.us-iso-east-1.amazonaws.com',
  '123456789012.dkr.ecr.us-isob-east-1.c2s.ic.gov',
  '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.com',
  '123456789012.dkr.ecr.us-gov-west-1.amazonaws.eu',
  '123456789012.dkr-ecr.cn-north-1.on.aws',
  '123456789012.dkr.ecr.eu-west-1.example.com',
  '123456789012.dkr.s3.eu-west-1.amazonaws.com',
  'vpce-0123.dkr.ecr.eu-west-1.vpce.amazonaws.com',
  'notpublic.ecr.aws',
  'public.ecr.aws.evil.example',
  '123456789012.dkr.ecr.eu-west-1.constructor',
];
test('a path may be long, a host may not', () => {
  const path = 'team/'.repeat(400);
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  assert.equal(parseAddress(`https://${host}:443/${path}`)?.registry.host, host);
  assert.equal(addressReader(new Map())(`${host}/${path}`)?.registry.host, host);
  const long = 'x'.repeat(261);
  assert.equal(parseAddress(`${long}/app`, new Map([[long, host]])), undefined);
});

for (const host of strangers) test(`"${host}" is not an ECR registry`, () => assert.equal(parseAddress(host), undefined));

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const forms: readonly (readonly [form: string, stripped: readonly string[]])[] = [
  [`https://${host}`, ['scheme']],
  [`HTTPS://${host}/`, ['scheme', 'path']],
  [`${host}:443`, ['port']],
  [`${host}/team/app:1.2`, ['path']],
  [`  ${host}\n`, ['blank']],
  [host.toUpperCase(), ['case']],
  [`${host}.`, ['dot']],
  [` https://${host.replace('ecr', 'ECR')}:443/v2/?x#y `, ['blank', 'scheme', 'path', 'port', 'case']],
];
for (const [form, stripped] of forms) {
  test(`${JSON.stringify(form)} means the bare host, and says what was taken off`, () => {
    const address = parseAddress(form);
    assert.equal(address?.registry.host, host);
    assert.deepEqual(address?.stripped, stripped);
  });
}

test('an alias keeps its own name and has the account and region of what is behind it', () => {
  const address = parseAddress('https://Images.example.com/app', new Map([['images.example.com', host]]));
  assert.equal(address?.registry.host, 'images.example.com');
  assert.equal(address?.registry.account, '123456789012');
  assert.equal(address?.registry.region, 'eu-west-1');
});

test('a reader of addresses gives the same answer to the same question, for its aliases only', () => {
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  const read = addressReader(new Map([['images.example.com', host]]));
  assert.deepEqual(read(`https://${host}`), parseAddress(`https://${host}`));
  assert.equal(read(host), read(host));
  assert.equal(read('images.example.com')?.registry.region, 'eu-west-1');
  assert.equal(addressReader(new Map())('images.example.com'), undefined);
});
