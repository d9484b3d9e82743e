import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createAuthority } from '../fakes/authority.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { type Front, startFront } from '../fakes/front.ts';
import { put } from '../fakes/registry/content.ts';
import { digests, recorded } from '../fakes/registry/recorded.ts';
import { type FakeRegistry, startRegistry } from '../fakes/registry.ts';
import { proxying } from '../io/servers.ts';
import { command, until } from './cli.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const other = '444455556666.dkr.ecr.eu-west-1.amazonaws.com';
const bucket = 'prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com';
/** A token that the registry does not know. */
const unknownToken = Buffer.from(JSON.stringify({ payload: 'x'.repeat(80), version: '2' })).toString('base64');
const principal = 'arn:aws:sts::123456789012:assumed-role/ci/session';

let ecr: FakeEcr;
let door: FakeRegistry;
let front: Front;
let folder: string;
let env: Record<string, string>;
/** Whether a name can be reached. */
let open: (name: string) => boolean;

before(async () => {
  const authority = createAuthority();
  const functions: NonNullable<Parameters<typeof startEcr>[0]>['functions'] = {
    'ecr-token': () => ({ value: { username: 'AWS', password: unknownToken } }),
    'ecr-good': (_call, token) => ({ value: token('eu-west-1') }),
  };
  ecr = await startEcr({ principal, functions });
  door = await startRegistry(ecr, { content: recorded });
  const behind = (name: string) => ([host, other, bucket, 'public.ecr.aws'].includes(name) ? door.server.port : undefined);
  front = await startFront(authority, name => (open(name) ? behind(name) : undefined));
  folder = await mkdtemp(join(tmpdir(), 'courier-'));
  await writeFile(join(folder, 'ca.pem'), authority.ca);
  env = {
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
    AWS_ENDPOINT_URL_ECR: ecr.url,
    AWS_ENDPOINT_URL_STS: ecr.url,
    AWS_CA_BUNDLE: join(folder, 'ca.pem'),
    HTTPS_PROXY: front.url,
    NO_PROXY: '127.0.0.1',
  };
});
after(async () => {
  for (const server of [front, door, ecr]) await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  open = () => true;
  door.server.fault = undefined;
  door.rights = { principal };
  door.content = recorded;
  door.expiredForm = '403 envelope';
  door.server.requests.length = 0;
  ecr.calls.length = 0;
  ecr.trouble = undefined;
  ecr.cacheRules = undefined;
  ecr.now = Date.now;
});

const check = (...args: string[]) => command(['check', ...args], env);

interface Reported {
  readonly schema: number;
  readonly images: {
    readonly outcome: string;
    readonly source: string | null;
    readonly identity: { arn: string } | null;
    readonly remarks: string[];
    readonly steps: {
      name: string;
      action: string;
      verdict: string;
      diagnosis: { id: string; sentence: string; paste?: { text: string }[] } | null;
    }[];
  }[];
}
async function reportOf(...args: string[]): Promise<Reported['images'][number]> {
  const { stdout, stderr } = await check('--json', ...args);
  const [image] = (JSON.parse(stdout || `{"images":[],"stderr":${JSON.stringify(stderr)}}`) as Reported).images;
  assert.ok(image, stderr);
  return image;
}

test('an image that would be pulled: exit 0, with no target and no configuration', async () => {
  const { code, stdout, stderr } = await check(`${host}/team/app`);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^RESULT +STEP +IMAGE\nwould pull +all +123456789012\S+\/team\/app:latest$/m);
  assert.match(
    stdout,
    /source default is environment \(AWS_ACCESS_KEY_ID\), account 123456789012, arn:aws:sts::123456789012:assumed-role\/ci/,
  );
  assert.match(stdout, /a kubelet with the role of its node, may be another identity/);
  assert.equal(stderr, '', 'targets do not matter here');
  assert.ok(stdout.split('\n').every(line => !/^(RESULT|would)/.test(line) || line.length <= 120));
});

test('every form in which an image may be written', async () => {
  const forms = [
    `https://${host}/team/app:1`,
    `${host}:443/team/app:1`,
    `${host}/team/app@${digests.manifest}`,
    `${host.toUpperCase()}/team/app:1`,
  ];
  const { code, stdout } = await check(...forms);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /Clients look for a login under the host as it is spelled/);
  assert.equal(ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length, 1);
});

