import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import type { Credential } from '../../src/contract/credential.ts';
import { type Image, readImage } from '../../src/contract/image.ts';
import { Secret } from '../../src/contract/secret.ts';
import { isStale } from '../../src/ecr/registry/checked-pull.ts';
import type { Step } from '../../src/ecr/registry/judged.ts';
import { makePull } from '../../src/ecr/registry/pull.ts';
import { askRegistries } from '../../src/ecr/registry/registry-door.ts';
import { awsDispatcher } from '../../src/io/http.ts';
import { why } from '../../src/refusals/why.ts';
import { type Content, digestOf, put } from '../fakes/registry/content.ts';
import { digests, recorded } from '../fakes/registry/recorded.ts';
import { type FakeRegistry, startRegistry } from '../fakes/registry.ts';
import { type FakeServer, startServer } from '../fakes/server.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const principal = 'arn:aws:sts::123456789012:assumed-role/ci/session';
const { signal } = new AbortController();
const password = 'a-password-of-ours';

let door: FakeRegistry;
let bucket: FakeServer;
const blobs = new Map<string, Uint8Array>();
const env: NodeJS.ProcessEnv = {};
const dispatcher = awsDispatcher({ env });
const ask = askRegistries({ env, dispatcher, sourceOf: () => undefined, endpoint: () => door.url });

before(async () => {
  door = await startRegistry({ judge: (_, given) => (given === password ? 'good' : 'unknown') }, { registry: host });
  // The server that redirects lead to. It must not receive a credential.
  bucket = await startServer(({ headers, path }) => {
    if (headers.authorization !== undefined) return { status: 400, text: 'Only one auth mechanism allowed' };
    const [, digest = ''] = /^\/(sha256-\w+)\?X-Amz/.exec(path) ?? [];
    const bytes = blobs.get(digest.replace('-', ':'));
    return bytes && headers.range === 'bytes=0-0' ? { status: 206, text: bytes.subarray(0, 1) } : { status: 404 };
  });
});
after(async () => {
  await door[Symbol.asyncDispose]();
  await bucket[Symbol.asyncDispose]();
  await dispatcher.destroy();
});
beforeEach(() => {
  blobs.clear();
  for (const [digest, bytes] of recorded.blobs) blobs.set(digest, bytes);
  holds({ 'team/app': { 1: digests.manifest } });
  door.rights = { principal, bucket: bucket.url };
  door.expiredForm = '403 envelope';
  door.server.fault = undefined;
  door.server.requests.length = 0;
  bucket.requests.length = 0;
});

const holds = (repositories: Content['repositories']): void => void (door.content = { repositories, blobs });

const credentialOf = (secret = password): Credential => ({
  username: 'AWS',
  password: new Secret(secret),
  issuedAt: new Date(),
  expiresAt: new Date(),
  source: 'default',
  scope: 'k',
  identity: { from: 'environment', account: '123456789012', arn: principal },
});

function imageOf(text: string): Image {
  const image = readImage(text);
  assert.ok('registry' in image, JSON.stringify(image));
  return image;
}

function pull(image = `${host}/team/app:1`, more: { layer?: boolean; secret?: string; architecture?: string } = {}): Promise<Step[]> {
  const { layer = false, secret, architecture = 'amd64' } = more;
  const run = makePull({ ask, platform: { os: 'linux', architecture }, endpoint: () => door.url });
  return run({ image: imageOf(image), credential: credentialOf(secret), source: 'default', layer }, signal);
}
const told = (steps: readonly Step[]): string[] => steps.map(({ name, action, verdict }) => `${name} ${verdict} ${action}`);
const wellDone = ['registry ok none', 'manifest ok ecr:BatchGetImage', 'config ok ecr:GetDownloadUrlForLayer'];

test('all of a pull is asked for, and nothing is followed or downloaded', async () => {
  assert.deepEqual(told(await pull()), wellDone);
  assert.deepEqual(
    door.server.requests.map(({ method, path }) => `${method} ${path}`),
    ['GET /v2/', 'GET /v2/team/app/manifests/1', `GET /v2/team/app/blobs/${digests.config}`],
  );
  assert.deepEqual(bucket.requests, []);
  assert.deepEqual(told(await pull(`${host}/team/app@${digests.manifest}`)), wellDone);
});

