import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapters, folder, mistakesOf, read } from './support.ts';

const target = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };
const wrongWith = (env: Record<string, string>): Promise<string[]> => mistakesOf(read({ env: { ...target, ...env } }));

test('a switch is true or false, and every other spelling is a mistake with its cure', async () => {
  const switches = [
    'AWS_USE_FIPS_ENDPOINT',
    'AWS_USE_DUALSTACK_ENDPOINT',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_EC2_METADATA_V1_DISABLED',
    'AWS_DISABLE_CLOCK_SKEW_CORRECTION',
  ];
  for (const name of switches) {
    for (const value of ['true', 'false', '']) assert.deepEqual(await wrongWith({ [name]: value }), [], `${name}=${value}`);
    for (const [value, cure] of [
      ['True', '; write true'],
      ['1', '; write true'],
      ['TRUE ', '; write true'],
      ['off', '; write false'],
      ['maybe', ''],
    ])
      assert.deepEqual(await wrongWith({ [name]: value ?? '' }), [
        `${name}: must be true or false, in lower case: the AWS tools read any other spelling differently${cure}`,
      ]);
  }
});

test('what the AWS client would fail on later is a mistake, and never quoted', async () => {
  const cases: readonly [name: string, value: string, said: RegExp][] = [
    ['AWS_ENDPOINT_URL', '127.0.0.1:4566', /must be a URL that begins with https/],
    ['AWS_ENDPOINT_URL_ECR', 'https://', /must be a URL/],
    ['AWS_ENDPOINT_URL_STS', 'https://sts.test/a b', /must be a URL/],
    ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'foo.bar', /must be a URL/],
    ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'localhost/creds', /must be a URL/],
    ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'v2/creds', /begins with \//],
    ['AWS_CONTAINER_AUTHORIZATION_TOKEN', 'Bearer HIDDEN\n', /line break/],
    ['AWS_EC2_METADATA_SERVICE_ENDPOINT', '169.254.169.254', /must be a URL/],
    ['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE', 'ipv6', /one of IPv4, IPv6/],
    ['AWS_DEFAULTS_MODE', 'fast', /one of auto, in-region/],
    ['AWS_RETRY_MODE', 'Standard', /one of standard, adaptive, legacy/],
    ['AWS_MAX_ATTEMPTS', '0', /from 1 to 99/],
    ['AWS_MAX_ATTEMPTS', 'three', /from 1 to 99/],
    ['AWS_METADATA_SERVICE_TIMEOUT', 'x', /whole number from 1 to 3600/],
    ['AWS_METADATA_SERVICE_NUM_ATTEMPTS', '1.5', /whole number from 1 to 99/],
    ['AWS_STS_REGIONAL_ENDPOINTS', 'foo', /one of regional, legacy/],
    ['AWS_ACCOUNT_ID_ENDPOINT_MODE', 'off', /one of preferred, disabled, required/],
    ['AWS_REGION', 'eu HIDDEN', /must be a region such as eu-west-1/],
    ['AWS_REGION', 'eu-west-1a', /without the letter of a zone/],
    ['AWS_DEFAULT_REGION', 'EU-WEST-1', /in lower case/],
    ['AWS_ROLE_ARN', 'arn:HIDDEN', /must be the ARN of a role/],
    ['AWS_ROLE_SESSION_NAME', 'my HIDDEN session', /a name of 2 to 64 letters/],
    ['AWS_SECRET_ACCESS_KEY', 'HIDDEN\\n', /a line break that is written out/],
    ['AWS_SESSION_TOKEN', ' ', /: is blank/],
    ['AWS_ACCESS_KEY_ID', 'AKIAHIDDEN\n', /line break/],
    ['AWS_ACCESS_KEY_ID', 'AKIA\nHIDDEN', /more than one line/],
    ['AWS_ACCESS_KEY_ID', '"AKIAHIDDEN"', /quotes around/],
    ['AWS_ACCESS_KEY_ID', '${AWS_KEY_HIDDEN}', /placeholder/],
    ['AWS_ACCESS_KEY_ID', 'AKIA/HIDDEN', /no access key ID has/],
    ['AWS_ACCESS_KEY_ID', 'your-access-key-id-HIDDEN-key', /a word that stands/],
    ['AWS_SECRET_ACCESS_KEY', 'vault:HIDDEN/data#key', /a reference/],
    ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY=HIDDEN', /a name and a value/],
    ['AWS_SECRET_ACCESS_KEY', 'HIDDEN ', /holds a blank/],
    ['AWS_SESSION_TOKEN', 'HIDDEN\r', /line break/],
  ];
  for (const [name, value, said] of cases) {
    const [first = '', ...more] = await wrongWith({ [name]: value });
    assert.match(first, said, `${name}=${value}`);
    assert.ok(first.startsWith(`${name}: `), first);
    assert.doesNotMatch(first, /HIDDEN/);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(
    await wrongWith({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566/path',
      AWS_DEFAULTS_MODE: 'In-Region',
      AWS_MAX_ATTEMPTS: '5',
      AWS_METADATA_SERVICE_TIMEOUT: '5',
      AWS_METADATA_SERVICE_NUM_ATTEMPTS: '3',
      AWS_STS_REGIONAL_ENDPOINTS: 'regional',
      AWS_REGION: 'us-gov-west-1',
      AWS_DEFAULT_REGION: 'us-isob-east-1',
      AWS_ROLE_ARN: 'arn:aws-cn:iam::123456789012:role/team/pull+push',
      AWS_ROLE_SESSION_NAME: 'courier@host',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCY+EXAMPLE=',
    }),
    [],
  );
});