test('some would be pulled: exit 3, those that would not come first, each with sentence and policy', async () => {
  door.rights = { principal, deny: { 'ecr:GetDownloadUrlForLayer': 'identity' } };
  const one = await check(`${host}/team/app:1`);
  assert.equal(one.code, 1);
  assert.match(one.stdout, /^refused +config +1234/m);
  assert.match(
    one.stdout,
    /identity ok \(sts:GetCallerIdentity\), token ok \(ecr:GetAuthorizationToken\), registry ok, manifest ok \(ecr:BatchGetImage\), config refused \(ecr:GetDownloadUrlForLayer\)/,
  );
  assert.match(one.stdout, /role ci in account 123456789012 may not do ecr:GetDownloadUrlForLayer/i);
  assert.match(one.stdout, /"Action": \[\n? *"ecr:BatchGetImage"/);
  door.rights = { principal };
  const two = await check(`${host}/team/app:1`, `${host}/team/none:1`);
  assert.equal(two.code, 3);
  assert.match(two.stdout, /IMAGE\nmissing +manifest +\S+\/team\/none:1\nwould pull +all/);
});

test('--json: its shape, with the step, the right and the diagnosis', async () => {
  door.rights = { principal, deny: { 'ecr:BatchGetImage': 'resource' } };
  const { code, stdout } = await check('--json', `${other}/team/app:1`);
  assert.equal(code, 1);
  const { schema, images } = JSON.parse(stdout) as Reported;
  assert.equal(schema, 1);
  const [image] = images;
  assert.deepEqual(Object.keys(image ?? {}), [
    'image',
    'host',
    'repository',
    'reference',
    'outcome',
    'source',
    'identity',
    'tokensFrom',
    'steps',
    'remarks',
  ]);
  assert.equal(image?.identity?.arn, principal);
  assert.deepEqual(
    image.steps.map(({ name, action, verdict }) => [name, action, verdict]),
    [
      ['identity', 'sts:GetCallerIdentity', 'ok'],
      ['token', 'ecr:GetAuthorizationToken', 'ok'],
      ['registry', 'none', 'ok'],
      ['manifest', 'ecr:BatchGetImage', 'refused'],
    ],
  );
  assert.match(image.steps[3]?.diagnosis?.sentence ?? '', /account 444455556666/);
});

for (const form of ['403 envelope', '401 envelope', '403 text'] as const) {
  test(`a token that the registry calls expired is fetched anew once, and the pull walked once more (${form})`, async () => {
    door.expiredForm = form;
    // The first token is already too old when the registry is asked.
    const rotate = (times: number) => (): undefined => {
      if (--times < 1) door.server.fault = undefined;
      ecr.rotate();
    };
    door.server.fault = rotate(1);
    assert.equal((await reportOf(`${host}/team/app:1`)).outcome, 'would pull');
    assert.equal(ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length, 2);
    ecr.calls.length = 0;
    door.server.fault = rotate(2);
    const never = await reportOf(`${host}/team/app:1`);
    assert.equal(never.outcome, 'refused');
    assert.match(
      never.steps.at(-1)?.diagnosis?.sentence ?? '',
      /does not take a token that was given out a moment ago, nor a second one: /,
    );
    assert.equal(ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length, 2);
  });
}

test('--layer: a redirect that leads back to the registry is told as that, as no credential goes along', async () => {
  for (const lead of [`https://${host}`, ''])
    for (const status of [401, 403]) {
      ecr.calls.length = 0;
      door.server.fault = ({ path, headers }) => {
        if (!path.includes('/blobs/')) return undefined;
        return headers.authorization === undefined
          ? { status, text: 'Not Authorized' }
          : { status: 307, headers: { location: `${lead}${path}` } };
      };
      const { outcome, steps } = await reportOf('--layer', `${host}/team/app:1`);
      assert.equal(outcome, 'refused');
      const diagnosis = steps.at(-1)?.diagnosis;
      assert.match(diagnosis?.sentence ?? '', /sends the client back to \S+ for it, where no login is sent along: .* ECR sends to S3\./);
      assert.equal(ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length, 1, 'another token would change nothing');
    }
});

test('--layer shows what it has tried', async () => {
  const { code, stdout } = await check('--layer', `${host}/team/app:1`, `${host}/team/app@${digests.manifest}`);
  assert.equal(code, 0);
  assert.match(stdout, /^would pull +all, layer +1234/m);
  assert.equal(stdout.split(`One byte of the config and of the smallest layer came from ${bucket}.`).length, 2);
  assert.doesNotMatch((await check(`${host}/team/app:1`)).stdout, /layer/);
});

test('a refusal without words: the token was just taken, so age and region are not named', async () => {
  door.rights = { principal, deny: { 'ecr:BatchGetImage': 'no body' } };
  const { stdout } = await check(`${host}/team/app:1`);
  assert.match(stdout, /took the token at GET \/v2\/, and refuses ecr:BatchGetImage/);
  assert.doesNotMatch(stdout, /too old|another region|Log in again/);
  assert.equal(ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length, 1);
});

test('a door that refuses without words is asked again with another token, and no policy is named', async () => {
  door.server.fault = () => ({ status: 403 });
  const { stdout } = await check(`${host}/team/app:1`);
  assert.match(stdout, /does not take a token that was given out a moment ago, nor a second one/);
  assert.match(stdout, /policy of the endpoint for ecr\.dkr/);
  assert.doesNotMatch(stdout, /gates|Statement/);
  assert.equal(ecr.calls.filter(({ action }) => action === 'GetAuthorizationToken').length, 2);
});

test('below the table stands whose rights were tried: those of the identity, of the function, of whoever gives tokens', async () => {
  const config = join(folder, 'whose.yaml');
  const below = async (source: string): Promise<string> => {
    await writeFile(config, `sources: [{ name: default, region: eu-west-1, ${source} }]`);
    const { code, stdout } = await command(['check', '-c', config, `${host}/team/app:1`], { ...env, AWS_ENDPOINT_URL_LAMBDA: ecr.url });
    assert.equal(code, 0, stdout);
    return stdout;
  };
  assert.match(await below(''), /what that identity may pull\..*`--as ROLE` tries/);
  await writeFile(join(folder, 'good'), (await command(['token', host], env)).stdout);
  for (const [source, whose] of [
    ['file: good', 'whoever has fetched these tokens'],
    [`command: [/bin/cat, "${join(folder, 'good')}"]`, 'whoever has fetched these tokens'],
    ['lambda: ecr-good', 'the role of the function ecr-good'],
  ] as const) {
    const said = await below(source);
    assert.ok(
      said.includes(`With source default this shows what ${whose} may pull: those policies count, and not those of the courier.`),
      said,
    );
    assert.doesNotMatch(said, /that identity|--as/);
  }
});

test('--layer: a way to S3 that is shut has a sentence of its own', async () => {
  assert.equal((await reportOf('--layer', `${host}/team/app:1`)).steps.at(-1)?.verdict, 'ok');
  const atBucket = door.server.requests.filter(({ headers }) => headers.host === bucket);
  assert.equal(atBucket.length, 2);
  assert.ok(atBucket.every(({ headers }) => headers.authorization === undefined));
  open = name => name !== bucket;
  assert.equal((await reportOf(`${host}/team/app:1`)).outcome, 'would pull');
  const shut = await reportOf('--layer', `${host}/team/app:1`);
  assert.equal(shut.outcome, 'unreachable');
  assert.match(
    shut.steps.at(-1)?.diagnosis?.sentence ?? '',
    /gives the layer out, but prod-eu-west-1-starport-layer-bucket\.s3\S+, where it lies/,
  );
});

test('without a token: the refusal of AWS is told, with the statement', async () => {
  ecr.trouble = ({ action }) => (action === 'GetAuthorizationToken' ? 'denied' : undefined);
  const { outcome, steps } = await reportOf(`${host}/team/app:1`);
  assert.equal(outcome, 'no token');
  assert.deepEqual(
    steps.map(({ name, action, verdict }) => [name, action, verdict]),
    [
      ['identity', 'sts:GetCallerIdentity', 'ok'],
      ['token', 'ecr:GetAuthorizationToken', 'refused'],
    ],
  );
  assert.match(steps[1]?.diagnosis?.paste?.[0]?.text ?? '', /"ecr:GetAuthorizationToken"/);
});

test('without any keys nobody was asked, so nobody has refused', async () => {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...without } = env;
  const keyless = { ...without, AWS_EC2_METADATA_DISABLED: 'true' };
  const { stdout } = await command(['check', '--json', `${host}/team/app:1`], keyless);
  const [image] = (JSON.parse(stdout) as Reported).images;
  assert.deepEqual(
    image?.steps.map(({ name, verdict }) => [name, verdict]),
    [
      ['identity', 'failed'],
      ['token', 'failed'],
    ],
  );
});