test('a registry that answers nothing sends a person to the way there, and to no deadline', async t => {
  t.mock.method(clock, 'sleep', () => Promise.resolve());
  const never: typeof ask = async (_, __, late) => {
    await new Promise(resolve => late.addEventListener('abort', resolve));
    throw late.reason;
  };
  const run = makePull({ ask: never, platform: { os: 'linux', architecture: 'amd64' } });
  const [step] = await run({ image: imageOf(`${host}/team/app:1`), credential: credentialOf(), source: 'default', layer: false }, signal);
  assert.deepEqual([step?.verdict, step?.text], ['unreachable', `${host} gave no answer within 15 s.`]);
  assert.match(step?.diagnosis?.remedy ?? '', /^Look at the way there: DNS, firewall, proxy/);
});

test('--layer: one byte of config and layer, without the credential, and the address that was signed is in no text', async () => {
  const whole = await pull(undefined, { layer: true });
  assert.deepEqual(told(whole), [...wellDone, 'layer ok none']);
  assert.equal(whole.at(-1)?.text, `One byte of the config and of the smallest layer came from ${new URL(bucket.url).host}.`);
  assert.deepEqual(
    bucket.requests.map(({ path, headers }) => [path.split('?')[0], headers.range, headers.authorization, headers.cookie]),
    [digests.config, digests.layer].map(digest => [`/${digest.replace(':', '-')}`, 'bytes=0-0', undefined, undefined]),
  );
  bucket.fault = () => 'reset';
  const cut = (await pull(undefined, { layer: true })).at(-1);
  bucket.fault = () => ({ status: 403, text: '<Error><Code>AccessDenied</Code></Error>' });
  const refused = (await pull(undefined, { layer: true })).at(-1);
  bucket.fault = undefined;
  assert.equal(cut?.verdict, 'unreachable');
  assert.equal(cut?.diagnosis?.id, 'layers-unreachable');
  assert.match(cut?.diagnosis?.sentence ?? '', /The registry gives the layer out, but 127\.0\.0\.1:\d+, where it lies, cannot be reached/);
  assert.equal(refused?.diagnosis?.id, 'layers-refused');
  assert.match(refused?.diagnosis?.sentence ?? '', /answered 403 \(AccessDenied\)/);
  for (const step of [cut, refused]) assert.doesNotMatch(JSON.stringify(step), /X-Amz-/);
});

test('what a place says that was shown no credential is no word on the credential', async () => {
  for (const fault of [{ status: 401 }, { status: 403, text: 'Your authorization token has expired' }]) {
    bucket.fault = () => fault;
    const steps = await pull(undefined, { layer: true });
    bucket.fault = undefined;
    assert.deepEqual([told(steps).at(-1), steps.at(-1)?.diagnosis?.id, isStale(steps)], ['layer refused none', 'layers-refused', false]);
  }
});

test('whatever is refused after the door: neither age nor region of the token is named, as it was taken', async () => {
  const said: readonly (readonly [status: number, text: string, id: string])[] = [
    [403, '', 'right-refused'],
    [403, 'Forbidden', 'right-refused'],
    [403, 'Not Authorized', 'right-refused'],
    [403, '{"errors":[{"code":"DENIED","message":""}]}', 'right-refused'],
    [403, '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', 'right-refused'],
    [403, '{"message":"Forbidden"}', 'right-refused'],
    [403, '{"errors":[{"code":"DENIED","message":"Access Denied"}]}', 'right-refused'],
    [403, '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}', 'login-lost'],
    [403, 'no basic auth credentials', 'login-lost'],
    [401, '', 'login-lost'],
    [401, 'Not Authorized', 'login-lost'],
  ];
  for (const [name, part] of [
    ['manifest', '/manifests/'],
    ['config', '/blobs/'],
  ] as const)
    for (const [status, text, id] of said) {
      door.server.fault = ({ path }) => (path.includes(part) ? { status, text } : undefined);
      const stop = (await pull()).at(-1);
      assert.deepEqual([stop?.name, stop?.verdict, stop?.diagnosis?.id], [name, 'refused', id], text);
      assert.doesNotMatch(JSON.stringify(stop?.diagnosis), /too old|[Ll]og in again|another region|twelve hours/);
      assert.equal(why(stop?.diagnosis?.sentence.replaceAll(new URL(door.url).host, host) ?? '')?.id, id);
    }
});

