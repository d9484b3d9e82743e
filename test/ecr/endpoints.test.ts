import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECRClient } from '@aws-sdk/client-ecr';
import { clock } from '../../src/contract/clock.ts';
import { usualHost, type Variant } from '../../src/ecr/aws/addresses.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/sources/source.ts';
import { failureOf, fetchFrom, useStaticKeys, withoutNetwork } from './support.ts';

useStaticKeys();

/** Returns the hosts that a fetch calls, each with the region and service of its signature. */
async function hostsCalled(host: string, spec: Partial<SourceSpec> = {}): Promise<string[]> {
  const called: string[] = [];
  const once = withoutNetwork(({ url, headers }) =>
    called.push(`${url.host} ${/\/([a-z0-9-]+\/[a-z-]+)\/aws4_request/.exec(headers['authorization'] ?? '')?.[1]}`),
  );
  const [source] = makeSources([{ name: 'default', ...spec }], { once, clock }).all;
  assert.ok(source);
  assert.equal((await failureOf(fetchFrom(source, host))).code, 'UNREACHABLE');
  return [...new Set(called)];
}

const id = '123456789012';
const cases: readonly [registry: string, endpoint: string, scope: string][] = [
  [`${id}.dkr.ecr.eu-west-1.amazonaws.com`, 'api.ecr.eu-west-1.amazonaws.com', 'eu-west-1/ecr'],
  [`${id}.dkr.ecr-fips.us-east-1.amazonaws.com`, 'api.ecr-fips.us-east-1.amazonaws.com', 'us-east-1/ecr'],
  [`${id}.dkr-ecr.eu-west-1.on.aws`, 'ecr.eu-west-1.api.aws', 'eu-west-1/ecr'],
  [`${id}.dkr-ecr-fips.us-east-1.on.aws`, 'ecr-fips.us-east-1.api.aws', 'us-east-1/ecr'],
  [`${id}.dkr.ecr.us-gov-west-1.amazonaws.com`, 'api.ecr.us-gov-west-1.amazonaws.com', 'us-gov-west-1/ecr'],
  [`${id}.dkr.ecr.cn-north-1.amazonaws.com.cn`, 'api.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1/ecr'],
  [`${id}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn`, 'ecr.cn-north-1.api.amazonwebservices.com.cn', 'cn-north-1/ecr'],
  [`${id}.dkr.ecr.eusc-de-east-1.amazonaws.eu`, 'api.ecr.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1/ecr'],
  [`${id}.dkr.ecr.us-iso-east-1.c2s.ic.gov`, 'api.ecr.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1/ecr'],
  [`${id}.dkr.ecr.us-isob-east-1.sc2s.sgov.gov`, 'api.ecr.us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1/ecr'],
  [`${id}.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk`, 'api.ecr.eu-isoe-west-1.cloud.adc-e.uk', 'eu-isoe-west-1/ecr'],
  [`${id}.dkr.ecr.us-isof-south-1.csp.hci.ic.gov`, 'api.ecr.us-isof-south-1.csp.hci.ic.gov', 'us-isof-south-1/ecr'],
];
for (const [registry, endpoint, scope] of cases) {
  test(`${registry} is served by ${endpoint}`, async () => assert.deepEqual(await hostsCalled(registry), [`${endpoint} ${scope}`]));
}

test('STS is asked in the region of the registry, with FIPS where the host asks for it', async () => {
  const spec = { roleArn: 'arn:aws:iam::444455556666:role/puller' };
  assert.deepEqual(await hostsCalled(`${id}.dkr.ecr.cn-north-1.amazonaws.com.cn`, spec), [
    'sts.cn-north-1.amazonaws.com.cn cn-north-1/sts',
  ]);
  assert.deepEqual(await hostsCalled(`${id}.dkr.ecr-fips.us-east-1.amazonaws.com`, spec), [
    'sts-fips.us-east-1.amazonaws.com us-east-1/sts',
  ]);
  assert.deepEqual(await hostsCalled(`${id}.dkr-ecr.eu-west-1.on.aws`, spec), ['sts.eu-west-1.amazonaws.com eu-west-1/sts']);
});

test('an override is called whatever the spelling', async () => {
  const fips = `${id}.dkr-ecr-fips.us-east-1.on.aws`;
  assert.deepEqual(await hostsCalled(fips, { endpoint: 'https://vpce-1.ecr.test' }), ['vpce-1.ecr.test us-east-1/ecr']);
  process.env['AWS_ENDPOINT_URL_ECR'] = 'https://vpce-2.ecr.test';
  assert.deepEqual(await hostsCalled(fips), ['vpce-2.ecr.test us-east-1/ecr']);
  delete process.env['AWS_ENDPOINT_URL_ECR'];
});

test('the usual ECR addresses are those of the AWS SDK, in each partition and variant', () => {
  const regions = ['eu-west-1', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1'];
  const variants: readonly Variant[] = [false, true].flatMap(fips => [false, true].map(dualStack => ({ fips, dualStack })));
  for (const region of [...regions, 'us-isof-south-1', 'mars-north-1'])
    for (const variant of variants) {
      const { config } = new ECRClient({ region });
      const asked = { Region: region, UseFIPS: variant.fips, UseDualStack: variant.dualStack };
      assert.equal(usualHost('ECR', region, variant), config.endpointProvider(asked).url.host);
    }
});

test('the usual addresses of STS and ECR Public', () => {
  const cases: readonly [host: string, ...asked: Parameters<typeof usualHost>][] = [
    ['sts.eu-west-1.amazonaws.com', 'STS', 'eu-west-1', { fips: false, dualStack: false }],
    ['sts-fips.us-east-1.amazonaws.com', 'STS', 'us-east-1', { fips: true, dualStack: false }],
    ['sts-fips.us-east-1.api.aws', 'STS', 'us-east-1', { fips: true, dualStack: true }],
    ['sts.us-gov-west-1.amazonaws.com', 'STS', 'us-gov-west-1', { fips: true, dualStack: false }],
    ['sts-fips.us-gov-west-1.api.aws', 'STS', 'us-gov-west-1', { fips: true, dualStack: true }],
    ['sts.cn-north-1.api.amazonwebservices.com.cn', 'STS', 'cn-north-1', { fips: false, dualStack: true }],
    ['api.ecr-public.us-east-1.amazonaws.com', 'ECR Public', 'us-east-1', { fips: false, dualStack: false }],
    ['ecr-public.us-east-1.api.aws', 'ECR Public', 'us-east-1', { fips: false, dualStack: true }],
    ['api.ecr-public-fips.us-east-1.amazonaws.com', 'ECR Public', 'us-east-1', { fips: true, dualStack: false }],
  ];
  for (const [host, ...asked] of cases) assert.equal(usualHost(...asked), host);
});