test('a clock that differs from that of AWS is told', async () => {
  ecr.now = () => Date.now() + 4 * 60_000;
  const { remarks } = await reportOf(`${host}/team/app:1`);
  assert.match(remarks.join(), /The clock of this machine is 4 min behind the clock of AWS/);
});

test('a list without an image for this machine would be pulled, and both `check` and `explain` say what it lacks', async () => {
  const blobs = new Map(recorded.blobs);
  const list = put(blobs, {
    schemaVersion: 2,
    manifests: [{ digest: digests.manifest, platform: { os: 'linux', architecture: 's390x' } }],
  });
  door.content = { repositories: { 'team/app': { '1': list } }, blobs };
  const lacks = /team\/app:1 has no image for linux\/\w+, the platform of this machine: that for linux\/s390x was tried\./;
  const { outcome, remarks } = await reportOf(`${host}/team/app:1`);
  assert.equal(outcome, 'would pull');
  assert.match(remarks.join(), lacks);
  assert.match((await check(`${host}/team/app:1`)).stdout, lacks);
  assert.match((await command(['explain', `${host}/team/app:1`], env)).stdout, lacks);
  assert.match((await command(['explain', '--json', `${host}/team/app:1`], env)).stdout, lacks);
});

test('--source takes the credential of another source', async () => {
  const config = join(folder, 'two.yaml');
  await writeFile(config, 'sources:\n- { name: a, accounts: ["123456789012"] }\n- { name: b, accounts: ["444455556666"] }\n');
  assert.equal((await reportOf('-c', config, `${host}/team/app:1`)).source, 'a');
  assert.equal((await reportOf('-c', config, '--source', 'b', `${host}/team/app:1`)).source, 'b');
  const unknown = await check('-c', config, '--source', 'c', `${host}/team/app:1`);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no source c; there are a, b/);
});