test('a refusal with a reason that nobody knows is quoted, and nothing is guessed', async () => {
  door.server.fault = ({ path }) =>
    path.includes('/manifests/') ? { status: 403, text: '{"errors":[{"code":"DENIED","message":"The image is archived."}]}' } : undefined;
  const stop = (await pull()).at(-1);
  assert.deepEqual([stop?.verdict, stop?.diagnosis?.id], ['refused', 'answer-unknown']);
  assert.match(stop?.diagnosis?.sentence ?? '', /answered 403 \(The image is archived\.\)/);
});

/** Refusals: the denied action and how it is denied, the steps that remain, and the diagnosis. */
const denials = [
  ['ecr:BatchGetImage', 'identity', ['registry ok none', 'manifest refused ecr:BatchGetImage'], 'denied-identity'],
  ['ecr:BatchGetImage', 'explicit', ['registry ok none', 'manifest refused ecr:BatchGetImage'], 'denied-explicitly'],
  [
    'ecr:GetDownloadUrlForLayer',
    'resource',
    ['registry ok none', 'manifest ok ecr:BatchGetImage', 'config refused ecr:GetDownloadUrlForLayer'],
    'denied-resource',
  ],
  ['ecr:BatchGetImage', 'no body', ['registry ok none', 'manifest refused ecr:BatchGetImage'], 'right-refused'],
] as const;
for (const [action, denial, steps, id] of denials) {
  test(`${action} is denied (${denial}): the step that needs it says so`, async () => {
    door.rights = { ...door.rights, deny: { [action]: denial } };
    const found = await pull();
    assert.deepEqual(told(found), steps);
    assert.equal(found.at(-1)?.diagnosis?.id, id);
  });
}

test('a right that only a pull-through cache needs is named as IAM names it', async () => {
  door.rights = { ...door.rights, cachePrefixes: ['docker-hub'], deny: { 'ecr:BatchImportUpstreamImage': 'identity' } };
  assert.deepEqual(told(await pull(`${host}/docker-hub/library/nginx`)), [
    'registry ok none',
    'manifest refused ecr:BatchImportUpstreamImage',
  ]);
});

test('what is not there: the repository, the tag, the config', async () => {
  for (const image of ['team/none:1', 'team/app:none', `team/app@sha256:${'0'.repeat(64)}`])
    assert.deepEqual(told(await pull(`${host}/${image}`)), ['registry ok none', 'manifest missing ecr:BatchGetImage'], image);
  blobs.delete(digests.config);
  door.server.fault = ({ path }) => (path.includes('/blobs/') ? { status: 404, text: '{"errors":[{"code":"BLOB_UNKNOWN"}]}' } : undefined);
  const gone = await pull();
  assert.equal(told(gone).at(-1), 'config missing ecr:GetDownloadUrlForLayer');
  assert.equal(gone.at(-1)?.diagnosis?.id, 'layers-missing');
});

test('a credential that is not accepted ends the walk at the door', async () => {
  const steps = await pull(undefined, { secret: 'another' });
  assert.deepEqual(told(steps), ['registry refused none']);
  assert.match(steps[0]?.text ?? '', /answered 401 \(Not Authorized\)/);
});

const image = (config: object, layers: object[], more: object = {}) => ({ schemaVersion: 2, config, layers, ...more });
const blobOf = (text: string) => ({ digest: put(blobs, Buffer.from(text)), size: text.length });