test('keys can lie in files: exactly three variables have such a form, and one form at a time', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    assert.deepEqual(await wrongWith({ [`${name}_FILE`]: '/run/secrets/key' }), []);
    assert.deepEqual(await wrongWith({ [`${name}_FILE`]: '/run/secrets/key', [name]: 'k3y' }), [
      `${name}_FILE: is given twice: here and as ${name}. Keep one`,
    ]);
    const [said = ''] = await wrongWith({ [`${name}_FILE`]: 'AKIAHIDDEN' });
    assert.match(said, /names no file .*a key itself belongs into AWS_/);
    assert.doesNotMatch(said, /HIDDEN/);
  }
  const warned = async (name: string) => (await read({ env: { ...target, [name]: '/f' }, adapters })).warnings;
  assert.deepEqual(await warned('AWS_SECRET_ACCES_KEY_FILE'), [
    'AWS_SECRET_ACCES_KEY_FILE is not read: did you mean AWS_SECRET_ACCESS_KEY_FILE?',
  ]);
  assert.match((await warned('AWS_REGION_FILE'))[0] ?? '', /AWS_REGION_FILE is not read\. The AWS keys that can lie in files are/);
  assert.deepEqual(await warned('AWS_WEB_IDENTITY_TOKEN_FILE'), []);
});

test('a variable for an option that stands in files alone is not passed over in silence', async () => {
  const kind = Object.keys(target)
    .find(name => name.endsWith('_URL'))
    ?.replace(/_URL$/, '');
  for (const [option, key] of [
    ['WINDOW', 'window'],
    ['DELIVER_SECONDS', 'deliverSeconds'],
  ]) {
    const { warnings } = await read({ env: { ...target, [`${kind}_${option}`]: 'bogus' }, adapters });
    assert.deepEqual(warnings, [`${kind}_${option} is not read: ${key} of a target can only be set in a file (ECR_COURIER_CONFIG).`]);
  }
});

test('a region is a region wherever it stands, and is told once, however many sources fall back to it', async () => {
  const sources = [1, 2, 3].map(at => `  - {name: s${at}, accounts: ["${String(at).repeat(12)}"]}`);
  await using files = await folder({ 'courier.yaml': `sources:\n${sources.join('\n')}\n` });
  const said = await mistakesOf(read({ files: [files.at('courier.yaml')], env: { ...target, AWS_REGION: 'ireland' } }));
  assert.deepEqual(said.length, 1, said.join());
  await using own = await folder({ 'courier.yaml': 'sources: [{name: default, region: Ireland}]\n' });
  assert.match((await mistakesOf(read({ files: [own.at('courier.yaml')], env: target })))[0] ?? '', /must be a region such as eu-west-1/);
});