test('--as ROLE tries the pull as that role; of others it says whose policies count', async () => {
  const node = 'arn:aws:iam::123456789012:role/node';
  door.rights = {};
  const as = (...args: string[]) => check(...args, `${host}/team/app:1`);
  const asNode = await as('--as', node);
  assert.equal(asNode.code, 0, asNode.stdout);
  assert.match(asNode.stdout, /source default is .*then arn:aws:iam::123456789012:role\/node, .*assumed-role\/node\/ecr-courier/);
  assert.deepEqual(
    ecr.calls.filter(({ action }) => action === 'AssumeRole').map(({ input }) => input['RoleArn']),
    [node],
  );

  ecr.trouble = ({ action }) => (action === 'AssumeRole' ? 'denied' : undefined);
  const shut = await as('--as', node);
  assert.equal(shut.code, 1);
  assert.match(shut.stdout, /^no token +token/m);
  assert.match(shut.stdout, /may not do sts:AssumeRole on arn:aws:iam::123456789012:role\/node/);
  ecr.trouble = undefined;

  door.rights = { principal, deny: { 'ecr:BatchGetImage': 'identity' } };
  const user = await as('--as', 'arn:aws:iam::123456789012:user/joe');
  assert.match(
    user.stdout,
    /The token belongs to role ci in account 123456789012, so these policies count, .* those of user joe in account 123456789012 do not/,
  );
  assert.match(user.stdout, /Rights of user joe .* were not tried, .*policy pull IMAGE --for arn:aws:iam::123456789012:user\/joe/);
  assert.match((await as('--as', '444455556666')).stdout, /those of account 444455556666 do not/);
  door.rights = { principal };
  for (const other of ['arn:aws:iam::123456789012:user/joe', '444455556666', 'arn:aws:sts::123456789012:assumed-role/node/i-01']) {
    const { code, stdout } = await as('--as', other);
    assert.deepEqual([code, /^not tried +- +1234/m.test(stdout), /would pull/.test(stdout)], [1, true, false], stdout);
  }

  const config = join(folder, 'given-as.yaml');
  await writeFile(config, 'sources: [{ name: default, region: eu-west-1, file: given }]');
  const given = await as('-c', config, '--as', node);
  assert.deepEqual(
    [given.code, /--as is for sources that ask ECR: tokens of the source default come from the file/.test(given.stderr)],
    [2, true],
  );
  const wrong = await as('--as', 'joe');
  assert.deepEqual([wrong.code, /is neither the ARN of a role/.test(wrong.stderr)], [2, true]);
});

