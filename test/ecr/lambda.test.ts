import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { usualHost } from '../../src/ecr/aws/addresses.ts';
import type { SourceSpec } from '../../src/ecr/sources/choice.ts';
import { withoutKeys } from '../../src/ecr/sources/masked.ts';
import { type EcrOptions, type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { type FakeFunction, tooManyRequests } from '../fakes/lambda.ts';
import type { Reply } from '../fakes/server.ts';
import { failureOf, fetchFrom, keys, registryOf, sourceAt, useStaticKeys, withoutNetwork } from './support.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token';
const role = 'arn:aws:iam::123456789012:role/caller';
const secret = 'Zq7-k93xw-plmv-8101';
const login = { username: 'AWS', password: secret, proxyEndpoint: `https://${host}` };

let ecr: FakeEcr | undefined;
beforeEach(useStaticKeys);
afterEach(async () => await ecr?.[Symbol.asyncDispose]());

async function aws(run: FakeFunction, more: EcrOptions = {}): Promise<FakeEcr> {
  ecr = await startEcr({ keys: [keys], functions: { 'ecr-token': run }, ...more });
  return ecr;
}
const source = (spec: Partial<SourceSpec> = {}) => sourceAt(ecr?.url ?? '', { lambda: 'ecr-token', region: 'eu-west-1', ...spec });
const failed = async (spec: Partial<SourceSpec> = {}, at = host) => await failureOf(fetchFrom(source(spec), at), [keys.secret, secret]);

test('the function is invoked with the identity of the source, and told for which registry', async () => {
  const { calls, server } = await aws(() => ({ value: login }));
  const credential = await fetchFrom(source({ roleArn: role }), host);
  assert.equal(credential.password.reveal(), secret);
  assert.deepEqual(
    calls.map(({ service, action, region, principal }) => [service, action, region, principal]),
    [
      ['sts', 'AssumeRole', 'eu-west-1', keys.arn],
      ['lambda', 'InvokeFunction', 'eu-west-1', 'arn:aws:sts::123456789012:assumed-role/caller/ecr-courier'],
    ],
  );
  assert.deepEqual(calls[1]?.input, {
    FunctionName: 'ecr-token',
    event: { registry: host, region: 'eu-west-1', account: '123456789012', service: 'ecr' },
  });
  assert.equal(server.requests[1]?.headers['x-amz-log-type'], undefined);
  assert.match(
    credential.identity?.from ?? '',
    /environment \(AWS_ACCESS_KEY_ID\), then arn:aws:iam::123456789012:role\/caller, then the function ecr-token in eu-west-1$/,
  );
  assert.equal(credential.identity?.account, '123456789012');
  assert.match(credential.identity?.whose ?? '', /^the role of the function ecr-token/);
  assert.equal(credential.sessionEndsAt, undefined, 'the token does not belong to this session');
});

test('who asks for a region without naming a registry tells the function the region alone; an alias is told by its name', async () => {
  const { calls } = await aws(() => ({ value: login }));
  await fetchFrom(source(), '000000000000.dkr.ecr.eu-west-1.amazonaws.com');
  assert.deepEqual(calls[0]?.input['event'], { region: 'eu-west-1', service: 'ecr' });
  await source().fetch({ ...registryOf(host), host: 'images.example.com' }, new AbortController().signal);
  assert.deepEqual(calls[1]?.input['event'], { registry: host, region: 'eu-west-1', account: '123456789012', service: 'ecr' });
});

test('by name, alias, version and every form of the ARN, as one part of the path', async () => {
  const { calls } = await aws(() => ({ value: login }));
  const forms = ['ecr-token', 'ecr-token:live', 'ecr-token:7', 'ecr-token:$LATEST', '123456789012:function:ecr-token', arn, `${arn}:live`];
  for (const lambda of forms) await fetchFrom(source({ lambda }), host);
  assert.deepEqual(
    calls.map(({ input }) => input['FunctionName']),
    forms,
  );
});

test('the region: of the ARN, else of the source, else of the environment, else of the profile', async () => {
  const asked = async (spec: Partial<SourceSpec>, env: Record<string, string> = {}): Promise<string> => {
    const seen: string[] = [];
    const once = withoutNetwork(({ url, headers }) => {
      seen.push(`${url.host}${url.pathname} ${/\/([a-z0-9-]+\/[a-z-]+)\/aws4_request/.exec(headers['authorization'] ?? '')?.[1]}`);
    });
    Object.assign(process.env, env);
    const failure = await failureOf(fetchFrom(sourceAt('', { endpoint: undefined, stsEndpoint: undefined, ...spec }, { once }), host));
    for (const name of Object.keys(env)) delete process.env[name];
    return seen[0] ?? failure.message;
  };
  const path = '/2015-03-31/functions/ecr-token/invocations';
  assert.equal(await asked({ lambda: 'ecr-token', region: 'eu-west-1' }), `lambda.eu-west-1.amazonaws.com${path} eu-west-1/lambda`);
  assert.equal(
    await asked({ lambda: 'ecr-token' }, { AWS_REGION: 'eu-north-1' }),
    `lambda.eu-north-1.amazonaws.com${path} eu-north-1/lambda`,
  );
  assert.match(
    await asked({ lambda: arn }, { AWS_REGION: 'eu-north-1' }),
    /^lambda\.eu-west-1\.amazonaws\.com\S*arn%3Aaws%3Alambda\S* eu-west-1\/lambda$/,
  );
  assert.match(await asked({ lambda: 'ecr-token' }), /^Nothing says in which region the function ecr-token is/);
  assert.match(
    await asked({ lambda: 'ecr-token', region: 'eu-west-1' }, { AWS_ENDPOINT_URL_LAMBDA: 'https://own.test/at' }),
    /^own\.test\/at\/2015-03-31/,
  );
  assert.match(
    await asked({ lambda: 'ecr-token', region: 'us-east-1' }, { AWS_USE_FIPS_ENDPOINT: 'true' }),
    /^lambda-fips\.us-east-1\.amazonaws\.com/,
  );
  assert.match(await asked({ lambda: 'ecr-token', region: 'us-east-1', roleArn: role }), /^sts\.us-east-1\.amazonaws\.com/);
});

/**
 * Endpoints by the rules of client-lambda 3.1162, which are the usual ones: `lambda` or `lambda-fips`, and the suffix
 * of the partition.
 */
const addresses: readonly [region: string, fips: boolean, dualStack: boolean, host: string][] = [
  ['eu-west-1', false, false, 'lambda.eu-west-1.amazonaws.com'],
  ['us-east-1', true, false, 'lambda-fips.us-east-1.amazonaws.com'],
  ['us-east-1', false, true, 'lambda.us-east-1.api.aws'],
  ['us-east-1', true, true, 'lambda-fips.us-east-1.api.aws'],
  ['us-gov-west-1', false, false, 'lambda.us-gov-west-1.amazonaws.com'],
  ['us-gov-west-1', true, false, 'lambda-fips.us-gov-west-1.amazonaws.com'],
  ['cn-north-1', false, false, 'lambda.cn-north-1.amazonaws.com.cn'],
  ['cn-north-1', false, true, 'lambda.cn-north-1.api.amazonwebservices.com.cn'],
  ['eusc-de-east-1', false, false, 'lambda.eusc-de-east-1.amazonaws.eu'],
  ['us-iso-east-1', false, false, 'lambda.us-iso-east-1.c2s.ic.gov'],
  ['us-isob-east-1', true, false, 'lambda-fips.us-isob-east-1.sc2s.sgov.gov'],
];
test('the addresses of Lambda in all partitions', () => {
  for (const [region, fips, dualStack, wanted] of addresses) assert.equal(usualHost('Lambda', region, { fips, dualStack }), wanted);
});

test('scopes tell accounts and functions apart: a function is told the account and may look at it', () => {
  const scope = (spec: Partial<SourceSpec>, at = host): string =>
    sourceAt('', { lambda: 'ecr-token', region: 'eu-west-1', ...spec }).scope(registryOf(at));
  const all = [
    scope({}),
    scope({}, host.replace('1234', '9999')),
    scope({}, host.replace('eu-west', 'us-east')),
    scope({ lambda: 'other' }),
    scope({ lambda: undefined }),
  ];
  assert.equal(new Set(all).size, all.length);
  assert.equal(scope({}), scope({}, '123456789012.dkr-ecr.eu-west-1.on.aws'));
});

test('a function that raised an error is told with it: HTTP says 200', async () => {
  await aws(() => ({ raised: { errorType: 'NameError', errorMessage: "name 'base64' is not defined", requestId: 'r', stackTrace: [] } }));
  const { code, message, remedy } = await failed();
  assert.equal(code, 'MISCONFIGURED');
  assert.equal(message, "The function ecr-token in eu-west-1 failed: NameError: name 'base64' is not defined");
  assert.match(remedy, /`import base64` is missing at its top/);
});

const raised: readonly [errorType: string, errorMessage: string, code: string, remedy: RegExp][] = [
  ['Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 3.00 seconds', 'TIMEOUT', /Raise the timeout .*3 s unless/],
  ['Runtime.ImportModuleError', "Unable to import module 'app': No module named 'app'", 'MISCONFIGURED', /Handler/],
  ['Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: killed', 'MISCONFIGURED', /memory/],
  [
    'EndpointConnectionError',
    'Could not connect to the endpoint URL: "https://api.ecr.eu-west-1.amazonaws.com/"',
    'UNREACHABLE',
    /ecr\.api, or NAT/,
  ],
  [
    'ClientError',
    'An error occurred (ThrottlingException) when calling the GetAuthorizationToken operation: Rate exceeded',
    'BUSY',
    /less often/,
  ],
  [
    'ClientError',
    'An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: User: arn:aws:sts::123456789012:assumed-role/ecr-token-role/ecr-token is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action',
    'FORBIDDEN',
    /role ecr-token-role in account 123456789012: \{.*ecr:GetAuthorizationToken/,
  ],
  [
    'ClientError',
    'An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::123456789012:assumed-role/ecr-token-role/ecr-token is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/pull',
    'FORBIDDEN',
    /role ecr-token-role in account 123456789012: \{.*"sts:AssumeRole","Resource":"arn:aws:iam::210987654321:role\/pull"/,
  ],
  ['NoRegionError', 'You must specify a region.', 'MISCONFIGURED', /region_name=event/],
  ['NoCredentialsError', 'Unable to locate credentials', 'AUTH', /no AWS keys that are valid/],
  ['ReferenceError', 'client is not defined', 'MISCONFIGURED', /uses client, which it neither defines nor imports/],
  ['KeyError', "'authorizationData'", 'UNEXPECTED', /CloudWatch under \/aws\/lambda\/ecr-token/],
];
for (const [errorType, errorMessage, code, remedy] of raised) {
  test(`a function fails with ${errorType}: ${code}`, async () => {
    await aws(() => ({ raised: { errorType, errorMessage } }));
    const failure = await failed();
    assert.deepEqual([failure.code, failure.message.startsWith('The function ecr-token in eu-west-1 failed: ')], [code, true]);
    assert.match(failure.remedy, remedy);
  });
}

test('what a function has left behind as it failed is not a credential', async () => {
  await aws(() => ({ raised: login }));
  const { code, message } = await failed();
  assert.equal(code, 'UNEXPECTED');
  assert.equal(message, 'The function ecr-token in eu-west-1 failed: it does not say why');
});

test('a secret in the words of a function is not shown', async () => {
  const long = `eyJwYXlsb2FkIjoi${'aB3'.repeat(20)}`;
  await aws(() => ({ raised: { errorType: 'ValueError', errorMessage: `bad token AWS:${secret} in ${long}, password: ${secret}` } }));
  const { message } = await failureOf(fetchFrom(source(), host), [secret, long]);
  assert.match(message, /ValueError: bad token AWS:\[secret\] in \[secret\], password: \[secret\]/);
});

test('what looks like a key is not shown, whatever says it and wherever it stands', async () => {
  const key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const rooted = `/${key.slice(1).replaceAll('/', 'x')}`;
  const said: readonly (readonly [words: string, shown: string])[] = [
    ['key AKIAIOSFODNN7EXAMPLE oops', 'key AKIA[secret] oops'],
    ['{"AccessKeyId": "ASIAIOSFODNN7EXAMPLE"}', '{"AccessKeyId": "ASIA[secret]"}'],
    [`it is ${key}`, 'it is [secret]'],
    [`it is ${rooted}`, 'it is [secret]'],
    ['aws_secret_access_key = hunter2hunter2', 'aws_secret_access_key = [secret]'],
    ['SECRETACCESSKEY=abc1', 'SECRETACCESSKEY=[secret]'],
    ['x-api-key: abc1', 'x-api-key: [secret]'],
    [
      'the access key is of role arn:aws:iam::123456789012:role/With/Path1',
      'the access key is of role arn:aws:iam::123456789012:role/With/Path1',
    ],
    [
      'no such file: /opt/Homebrew/lib/python3.12/site-packages/botocore',
      'no such file: /opt/Homebrew/lib/python3.12/site-packages/botocore',
    ],
  ];
  for (const [words, shown] of said) assert.equal(withoutKeys(words), shown);
});

test('an access key id in the body of an error is not shown', async () => {
  await aws(() => ({ value: { statusCode: 500, body: 'secret AKIAABCDEFGHIJKLMNOP oops' } }));
  assert.match((await failed()).message, /statusCode 500: secret AKIA\[secret\] oops/);
});

test('nor is one in what is said of a name that is not defined', async () => {
  await aws(() => ({ raised: { errorType: 'NameError', errorMessage: "name 'AKIAABCDEFGHIJKLMNOP' is not defined" } }));
  const { message, remedy } = await failed();
  assert.doesNotMatch(message + remedy, /AKIAABC/);
});

test('what is not a credential is not delivered: null, texts, pages of API Gateway', async () => {
  const answers: readonly [Parameters<typeof aws>[0], RegExp][] = [
    [() => ({ text: 'null' }), /answered with null/],
    [() => ({ text: '' }), /answered with nothing/],
    [() => ({ text: 'Simple Lambda happy path OK' }), /a text that is not a token/],
    [() => ({ value: { statusCode: 500, body: '{"message":"Internal Server Error"}' } }), /failed: statusCode 500: Internal Server Error/],
    [() => ({ value: { username: 'AWS' } }), /no password/],
  ];
  for (const [run, said] of answers) {
    await using double = await startEcr({ functions: { 'ecr-token': run } });
    const failure = await failureOf(fetchFrom(sourceAt(double.url, { lambda: 'ecr-token', region: 'eu-west-1' }), host));
    assert.deepEqual([failure.code, said.test(failure.message)], ['UNEXPECTED', true], failure.message);
  }
});

test('a token of another region is never delivered', async () => {
  await aws(({ input }) => ({ value: { ...login, proxyEndpoint: undefined, told: input['event'] } }));
  assert.equal((await fetchFrom(source(), host)).password.reveal(), secret);
  const { code, message } = await failed({}, host.replace('eu-west', 'us-east'));
  assert.equal(code, 'MISCONFIGURED');
  assert.match(message, /a token for eu-west-1, and \S+us-east-1\S+ is in us-east-1; nothing is delivered/);
  const far = await fetchFrom(source({ lambda: arn, region: 'us-east-1' }), host.replace('eu-west', 'us-east'));
  assert.equal(far.password.reveal(), secret, '`region` beside an ARN is that of the tokens');
});

test('the right to invoke is named, with the statement', async () => {
  await aws(() => ({ value: login }), { allows: () => false });
  const { code, message, remedy } = await failed();
  assert.equal(code, 'FORBIDDEN');
  assert.match(
    message,
    /^arn:aws:iam::123456789012:user\/ci may not do lambda:InvokeFunction on arn:aws:lambda:eu-west-1:123456789012:function:ecr-token: /,
  );
  assert.match(
    remedy,
    /^Add this statement to the policies of user ci in account 123456789012: \{.*"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:123456789012:function:ecr-token"\}\.$/,
  );
});

test('a function of another account: both sides are named', async () => {
  await aws(() => ({ value: login }), { allows: () => false });
  const { remedy } = await failed({ lambda: arn.replace('123456789012', '999988887777') });
  assert.match(remedy, /"Resource":"arn:aws:lambda:eu-west-1:999988887777:function:ecr-token"/);
  assert.match(
    remedy,
    /account 999988887777, whose side .* aws lambda add-permission --region eu-west-1 --function-name arn:\S+ --statement-id ecr-courier --action lambda:InvokeFunction --principal arn:aws:iam::123456789012:user\/ci\./,
  );
});

test('moto refuses in XML; the function is named in the partition of its region', async () => {
  const { server } = await aws(() => ({ value: login }));
  const words = 'User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: lambda:Invoke';
  server.fault = () => ({
    status: 403,
    headers: { 'content-type': 'text/html' },
    text: `<?xml version="1.0"?><ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>${words}</Message></Error></Errors></ErrorResponse>`,
  });
  const { code, remedy } = await failed();
  assert.equal(code, 'FORBIDDEN');
  assert.match(remedy, /user nobody in account 123456789012: \{.*arn:aws:lambda:eu-west-1:123456789012:function:ecr-token/);
  for (const [region, partition] of [
    ['us-gov-west-1', 'aws-us-gov'],
    ['cn-north-1', 'aws-cn'],
    ['eusc-de-east-1', 'aws-eusc'],
  ] as const)
    assert.match((await failed({ region })).remedy, new RegExp(`"arn:${partition}:lambda:${region}:123456789012:function:ecr-token"`));
});

test('a function, or an alias, that is not there', async () => {
  await aws(() => ({ value: login }));
  const { code, message, remedy } = await failed({ lambda: 'other:live' });
  assert.equal(code, 'MISCONFIGURED');
  assert.match(
    message,
    /Lambda did not run the function other \(alias live\) in eu-west-1: ResourceNotFound: Function not found: arn:aws:lambda:eu-west-1:123456789012:function:other:live/,
  );
  assert.match(remedy, /whether other is in .*, and whether it has the alias live/);
});

test('too many at a time: the reason is told, and when to come back is kept', async () => {
  const { server } = await aws(() => ({ value: login }));
  server.fault = () => ({ ...tooManyRequests(), headers: { ...tooManyRequests().headers, 'retry-after': '30' } });
  const { code, message, remedy, facts } = await failed();
  assert.deepEqual([code, facts.retryAfterMs], ['BUSY', 30_000]);
  assert.match(message, /Rate Exceeded\. \(ReservedFunctionConcurrentInvocationLimitExceeded\)/);
  assert.match(remedy, /With 0 it is switched off/);
});

test('what keeps Lambda from running it: KMS, VPC, code', async () => {
  const { server } = await aws(() => ({ value: login }));
  const answer = (name: string, status: number): Reply => ({
    status,
    headers: { 'x-amzn-errortype': `${name}:http://internal.amazon.com/` },
    json: { Message: 'words of AWS', Type: 'User' },
  });
  process.env['AWS_MAX_ATTEMPTS'] = '1';
  for (const [name, status, code, remedy] of [
    ['KMSAccessDeniedException', 502, 'MISCONFIGURED', /kms:Decrypt/],
    ['KMSDisabledException', 502, 'MISCONFIGURED', /enabled/],
    ['ENILimitReachedException', 502, 'MISCONFIGURED', /VPC/],
    ['InvalidZipFileException', 502, 'MISCONFIGURED', /Publish the code/],
    ['ResourceNotReadyException', 502, 'BUSY', /ready/],
    ['ServiceException', 500, 'UNEXPECTED', /./],
  ] as const) {
    server.fault = () => answer(name, status);
    const failure = await failed();
    assert.deepEqual([failure.code, remedy.test(failure.remedy)], [code, true], `${name}: ${failure.message} ${failure.remedy}`);
  }
});

test('an answer that is far too large', async () => {
  await aws(() => ({ text: JSON.stringify({ ...login, more: 'x'.repeat(2 * 1024 * 1024) }) }));
  const { code, remedy } = await failed();
  assert.equal(code, 'TOO_LARGE');
  assert.match(remedy, /Let the function ecr-token answer with the token and nothing else/);
});

test('ECR Public by a function', async () => {
  await aws(() => ({ value: { authorizationData: { authorizationToken: Buffer.from(`AWS:${secret}`).toString('base64') } } }));
  const credential = await fetchFrom(source({ service: 'ecr-public' }), 'public.ecr.aws');
  assert.equal(credential.password.reveal(), secret);
  assert.deepEqual(ecr?.calls[0]?.input['event'], { registry: 'public.ecr.aws', region: 'us-east-1', service: 'ecr-public' });
});