test('of a list the image of this platform is taken, else the first one that is an image', async () => {
  const arm = put(blobs, image(blobOf('arm config'), [blobOf('arm layer')]));
  const list = put(blobs, {
    schemaVersion: 2,
    manifests: [
      { digest: put(blobs, image(blobOf('signature'), [])), platform: { os: 'unknown', architecture: 'unknown' } },
      { digest: arm, platform: { os: 'linux', architecture: 'arm64' } },
      { digest: digests.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    ],
  });
  holds({ 'team/app': { list, nested: put(blobs, { schemaVersion: 2, manifests: [{ digest: list }] }) } });
  for (const [architecture, tag, config] of [
    ['amd64', 'list', digests.config],
    ['s390x', 'list', digestOf('arm config')],
    ['amd64', 'nested', digests.config],
  ] as const) {
    door.server.requests.length = 0;
    assert.deepEqual(told(await pull(`${host}/team/app:${tag}`, { architecture })), wellDone);
    assert.equal(door.server.requests.at(-1)?.path, `/v2/team/app/blobs/${config}`);
  }
});

test('a list without an image for this platform stops nothing, and is told', async () => {
  const arm = put(blobs, image(blobOf('arm config'), [blobOf('arm layer')]));
  const list = (...platforms: readonly object[]) =>
    put(blobs, { schemaVersion: 2, manifests: platforms.map(platform => ({ digest: arm, platform })) });
  const arm64 = { os: 'linux', architecture: 'arm64' };
  const windows = { os: 'windows', architecture: 'amd64' };
  holds({
    'team/app': {
      arm: list({ os: 'unknown', architecture: 'unknown' }, arm64),
      windows: list(windows),
      all: list(windows, arm64),
      old: list({}),
    },
  });
  const remarkOn = async (tag: string, architecture: string) =>
    (await pull(`${host}/team/app:${tag}`, { architecture })).find(({ name }) => name === 'manifest')?.text;
  assert.equal(
    await remarkOn('arm', 'amd64'),
    `${host}/team/app:arm has no image for linux/amd64, the platform of this machine: that for linux/arm64 was tried.`,
  );
  assert.match((await remarkOn('windows', 'amd64')) ?? '', /no image for linux\/amd64, .* that for windows\/amd64 was tried/);
  for (const [tag, architecture] of [
    ['arm', 'arm64'],
    ['all', 'arm64'],
    ['old', 'amd64'],
  ] as const)
    assert.equal(await remarkOn(tag, architecture), undefined, tag);
  holds({ 'team/app': { none: put(blobs, { schemaVersion: 2, manifests: [] }) } });
  assert.match((await remarkOn('none', 'amd64')) ?? '', /team\/app:none is a list that names no image/);
});

test('images without a config of their own: artefacts, schema 1, lists without an entry', async () => {
  const empty = { digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', size: 2 };
  const chart = put(blobs, image(empty, [blobOf('a larger layer'), blobOf('chart')], { artifactType: 'application/vnd.example' }));
  const old = put(blobs, { schemaVersion: 1, fsLayers: [{ blobSum: digests.layer }], layers: [{ digest: digests.layer }] });
  holds({ 'team/app': { chart, old, none: put(blobs, { schemaVersion: 2, manifests: [] }), bare: put(blobs, image(empty, [])) } });
  assert.deepEqual(told(await pull(`${host}/team/app:chart`, { layer: true })), [...wellDone, 'layer ok none']);
  assert.ok(door.server.requests.some(({ path }) => path.endsWith(`/blobs/${digestOf('chart')}`)));
  assert.deepEqual(told(await pull(`${host}/team/app:old`)), wellDone);
  for (const tag of ['none', 'bare'])
    assert.deepEqual(told(await pull(`${host}/team/app:${tag}`)), [...wellDone.slice(0, 2), 'config skipped none'], tag);
});

/** Faults in place of a registry's answer, the path at which they come, and the last step then. */
const strangers = [
  ['/v2/', { status: 200, headers: { 'content-type': 'text/html' }, text: '<html>Please log in</html>' }, 'registry unreachable none'],
  ['/v2/', { status: 403, text: '<!doctype html><title>Blocked</title>' }, 'registry unreachable none'],
  ['/v2/', { status: 404, text: '404 page not found' }, 'registry unreachable none'],
  ['/v2/', 'reset', 'registry unreachable none'],
  [
    '/manifests/',
    { status: 429, text: '{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}' },
    'manifest unreachable ecr:BatchGetImage',
  ],
  ['/manifests/', { status: 200, json: [] }, 'manifest unreachable ecr:BatchGetImage'],
  ['/manifests/', { status: 302, headers: { location: '/elsewhere' } }, 'manifest unreachable ecr:BatchGetImage'],
  ['/blobs/', { status: 503, text: '' }, 'config unreachable ecr:GetDownloadUrlForLayer'],
] as const;
for (const [path, fault, last] of strangers) {
  test(`nothing is concluded from what is not an answer of a registry (${path} ${typeof fault === 'string' ? fault : fault.status})`, async () => {
    door.server.fault = request => (request.path.includes(path) ? fault : undefined);
    const steps = await pull();
    assert.equal(told(steps).at(-1), last);
    assert.ok(steps.at(-1)?.diagnosis?.sentence);
  });
}

test('a list that was given out was read, whatever comes of its image', async () => {
  const child = put(blobs, image({ digest: digests.config }, []));
  const list = put(blobs, { schemaVersion: 2, manifests: [{ digest: child, platform: { os: 'linux', architecture: 'amd64' } }] });
  holds({ 'team/list': { 1: list } });
  for (const fault of [{ status: 403 }, 'reset'] as const) {
    door.server.fault = ({ path }) => (path.endsWith(child) ? fault : undefined);
    const last = (await pull(`${host}/team/list:1`)).at(-1);
    assert.deepEqual([last?.name, last?.verdict === 'ok', last?.hasRead], ['manifest', false, true]);
  }
  door.server.fault = ({ path }) => (path.includes('/manifests/') ? { status: 403 } : undefined);
  assert.equal((await pull(`${host}/team/list:1`)).at(-1)?.hasRead, undefined);
});

test('an image of a list that is not there is told of the list, which is there', async () => {
  const child = `sha256:${'0'.repeat(64)}`;
  holds({ 'team/list': { 1: put(blobs, { schemaVersion: 2, manifests: [{ digest: child }] }) } });
  const last = (await pull(`${host}/team/list:1`)).at(-1);
  assert.deepEqual([last?.verdict, last?.diagnosis?.id], ['missing', 'image-missing']);
  assert.match(
    last?.diagnosis?.sentence ?? '',
    new RegExp(`^The list 1 is there in the repository team/list, and an image that it names \\(${child}\\) is not`),
  );
});

test('where something else answers, it is told what came and where it leads', async () => {
  for (const status of [200, 403]) {
    door.server.fault = () => ({ status, text: '<!doctype html><title>Log in</title>' });
    assert.equal((await pull()).at(-1)?.diagnosis?.id, 'not-aws-answers');
  }
  door.server.fault = () => ({ status: 302, headers: { location: 'https://portal.example/login?token=x' } });
  assert.match((await pull()).at(-1)?.diagnosis?.sentence ?? '', /answered 302 and leads to portal\.example\.$/);
});

test('a digest of a manifest is not a path: what is none is not asked for', async () => {
  const odd = put(blobs, image({ digest: '../../../v2/other/blobs/x' }, [{ digest: 'sha256:0/../..' }]));
  holds({ 'team/app': { odd } });
  assert.equal(told(await pull(`${host}/team/app:odd`)).at(-1), 'config skipped none');
});

test('ECR Public takes a token of its own, with a login and without one', async () => {
  await using open = await startServer(({ path, headers }) => {
    const url = `http://${headers.host}`;
    if (path === '/v2/')
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${url}/token/",service="public.ecr.aws",scope="aws"` } };
    if (path.startsWith('/token/')) return { status: 200, json: { token: headers.authorization ? 'for AWS' : 'for anybody' } };
    if (!/^Bearer for (AWS|anybody)$/.test(headers.authorization ?? '')) return { status: 401 };
    if (path.includes('/manifests/')) return { status: 200, text: recorded.blobs.get(digests.manifest) ?? '' };
    return { status: 307, headers: { location: 'https://cloudfront.test/x?Signature=y' } };
  });
  const run = makePull({ ask, platform: { os: 'linux', architecture: 'amd64' }, endpoint: () => open.url });
  for (const credential of [credentialOf(), undefined]) {
    const steps = await run({ image: imageOf('public.ecr.aws/docker/library/busybox'), credential, source: 'public' }, signal);
    assert.deepEqual(told(steps), ['registry ok none', 'manifest ok none', 'config ok none']);
    assert.equal(open.requests.at(-1)?.headers.authorization, credential ? 'Bearer for AWS' : 'Bearer for anybody');
  }
});