test('what is not of ECR, or is not an image, has a row of its own and stops nothing', async () => {
  const foreign = ['nginx', 'nginx:1', `nginx@${digests.manifest}`, 'ghcr.io/team/app:1', 'localhost:5000/app'];
  const mixed = await check(...foreign, `${host}/team/app:1`);
  assert.equal(mixed.code, 0, mixed.stdout);
  assert.match(mixed.stdout, /IMAGE\nwould pull +all +1234\S+\nnot ECR's +- +nginx\nnot ECR's/);
  assert.match(mixed.stdout, /^nginx:1 is an image of Docker Hub, and not of ECR/m);
  assert.match(mixed.stdout, /^ghcr\.io is not an ECR registry/m);
  const malformed = [
    host,
    `${host}/Team/App:1`,
    `${host}/team/app@sha256:abc`,
    host.replace('.com', '.con/team/app'),
    'user:secret@reg.example/a',
  ];
  const some = await check('--json', ...malformed, `${host}/team/app:1`);
  assert.equal(some.code, 3, some.stderr);
  const { images } = JSON.parse(some.stdout) as { images: Record<string, unknown>[] };
  assert.deepEqual(
    images.map(({ outcome }) => outcome),
    [...malformed.map(() => 'no image'), 'would pull'],
  );
  assert.deepEqual(
    { ...images[0] },
    {
      image: host,
      host: null,
      repository: null,
      reference: null,
      outcome: 'no image',
      source: null,
      identity: null,
      tokensFrom: null,
      steps: [],
      remarks: [`${host} is a registry, and no image in it: write ${host}/REPOSITORY`],
    },
  );
  assert.doesNotMatch(some.stdout, /secret@/);
  assert.equal((await check('nginx', host.replace('1234', '123'))).code, 2);
  assert.equal((await check('nginx', `${host}/team/none:1`)).code, 1);
});

test('an STS that does not answer is a verdict of its own, and stops nothing', async () => {
  ecr.trouble = ({ action }) => (action === 'GetCallerIdentity' ? 'denied' : undefined);
  const { outcome, steps } = await reportOf(`${host}/team/app:1`);
  assert.equal(outcome, 'would pull');
  assert.deepEqual([steps[0]?.name, steps[0]?.action, steps[0]?.verdict], ['identity', 'sts:GetCallerIdentity', 'refused']);
});

test('a 404 names the rights that lack where the name is below a pull-through cache', async () => {
  const { stdout } = await check(`${host}/team/none:1`, `${host}/team/app:9`);
  const both = 'ecr:BatchImportUpstreamImage, ecr:CreateRepository';
  assert.ok(stdout.includes(`manifest missing (ecr:BatchGetImage; below a pull-through cache ${both})`), stdout);
  assert.ok(stdout.includes('manifest missing (ecr:BatchGetImage; below a pull-through cache ecr:BatchImportUpstreamImage)'), stdout);
});

const dockerHub = { ecrRepositoryPrefix: 'docker-hub', upstreamRegistryUrl: 'registry-1.docker.io', upstreamRegistry: 'docker-hub' };
const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:ecr-pullthroughcache/hub';
const rule = (prefix: string) => ({ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: 'public.ecr.aws', upstreamRegistry: 'ecr-public' });

