import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/source.ts';
import { failureOf, fetchFrom, useStaticKeys } from './support.ts';

useStaticKeys();

/** Which hosts a fetch calls: a dispatcher that answers nothing and takes them down. */
async function hostsCalled(host: string, spec: Partial<SourceSpec> = {}): Promise<string[]> {
  const called: string[] = [];
  const dispatcher = {
    request({ origin, headers }: { origin: string; headers: Record<string, string> }) {
      called.push(`${new URL(origin).host} ${/\/([a-z0-9-]+\/[a-z]+)\/aws4_request/.exec(headers['authorization'] ?? '')?.[1]}`);
      throw Object.assign(new Error('no network'), { code: 'ENOTFOUND' });
    },
    close: () => undefined,
    destroy: () => undefined,
  };
  const [source] = makeSources([{ name: 'default', ...spec }], { dispatcher: dispatcher as never, clock }).all;
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
