import assert from 'node:assert/strict';
import { test } from 'node:test';
import { render } from '../../src/refusals/diagnosis.ts';
import { longestText } from '../../src/refusals/facts.ts';
import { masked } from '../../src/refusals/masked.ts';
import { refusedOurs } from '../../src/refusals/situations/ours.ts';
import { situations } from '../../src/refusals/situations.ts';
import { why } from '../../src/refusals/why.ts';
import { forms } from './forms.ts';
import { logs } from './logs.ts';
import { others } from './unknown.ts';

const symptoms = situations.flatMap(({ id, symptoms: all }) => all.map(({ text }) => ({ id, text })));

test('each text of the table is explained by its own row, whatever happened to it before it was pasted', () => {
  assert.ok(symptoms.length >= 60);
  const wrong = Object.entries(forms).flatMap(([form, of]) =>
    symptoms.flatMap(({ id, text }) => {
      const found = why(of(text))?.id;
      return found === id ? [] : [`${form}: ${id} was taken for ${found}: ${text}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('each row has texts, a name of its own, and whole sentences', () => {
  assert.equal(new Set(situations.map(({ id }) => id)).size, situations.length);
  for (const { id, text } of symptoms) {
    const { sentence, side, remedy, paste = [] } = why(text) ?? assert.fail(text);
    for (const prose of [sentence, remedy])
      assert.match(prose, /^[^a-z].*[.)]$|^[a-z0-9.-]+\.[a-z]+ .*[.)]$|^`.*[.)]$/s, `${id}: ${prose}`);
    assert.doesNotMatch(`${sentence} ${side} ${remedy}`, /undefined|\[object|null| {2}/, id);
    assert.doesNotMatch(side, /\.$/, id);
    for (const { what, text: pasted } of paste) assert.ok(what !== '' && pasted !== '', id);
  }
});

test('what `check` said is told again whole, also where a name with dots stands in it', () => {
  for (const { symptoms: all } of refusedOurs) for (const { text } of all) assert.equal(why(text)?.sentence, text);
});

test('what is another matter, or says too little, is not known', () => {
  for (const text of others) assert.equal(why(text), undefined, text);
});

test('in a log, words count for the host of their own message', () => {
  for (const [id, text] of logs) assert.equal(why(text)?.id, id, text);
});

test('of several registries in a log, the one is told that refused', () => {
  const [good, bad] = ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', '444455556666.dkr.ecr.us-east-1.amazonaws.com'];
  const told = why(
    `Pulled ${good}/team/app:1\nError response from daemon: Head "https://${bad}/v2/x/manifests/1": no basic auth credentials`,
  );
  assert.match(told?.sentence ?? '', new RegExp(`^${bad}`));
  assert.match(told?.paste?.[0]?.text ?? '', new RegExp(`--region us-east-1 .* ${bad}$`));
});

test('what a text names is told', () => {
  const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app';
  const cases: readonly (readonly [text: string, sentence: RegExp])[] = [
    [
      `Error: GET https://${image.replace('/', '/v2/')}/manifests/1: MANIFEST_UNKNOWN: Requested image not found; map[]`,
      /has no image 1\./,
    ],
    [
      "(RepositoryNotFoundException) when calling X: The repository with name 'team/app' does not exist in the registry with id '123456789012'",
      /no repository team\/app in account 123456789012:/,
    ],
    ['An error occurred (RepositoryNotFoundException) when calling X', /in the account that was asked:/],
    [
      "(ImageNotFoundException) when calling X: The image with imageId {imageDigest:'null', imageTag:'1.2'} does not exist within the repository with name 'team/app' in the registry with id '123456789012'",
      /repository team\/app is there, and has no image 1\.2\./,
    ],
    [
      "(LayersNotFoundException) when calling X: The layer with digest 'sha256:5c1' does not exist within the repository with name 'team/app'",
      /repository team\/app does not have/,
    ],
    [`Source image ${image}:1 does not exist. Provide a valid source image.`, /no image \S+team\/app:1:/],
    ['Source image public.ecr.aws/x/y:1 is not valid. Provide a valid source image.', /and public\.ecr\.aws\/x\/y:1 is not one\./],
    [
      `$ aws ecr get-login-password --region us-east-1 | docker login -u AWS --password-stdin ${image.split('/')[0]}`,
      /asked for in us-east-1, and the registry is in eu-west-1:/,
    ],
    [`name unknown: The repository with name '${image}' does not exist in the registry with id '***'`, /\(123456789012\.dkr\S+\)/],
    [`Error: chart "app" version "1.0.0" not found in oci://${image.split('/')[0]}/charts`, /no chart app of version 1\.0\.0 at 1234/],
    [
      'User: arn:aws:sts::... is not authorized to perform: ecr:GetAuthorizationToken on resource: *',
      /^The identity arn:aws:sts::\.\.\. may not/,
    ],
    [
      'OptInRequired: You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.',
      /^The account may not use the service that was asked, or not in this region/,
    ],
    ['RegionDisabledException: STS is not activated in this region for account:123456789012.', /^The account has not enabled this region/],
    [
      'unexpected status from POST request to https://public.ecr.aws/v2/q9t5s3a7/app/blobs/uploads/: 404 Not Found',
      /^public\.ecr\.aws has no repository q9t5s3a7\/app, and a push makes none\.$/,
    ],
    [`{"stderr": "tag does not exist: ${image}:1", "rc": 1}`, /has no image 123456789012\.\S+team\/app:1 on the machine/],
    [
      'Error response from daemon: Get "https://.dkr.ecr..amazonaws.com/v2/": dial tcp: lookup .dkr.ecr..amazonaws.com: no such host',
      /^The name \.dkr\.ecr\.\.amazonaws\.com lacks the account in front/,
    ],
  ];
  for (const [text, sentence] of cases) assert.match(why(text)?.sentence ?? '', sentence, text);
  const layer = `failed open: unexpected status code https://${image.replace('/', '/v2/')}/blobs/sha256:5c1: 403 Forbidden`;
  assert.match(
    why(layer)?.paste?.[0]?.text ?? '',
    /check 123456789012\.\S+\/team\/app:TAG$/,
    'the digest of a layer is not that of an image',
  );
  const push = `trying to reuse blob at destination: /v2/app/blobs/uploads/ in ${image.split('/')[0]}: name unknown: The repository with name 'app' does not exist in the registry with id '123456789012'`;
  assert.match(why(push)?.paste?.at(-1)?.text ?? '', /policy cache 123456789012\.\S+\/app$/);
  assert.match(why(push)?.paste?.[1]?.text ?? '', /describe-pull-through-cache-rules --region eu-west-1 --registry-id 123456789012$/);
});

test('a name that the terminal broke before its region lacks no account', () => {
  const told = why('ERROR: invalid tag "123456789012\n.dkr.ecr.eu-west-1.amazonaws.com/Team/app:1": invalid reference format');
  assert.notEqual(told?.id, 'account-missing');
});

test('who masks account and region before he pastes gets the same answer', () => {
  const masks = [
    'XXXXXXXX.dkr.ecr.ap-XXXXX.amazonaws.com',
    '<account>.dkr.ecr.eu-west-1.amazonaws.com',
    '****.dkr.ecr.eu-west-1.amazonaws.com',
  ];
  for (const host of masks) {
    assert.equal(why(`Head "https://${host}/v2/x/manifests/1": no basic auth credentials`)?.id, 'not-logged-in', host);
    assert.equal(
      why(`unexpected status from HEAD request to https://${host}/v2/x/manifests/1: 403 Forbidden`)?.id,
      'refused-without-words',
    );
  }
});

test('what hides the account or the region of a text hides nothing of its meaning', () => {
  const accounts = ['***', 'XXXXXXXXXXXX', '${AWS_ACCOUNT_ID}', '<aws_account_id>', '<account number>'];
  const regions = ['***', '<your region>'];
  // In these situations two regions are compared, or only the region shows what is wrong.
  const byRegion = new Set(['other-region', 'host-misspelt', 'public-region']);
  const wrong = symptoms.flatMap(({ id, text }) =>
    [
      ...accounts.map(mask => text.replaceAll('123456789012', mask)),
      ...(byRegion.has(id) ? [] : regions.map(mask => text.replaceAll('eu-west-1', mask))),
    ].flatMap(hidden => {
      const found = hidden === text ? id : why(hidden)?.id;
      return found === id ? [] : [`${id} was taken for ${found}: ${hidden}`];
    }),
  );
  assert.deepEqual(wrong, []);
  const told = why('Head "https://<account number>.dkr.ecr.eu-west-1.amazonaws.com/v2/x/manifests/1": no basic auth credentials');
  assert.match(told?.sentence ?? '', /^\*\*\*\.dkr\.ecr\.eu-west-1/);
});

test('nothing that is pasted can keep it busy', () => {
  const long = [
    'User: '.repeat(longestText / 6),
    'not authorized to perform: ecr:'.repeat(8000),
    'a.'.repeat(longestText / 2),
    'https://'.repeat(longestText / 8),
    '\\'.repeat(longestText),
    '\n'.repeat(longestText),
    '403 Forbidden '.repeat(longestText / 14),
    'docker run -a '.repeat(longestText / 14),
    `docker run ${'-a b '.repeat(longestText / 6)}`,
    'kubectl a --image '.repeat(longestText / 18),
  ];
  for (const text of long) why(text);
});

test('secrets of a text are not shown again', () => {
  const token = 'QVdTOmV5SndZWGxzYjJGa0lqb2lRVUpEUkVWR1IwaEpTa3RNVFU1UFVGRlNVMVJWVmxkWVdWb3hNak0';
  const texts = [
    'https://AWS:hunter2secret@registry.example/v2/',
    'https://b.s3.amazonaws.com/k?X-Amz-Signature=hunter2secret&X-Amz-Expires=60',
    'X-Amz-Signature=hunter2secret',
    'Authorization: Basic hunter2secret',
    '{"authorization":"Bearer hunter2secret"}',
    'X-Registry-Auth: hunter2secret',
    'password=hunter2secret',
    '"password": "hunter2secret"',
    'docker login -u AWS -p hunter2secret HOST',
    'docker login --password hunter2secret HOST',
    'AWS_SECRET_ACCESS_KEY=hunter2secret',
    'aws_session_token = hunter2secret',
    'x-api-key: hunter2secret',
    `auth ${token}`,
    'eyJwYXlsb2FkIjoi.hunter2secret',
    'skopeo copy --src-creds AWS:hunter2secret docker://a docker://b',
    'curl -u AWS:hunter2secret https://x.example/',
    'token-abcde:hunter2secret'.replace('hunter2secret', 'hunter2secret'.repeat(4)),
    'pwd=hunter2secret',
    '"password": "a b,c;hunter2secret"',
    "password='a, hunter2secret'",
    'PASSWORD=a,b;hunter2secret',
    'Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/x, SignedHeaders=host, Signature=hunter2secret',
    'Cookie: sid=hunter2secret',
    'https://x.example/?code=hunter2secret#x',
    'GITHUB_TOKEN=hunter2secret blorp',
    'NPM_TOKEN: hunter2secret',
    '//registry.npmjs.org/:_authToken=hunter2secret',
    '{"token":"hunter2secret"}',
    'token: hunter2secret failed',
    'KEY=hunter2secret',
    'export SESSION=IQoJb3Jphunter2secret blorp',
    'got IQoJb3Jphunter2secret',
    'npm_hunter2secretabcdef',
  ];
  for (const text of texts) assert.doesNotMatch(masked(text), /hunter2secret|QVdTOm|eyJ/, text);
  for (const harmless of [
    'sha256:558c99aa0c2feaf4785cae329dd32b3a37190e0ba522571eed6f159f450e98ff is not in team/app',
    'failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden',
    'error getting credentials: exit status 1',
    'no valid token: invalid signature of the server',
    'Get "https://registry.example/v2/auth": dial tcp 10.0.0.1:443: i/o timeout',
    'Bad parameters and missing X-Registry-Auth: EOF',
    'repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  ])
    assert.equal(masked(harmless), harmless);
  assert.equal(
    masked('https://x.example/token?service=hunter2: 405 Method Not Allowed'),
    'https://x.example/token?[secret]: 405 Method Not Allowed',
  );
});

test('a diagnosis is printed with its pastes below it', () => {
  const paste = [{ what: 'Log in', kind: 'command' as const, text: 'docker login\nHOST' }];
  assert.equal(
    render({ id: 'x', sentence: 'It is so.', side: 'the client', remedy: 'Do it.', paste }),
    'It is so.\nWhose side: the client.\nWhat to do: Do it.\n\nLog in:\n\n  docker login\n  HOST',
  );
});