test('where the cache rules may be read, a 404 is told exactly', async () => {
  door.rights = { principal, cachePrefixes: ['docker-hub', 'quay'], deny: { 'ecr:CreateRepository': 'identity' } };
  const told = async (name: string) => {
    const { steps } = await reportOf(`${host}/${name}:1`);
    const { diagnosis, underCache } = steps.at(-1) as (typeof steps)[number] & { underCache: string[] };
    return { sentence: diagnosis?.sentence ?? '', pasted: diagnosis?.paste?.map(({ text }) => text).join() ?? '', underCache };
  };
  ecr.cacheRules = [rule('quay'), rule('docker'), { ...dockerHub, credentialArn: secretArn }];
  const refused = await told('docker-hub/library/nginx');
  assert.match(
    refused.sentence,
    /^docker-hub\/library\/nginx is below a pull-through cache of registry-1\.docker\.io \(rule docker-hub\), .* role ci in account 123456789012 may not create it/,
  );
  assert.match(refused.pasted, /"ecr:CreateRepository",\n *"Resource": "arn:aws:ecr:eu-west-1:123456789012:repository\/docker-hub\/\*"/);
  assert.deepEqual(refused.underCache, ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository']);
  const none = await told('team/none');
  assert.match(none.sentence, /no rule of a pull-through cache covers that name.* Rights are not the matter/);
  assert.doesNotMatch(none.pasted, /"Action"/);
  assert.deepEqual(none.underCache, []);
  ecr.cacheRules = [dockerHub];
  const anonymous = await told('docker-hub/library/nginx');
  assert.match(anonymous.sentence, /gives nothing without a login, and the rule has none/);
  assert.match(anonymous.pasted, /update-pull-through-cache-rule .*--ecr-repository-prefix docker-hub --credential-arn/);
  ecr.cacheRules = undefined;
  assert.match((await told('docker-hub/library/nginx')).sentence, /Under the prefix of a pull-through cache it may be a refusal of IAM/);
});

test('an image that is not there is told by the cache rules as well, and one question is enough for many', async () => {
  ecr.cacheRules = [rule('quay')];
  const { stdout } = await check(`${host}/team/app:8`, `${host}/team/app:9`, `${host}/team/none:1`);
  assert.match(stdout, /is there, and has no image 8\. No rule of a pull-through cache covers that name/);
  assert.doesNotMatch(stdout, /below a pull-through cache|often a refusal/);
  const asked = ecr.calls.filter(({ action }) => action === 'DescribePullThroughCacheRules');
  assert.deepEqual(
    asked.map(({ input }) => input),
    [{ registryId: '123456789012' }],
  );
  ecr.cacheRules = [{ ...rule('ROOT') }];
  const [root] = (await reportOf(`${host}/team/app:9`)).steps.slice(-1);
  assert.match(root?.diagnosis?.sentence ?? '', /team\/app is below a pull-through cache of public\.ecr\.aws \(rule ROOT\)/);
  assert.match(JSON.stringify(root?.diagnosis?.paste), /repository\/\*/);
});

test('one walk along the keys, with its roles, serves all that is asked', async () => {
  const config = join(folder, 'roles.yaml');
  const arn = 'arn:aws:iam::123456789012:role/puller';
  await writeFile(config, `sources: [{ name: default, roleArn: ${arn} }]`);
  ecr.cacheRules = [];
  door.rights = {};
  const image = `${host}/team/none:1`;
  for (const args of [
    ['check', image],
    ['explain', image],
    ['check', image, `${host}/team/app:9`],
  ]) {
    ecr.calls.length = 0;
    const { stdout } = await command([...args, '-c', config], env);
    assert.match(stdout, /assumed-role\/puller/, stdout);
    assert.deepEqual(
      ecr.calls.map(({ action }) => action).toSorted(),
      ['AssumeRole', 'DescribePullThroughCacheRules', 'GetAuthorizationToken', 'GetCallerIdentity'],
      args.join(' '),
    );
  }
});

const givers: readonly (readonly [source: string, giver: RegExp])[] = [
  [`file: given`, /the file \S+\/given/],
  [`command: [/bin/echo, "${unknownToken}"]`, /the command \/bin\/echo/],
];
for (const [source, giver] of givers) {
  test(`a token that is given and refused is a matter of whoever gives it: ${source.slice(0, 8)}`, async () => {
    await writeFile(join(folder, 'given'), unknownToken);
    const config = join(folder, 'given.yaml');
    await writeFile(config, `sources: [{ name: default, region: eu-west-1, ${source} }]`);
    const { code, stdout } = await check('-c', config, `${host}/team/app:1`);
    assert.equal(code, 1);
    assert.match(stdout, /^refused +registry/m);
    assert.match(stdout, /^ {2}identity skipped, token ok, registry refused$/m);
    assert.match(stdout, /does not take the token that comes from the (file|command) .* too old, incomplete, or not an ECR token/);
    assert.match(stdout, /Whose side: the (file|command) \S+, or whoever makes its token/);
    assert.doesNotMatch(stdout, /a moment ago|AWS_ENDPOINT_URL|GetAuthorizationToken/);
    assert.match(stdout, new RegExp(`^source default is not an AWS identity: tokens come from ${giver.source}`, 'm'));
    assert.match((await command(['whoami', '-c', config], env)).stdout, giver);
  });
}

test('docs/lambda.md, followed as it is written, reaches the function', async () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/lambda.md'), 'utf8');
  const [, source = '', compose = ''] =
    /\*\*The source\*\*.*?```yaml\n(.*?)```.*?docker-compose\.override\.yml.*?```yaml\n(.*?)```/s.exec(guide) ?? [];
  const [, inside = ''] = /ECR_COURIER_CONFIG=(\S+)/.exec(compose) ?? [];
  const [, mounted = '', at = ''] = /- \.\/(\S+?):(\S+?):ro/.exec(compose) ?? [];
  const named = inside.replace(at, mounted);
  assert.ok(guide.includes(`in a file \`${named}\``), named);
  const path = join(folder, inside.slice(at.length + 1));
  await writeFile(path, source);
  const [, image = ''] = /ecr-courier ecr-courier check ([^\s`]+)/.exec(guide) ?? [];
  const { stdout } = await command(['check', image], { ...env, ECR_COURIER_CONFIG: path, AWS_ENDPOINT_URL_LAMBDA: ecr.url });
  assert.deepEqual(
    ecr.calls.map(({ action }) => action).filter(action => action !== 'GetCallerIdentity'),
    ['InvokeFunction', 'InvokeFunction'],
  );
  assert.match(stdout, /identity ok \(sts:GetCallerIdentity\), token ok \(lambda:InvokeFunction\), registry refused/);
  assert.match(stdout, /does not take the token that comes from the function ecr-token: /);
});

const tokenless: readonly (readonly [source: string, said: RegExp])[] = [
  ['command: ["/bin/sh", "-c", "exit 3"], region: eu-west-1', /ended with the status 3|failed/],
  ['command: [/nonexistent/program], region: eu-west-1', /program/],
  ['command: ["true"], region: eu-west-1', /nothing|wrote/],
  ['file: /nonexistent/token, region: eu-west-1', /The token file \S+ does not exist/],
  [`command: [/bin/echo, "${unknownToken}"]`, /region/],
  ['accounts: ["999999999999"]', /No source serves 1234\S+: [^]*Add the account to `accounts` of a source/],
];
for (const [source, said] of tokenless) {
  test(`whoever gives no token, and why ever: RESULT says that (${source.slice(0, 40)})`, async () => {
    const config = join(folder, 'tokenless.yaml');
    await writeFile(config, `sources: [{ name: default, ${source} }]`);
    const { code, stdout } = await check('-c', config, `${host}/team/app:1`);
    assert.equal(code, 1);
    assert.match(stdout, /^no token +token +1234/m);
    assert.match(stdout, /token failed/);
    assert.match(stdout, said);
  });
}

test('what AWS says to the request for a token has the name that the table has for it', async () => {
  ecr.trouble = ({ action }) => (action === 'GetAuthorizationToken' ? 'expired keys' : undefined);
  const { steps } = await reportOf(`${host}/team/app:1`);
  const { diagnosis } = steps.find(({ name }) => name === 'token') ?? {};
  assert.equal(diagnosis?.id, 'session-over');
  assert.match(diagnosis?.sentence ?? '', /answered ecr:GetAuthorizationToken with/);
});

/**
 * Runs `check` with a source that assumes a role, where AssumeRole ends in `trouble`. Returns the steps, the table, and
 * the condition of the suggested trust statement.
 */
async function withRole(more: string, trouble: NonNullable<ReturnType<NonNullable<FakeEcr['trouble']>>>) {
  const config = join(folder, 'role.yaml');
  await writeFile(config, `sources: [{ name: default, roleArn: "arn:aws:iam::444455556666:role/pull"${more} }]`);
  ecr.trouble = ({ action }) => (action === 'AssumeRole' ? trouble : undefined);
  const { steps } = await reportOf('-c', config, `${host}/team/app:1`);
  const trust =
    steps
      .at(-1)
      ?.diagnosis?.paste?.map(({ text }) => text)
      .find(text => text.includes('Principal')) ?? '{}';
  const table = (await check('-c', config, `${host}/team/app:1`)).stdout;
  return { steps, table, condition: (JSON.parse(trust) as { Condition?: Record<string, unknown> }).Condition };
}

test('the statement for a role that wants an external id keeps the condition on it', async () => {
  const configured = await withRole(', externalId: wrong-one', 'denied');
  assert.deepEqual(configured.condition?.['StringEquals'], { 'sts:ExternalId': 'wrong-one' });
  const without = await withRole('', 'denied');
  assert.equal(without.condition?.['StringEquals'], undefined);
  assert.match(without.table, /Where a statement there has a condition on sts:ExternalId, do not add this one/);
});

test('a role that could not be assumed is what both steps hang on', async () => {
  for (const trouble of ['denied', 'expired keys', 'unknown key'] as const) {
    const { steps, table } = await withRole('', trouble);
    assert.deepEqual(
      steps.map(({ name, action, verdict }) => [name, action, verdict]),
      [
        ['identity', 'sts:AssumeRole', 'refused'],
        ['token', 'sts:AssumeRole', 'refused'],
      ],
    );
    assert.ok(steps.every(({ diagnosis }) => diagnosis));
    assert.match(table, /identity refused \(sts:AssumeRole\), token refused \(sts:AssumeRole\)/);
  }
});

test('whose side it is stands in the table for what AWS says of keys and clock', async () => {
  for (const [trouble, side] of [
    ['expired keys', /whoever keeps the AWS keys|session|login/],
    ['unknown key', /keys/],
    ['other clock', /the machine \(or virtual machine\)/],
  ] as const) {
    ecr.trouble = () => trouble;
    const { stdout } = await check(`${host}/team/app:1`);
    const [, whose = ''] = /Whose side: (.*)/.exec(stdout) ?? [];
    assert.match(whose, side, stdout);
    assert.doesNotMatch(whose, /source default/);
  }
});

test('a proxy that wants a login is the side, and not the source', async () => {
  await using wanting = await proxying(0, { refusal: 407 });
  const { stdout } = await command(['check', `${host}/team/app:1`], {
    ...env,
    HTTPS_PROXY: wanting.url,
    AWS_ENDPOINT_URL_ECR: '',
    AWS_ENDPOINT_URL_STS: '',
  });
  assert.match(stdout, /The proxy .* wants a user and a password/);
  assert.match(stdout, /Whose side: the proxy between this machine and AWS\./);
});

test('ECR Public: who was asked without a login is not told to log out', async () => {
  door.server.fault = () => undefined;
  const refused = await reportOf('public.ecr.aws/nginx/nginx:1');
  assert.equal(refused.outcome, 'refused');
  const { sentence } = refused.steps.at(-1)?.diagnosis ?? { sentence: '' };
  assert.match(sentence, /^public\.ecr\.aws refuses a pull that came without a login: /);
  assert.doesNotMatch(JSON.stringify(refused), /logout|login that was sent/);
});

test('ECR Public: what is refused with a token is a matter of the way there, and of no file of logins', async () => {
  const config = join(folder, 'public.yaml');
  await writeFile(config, 'sources: [{ name: open, service: ecr-public }]');
  door.server.fault = () => undefined;
  const { stdout } = await command(['check', '-c', config, 'public.ecr.aws/nginx/nginx:1'], {
    ...env,
    AWS_ENDPOINT_URL_ECR_PUBLIC: ecr.url,
  });
  assert.match(stdout, /^refused /m);
  assert.match(stdout, /does not take a token that was given out a moment ago, nor a second one/);
  assert.doesNotMatch(stdout, /logout|login that was sent|file of logins/);
});

test('a repository that is mistyped: first that, and no policy to paste', async () => {
  const { stdout } = await check(`${host}/team/none:1`);
  assert.match(stdout, /There is no repository team\/none in account 123456789012/);
  assert.ok(stdout.indexOf('describe-repositories') < stdout.indexOf('describe-pull-through-cache-rules'));
  assert.match(stdout, new RegExp(`ecr-courier policy cache ${host}/team/none:1`));
  assert.doesNotMatch(stdout, /"Action"/);
});

const usage: readonly (readonly [args: string[], words: RegExp])[] = [
  [['--layer'], /--layer goes with an image/],
  [['--source', 'x'], /--source goes with an image/],
  [['--as', 'x'], /--as goes with an image/],
  [['--layers', `${host}/a`], /did you mean --layer\?/],
];
for (const [args, words] of usage) {
  test(`usage: check ${args.join(' ')}`, async () => {
    const { code, stderr } = await check(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
  });
}

test('nothing printed holds the token, the secret key or an address that was signed', async () => {
  const { stdout, stderr } = await check('--json', '--layer', `${host}/team/app:1`, `${host}/team/none:1`);
  const sent = door.server.requests.map(({ headers }) => headers.authorization ?? '').find(text => text.startsWith('Basic ')) ?? '';
  const password = Buffer.from(sent.slice(6), 'base64').toString().slice(4);
  assert.ok(password.length > 1000);
  for (const secret of [password, sent.slice(6), 'secret-access-key', 'X-Amz-Signature'])
    assert.ok(!(stdout + stderr).includes(secret), secret.slice(0, 20));
});

test('a registry that takes long is named while it is waited for: three walks, and how many more', async () => {
  const answered = Promise.withResolvers<void>();
  door.server.fault = () => ({ after: answered.promise });
  const said = { stdout: '', stderr: '' };
  const images = ['one', 'two', 'three', 'four'].map(tag => `${host}/team/app:${tag}`);
  const ended = command(['check', ...images], env, undefined, said);

  await until(() => said.stderr.includes('waiting'), 'the word that it waits').finally(answered.resolve);
  await ended;

  const walks = images.slice(0, 3).map(image => `the walk of the pull of ${image}`);
  const [line] = said.stderr.split('\n').filter(text => text.startsWith('waiting'));
  assert.equal(line?.replace(/\(\d+ s\)/, '(N s)'), `waiting (N s): ${walks.join('; ')}; and 1 more`);
  assert.ok(!said.stdout.includes('waiting'));
});

test('a token that takes long is waited for by the name of its image', async () => {
  const answered = Promise.withResolvers<void>();
  ecr.server.fault = () => ({ after: answered.promise });
  const said = { stdout: '', stderr: '' };
  const ended = command(['check', `${host}/team/app`], env, undefined, said);

  await until(() => said.stderr.includes('waiting'), 'the word that it waits').finally(answered.resolve);
  ecr.server.fault = undefined;
  assert.equal((await ended).code, 0);

  assert.match(said.stderr, new RegExp(`^waiting \\(\\d+ s\\): the walk of the pull of ${host}/team/app`));
});
