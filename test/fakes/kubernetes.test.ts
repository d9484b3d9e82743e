import assert from 'node:assert/strict';
import { request as httpsRequest } from 'node:https';
import { describe, test } from 'node:test';
import { virtualTime } from '../contracts/time.ts';
import { createAuthority } from './authority.ts';
import { statusOf } from './kubernetes/refusal.ts';
import { errorReply } from './kubernetes/watch-lines.ts';
import { adminToken, courierToken, type FakeKubernetes, type KubernetesOptions, leastRules, startFakeKubernetes } from './kubernetes.ts';

/** Behaviour observed on 1.36.3 but not recorded, or behaviour that only a double can be told to show. */
const secrets = '/api/v1/namespaces/team-a/secrets';
const ours = `${secrets}/ecr-courier`;
const bytes = (password: string): string =>
  Buffer.from(JSON.stringify({ auths: { 'a.test': { username: 'AWS', password } } })).toString('base64');
const body = (password = 'first', labels = {}): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'ecr-courier', labels },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': bytes(password) },
});

interface Told {
  readonly status: number;
  readonly json: { readonly [member: string]: unknown; readonly message?: string; readonly reason?: string; readonly details?: unknown };
}

const start = (options: KubernetesOptions = {}): Promise<FakeKubernetes> =>
  startFakeKubernetes({ namespaces: ['team-a', 'team-b'], rules: leastRules(), ...options });

async function ask(fake: FakeKubernetes, method: string, path: string, sent?: object, more: Record<string, string> = {}): Promise<Told> {
  const headers = { authorization: `Bearer ${courierToken}`, 'content-type': 'application/json', ...more };
  const response = await fetch(fake.url + path, { method, headers, body: sent === undefined ? null : JSON.stringify(sent) });
  return { status: response.status, json: (await response.json()) as Told['json'] };
}
const admin = { authorization: `Bearer ${adminToken}` };
const apply = (fake: FakeKubernetes, sent = body(), query = 'fieldManager=ecr-courier', path = ours): Promise<Told> =>
  ask(fake, 'PATCH', `${path}?${query}`, sent, { 'content-type': 'application/apply-patch+yaml' });

/** Opens a watch and reads its lines. */
async function watch(fake: FakeKubernetes, path: string) {
  const response = await fetch(fake.url + path, { headers: { authorization: `Bearer ${courierToken}` } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    /** Returns the lines of the next chunk, or undefined at the end. */
    async next(): Promise<{ type: string; object: { metadata: { name: string }; code?: number } }[] | undefined> {
      const { value } = (await reader?.read()) ?? {};
      return value
        ?.split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as never);
    },
  };
}
const watched = (fake: FakeKubernetes, what = 'namespaces', query = ''): string =>
  `/api/v1/${what}?watch=1&resourceVersion=${fake.store.version}${query}`;

describe('field owners', () => {
  test('two who apply the same value own it together', async () => {
    await using fake = await start();
    await apply(fake, body(), 'fieldManager=flux');
    assert.equal((await apply(fake)).status, 200);
    assert.equal((await apply(fake, body('second'))).status, 409);
    // A manager that leaves a field out gives up its ownership.
    await apply(fake, { ...body(), data: undefined, type: undefined }, 'fieldManager=flux');
    assert.equal((await apply(fake, body('second'))).status, 200);
    assert.match(fake.stored('team-a', 'ecr-courier') ?? '', /second/);
  });

  test('what was there without owners belongs to before-first-apply', async () => {
    await using fake = await start();
    const path = '/api/v1/namespaces/team-a/serviceaccounts/build';
    fake.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'build', namespace: 'team-a' } });
    fake.edit('serviceaccounts', 'team-a', 'build', { imagePullSecrets: [{ name: 'corp' }] });
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'build' }, imagePullSecrets: [{ name: 'ecr-courier' }] };
    const headers = { ...admin, 'content-type': 'application/apply-patch+yaml' };
    const { json } = await ask(fake, 'PATCH', `${path}?fieldManager=ecr-courier`, account, headers);
    assert.match(json.message ?? '', /conflict with "before-first-apply" using v1: \.imagePullSecrets/);
  });

  test('who says no name is named after his program', async () => {
    await using fake = await start();
    await ask(fake, 'POST', secrets, body(), { ...admin, 'user-agent': 'k8s-ecr-login-renew/v1.7 (linux)' });
    assert.match((await apply(fake, body('second'))).json.message ?? '', /conflict with "k8s-ecr-login-renew" using v1/);
  });
});

describe('what is refused', () => {
  test('quota, policy, webhook and namespace refuse each in their own way, and rights before them', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'team-a' },
      spec: { hard: { secrets: '1' } },
    };
    await using fake = await start({ objects: [quota] });
    fake.make({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one', namespace: 'team-a' } });
    const refusal = async (): Promise<string> => {
      const { status, json } = await apply(fake);
      return `${status} ${json.reason} ${json.message}`;
    };
    assert.match(await refusal(), /^403 Forbidden .*exceeded quota: q, requested: secrets=1, used: secrets=1, limited: secrets=1/);
    fake.policies.push({ name: 'no-ecr', message: 'not here', namespaces: ['team-a'] });
    assert.match(await refusal(), /^422 Invalid .*is forbidden: ValidatingAdmissionPolicy 'no-ecr' .* denied request: not here/);
    fake.policies.unshift({ name: 'check.example', kind: 'webhook', message: 'no' });
    assert.match(await refusal(), /^400 undefined admission webhook "check\.example" denied the request: no/);
    fake.policies[0] = { name: 'check.example', kind: 'webhook', status: 403, message: 'no' };
    assert.match(await refusal(), /^403 Forbidden admission webhook "check\.example" denied the request: no/);
    await ask(fake, 'DELETE', '/api/v1/namespaces/team-a', undefined, admin);
    assert.match(await refusal(), /^403 Forbidden .*because it is being terminated/);
    const user = fake.tokens.get(courierToken);
    assert.ok(user);
    user.rules = [];
    assert.match(await refusal(), /^403 Forbidden .*cannot patch resource "secrets" in API group "" in the namespace "team-a"/);
  });

  test('a policy that looks at objects lets others through', async () => {
    await using fake = await start({ policies: [{ name: 'labelled', message: 'no label', denies: ({ metadata }) => !metadata.labels }] });
    assert.equal((await apply(fake)).status, 422);
    assert.equal((await apply(fake, body('first', { a: 'b' }))).status, 201);
  });

  test('an Event is judged as its time of the new kind says', async () => {
    const rules = [{ apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }];
    await using fake = await start({ rules });
    const about = { kind: 'Secret', name: 'ecr-courier', namespace: 'team-a' };
    const causes = async (more: object): Promise<unknown> => {
      const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: `e.${Math.random()}` }, involvedObject: about, ...more };
      const { status, json } = await ask(fake, 'POST', '/api/v1/namespaces/team-a/events', event);
      const { causes = [] } = (json.details ?? {}) as { causes?: readonly { field: string; reason: string }[] };
      return [status, ...causes.map(({ field, reason }) => `${field} ${reason.replace('FieldValue', '')}`)];
    };
    const eventTime = '2026-11-30T10:00:00.000000Z';
    const full = { eventTime, reportingComponent: 'a.test/b', reportingInstance: 'c', action: 'Renew', reason: 'NotRenewed' };
    assert.deepEqual(await causes({ message: 'x'.repeat(5000) }), [201]);
    assert.deepEqual(await causes({ involvedObject: { kind: 'Node', name: 'n' } }), [422, 'involvedObject.namespace Invalid']);
    assert.deepEqual(await causes(full), [201]);
    assert.deepEqual(await causes({ eventTime }), [
      422,
      'reportingComponent Required',
      ...Array.from({ length: 2 }, () => 'reportingComponent Invalid'),
      'reportingInstance Required',
      'action Required',
      'reason Required',
    ]);
    assert.deepEqual(await causes({ ...full, message: 'é'.repeat(513), reportingInstance: 'x'.repeat(129) }), [
      422,
      'reportingInstance Invalid',
      'message Invalid',
    ]);
    assert.deepEqual(await causes({ ...full, eventTime: '2026-11-30T10:00:00.000Z' }), [400]);
  });

  test('a rule of a namespace holds there alone', async () => {
    await using fake = await start({ rules: leastRules().map(rule => ({ ...rule, namespace: 'team-a' })) });
    assert.equal((await apply(fake)).status, 201);
    assert.equal((await apply(fake, body(), 'fieldManager=a', '/api/v1/namespaces/team-b/secrets/ecr-courier')).status, 403);
    assert.equal((await ask(fake, 'GET', '/api/v1/secrets?fieldSelector=metadata.name=ecr-courier')).status, 403);
    assert.equal((await ask(fake, 'GET', `${secrets}?fieldSelector=metadata.name=ecr-courier`)).status, 200);
  });
});

describe('watches', () => {
  test('one of a namespace sees nothing of others, and goes with its connection', async () => {
    await using fake = await start();
    const stream = await watch(fake, watched(fake, 'namespaces/team-b/secrets', '&fieldSelector=metadata.name%3Decr-courier'));
    await apply(fake);
    await apply(fake, body(), 'fieldManager=a', '/api/v1/namespaces/team-b/secrets/ecr-courier');
    const lines = await stream.next();
    assert.deepEqual(
      lines?.map(({ type, object }) => `${type} ${JSON.stringify(object.metadata)}`.replace(/^(\w+) .*"namespace":"([\w-]+)".*/, '$1 $2')),
      ['ADDED team-b'],
    );
    assert.equal(fake.watches.size, 1);
    for (const socket of fake.sockets) socket.destroy();
    while (fake.watches.size > 0) await new Promise(resolve => setImmediate(resolve));
  });

  test('metadata alone, for those who ask for it', async () => {
    await using fake = await start();
    await apply(fake);
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const { json } = await ask(fake, 'GET', '/api/v1/secrets?fieldSelector=metadata.name=ecr-courier', undefined, { accept });
    assert.equal(json['kind'], 'PartialObjectMetadataList');
    assert.deepEqual(
      (json['items'] as object[]).map(item => Object.keys(item)),
      [['kind', 'apiVersion', 'metadata']],
    );
  });

  test('a store that knows its progress sends bookmarks in quiet, and what is there first', async () => {
    await using fake = await start({ watchProgress: true, clock: virtualTime() });
    const query = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=2';
    const stream = await watch(fake, `/api/v1/namespaces?watch=1${query}`);
    const seen: string[] = [];
    for (let lines = await stream.next(); lines; lines = await stream.next()) seen.push(...lines.map(({ type }) => type));
    assert.deepEqual([seen.filter(type => type === 'ADDED').length, seen.filter(type => type === 'BOOKMARK').length], [6, 2]);
  });

  test('streams fail, end and fall silent as they are told', async () => {
    await using fake = await start();
    const path = watched(fake);
    const [failing, ending] = [await watch(fake, path), await watch(fake, path)];
    const [first, second] = [...fake.watches];
    first?.fail(statusOf({ code: 504, message: 'Timeout', reason: 'Timeout' }));
    second?.end();
    assert.deepEqual([(await failing.next())?.[0]?.object.code, await failing.next(), await ending.next()], [504, undefined, undefined]);
    const silent = await watch(fake, path);
    for (const open of fake.watches) open.silence();
    fake.make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-c' } });
    for (const open of fake.watches) open.end();
    assert.equal(await silent.next(), undefined);
    // The next watch sees the object.
    assert.equal((await (await watch(fake, path)).next())?.[0]?.object.metadata.name, 'team-c');
  });

  test('a server that stops refuses connections and leaves watches silent; afterwards no version is known', async () => {
    await using fake = await start();
    const path = watched(fake);
    const stream = await watch(fake, path);
    const stopped = fake.stop({ silentMs: 50 });
    fake.make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-c' } });
    await assert.rejects(fetch(`${fake.url}/version`), ({ cause }: Error) => (cause as { code: string }).code === 'ECONNREFUSED');
    assert.equal(await stream.next(), undefined);
    await stopped;
    await fake.start();
    assert.equal((await (await watch(fake, path)).next())?.[0]?.object.code, 410);
    assert.equal((await ask(fake, 'GET', '/api/v1/namespaces')).status, 200);
  });

  test('a stream that begins with an error is a fault like others', async () => {
    const tooMany = statusOf({ code: 429, message: 'too many', reason: 'TooManyRequests' });
    await using fake = await start({ fault: ({ path }) => (path.includes('watch=1') ? errorReply(tooMany) : undefined) });
    const stream = await watch(fake, watched(fake));
    assert.deepEqual([(await stream.next())?.[0]?.object.code, await stream.next()], [429, undefined]);
  });

  test('a server that keeps running can forget as well', async () => {
    await using fake = await start();
    const path = watched(fake);
    fake.store.forget();
    assert.equal((await (await watch(fake, path)).next())?.[0]?.object.code, 410);
  });
});

describe('who asks', () => {
  test('a token that was replaced is refused, and the new one has its rights', async () => {
    await using fake = await start();
    fake.rotate(courierToken, 'next-token');
    assert.equal((await apply(fake)).status, 401);
    assert.equal((await ask(fake, 'GET', '/api/v1/namespaces', undefined, { authorization: 'Bearer next-token' })).status, 200);
  });

  test('he may ask who he is, and which rules are his', async () => {
    await using fake = await start();
    const who = await ask(fake, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    assert.deepEqual(who.json['status'], {
      userInfo: {
        username: 'system:serviceaccount:ecr-courier:ecr-courier',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ecr-courier', 'system:authenticated'],
      },
    });
    const rules = await ask(fake, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'team-a' } });
    assert.deepEqual((rules.json['status'] as { resourceRules: object[] }).resourceRules[0], leastRules()[0]);
  });

  test('a client certificate is a login, and the server shows a new certificate when it is told to', async () => {
    const [authority, next, clients] = [createAuthority(), createAuthority(), createAuthority()];
    const tls = { ...authority.certificateFor('k8s.test'), clientCa: clients.ca };
    await using fake = await start({ tls });
    const get = (ca: string, login: { key: string; cert: string }): Promise<number | string> =>
      new Promise(resolve => {
        const options = { port: fake.port, path: '/api/v1/namespaces', servername: 'k8s.test', ca, agent: false, ...login };
        httpsRequest(options, response => resolve(response.resume().statusCode ?? 0))
          .on('error', (error: Error & { code: string }) => resolve(error.code))
          .end();
      });
    assert.equal(await get(authority.ca, clients.certificateOf('admin')), 200);
    assert.equal(await get(authority.ca, clients.certificateOf('somebody')), 403);
    assert.equal(await get(authority.ca, next.certificateOf('admin')), 403);
    fake.present({ ...next.certificateFor('k8s.test'), clientCa: clients.ca });
    assert.equal(await get(next.ca, clients.certificateOf('admin')), 200);
    assert.equal(typeof (await get(authority.ca, clients.certificateOf('admin'))), 'string');
  });
});

test('with controllers a namespace gets its ServiceAccount, and goes with what is in it', async () => {
  await using fake = await start({ controllers: true });
  await apply(fake);
  assert.ok(fake.get('serviceaccounts', 'team-a', 'default'));
  const stream = await watch(fake, watched(fake, 'secrets', '&fieldSelector=metadata.name%3Decr-courier'));
  await ask(fake, 'DELETE', '/api/v1/namespaces/team-a', undefined, admin);
  assert.equal((await stream.next())?.[0]?.type, 'DELETED');
  assert.deepEqual([fake.get('namespaces', undefined, 'team-a'), fake.stored('team-a', 'ecr-courier')], [undefined, undefined]);
});

test('lists of a namespace have nothing of those whose names begin alike, page by page', async () => {
  const names = ['team', 'team-a', 'team-a-b', 'team-a0', 'team-b'];
  await using fake = await startFakeKubernetes({ namespaces: names });
  for (const namespace of names)
    for (const name of ['c', 'a', 'b']) fake.make({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });
  fake.remove('secrets', 'team-a', 'b');
  const seen: string[] = [];
  let token: string | undefined = '';
  while (token !== undefined) {
    const { json } = await ask(fake, 'GET', `${secrets}?limit=1&continue=${token}`, undefined, admin);
    const page = json as unknown as { items: { metadata: { namespace: string; name: string } }[]; metadata: { continue?: string } };
    seen.push(...page.items.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`));
    token = page.metadata.continue;
  }
  assert.deepEqual(seen, ['team-a/a', 'team-a/c']);
});

test('requests are counted, and their bodies kept only if they are wanted', async () => {
  await using fake = await start({ keeps: 'heads' });
  await apply(fake);
  assert.deepEqual(
    fake.requests.map(({ method, path, body: kept }) => [method, path, kept.length]),
    [['PATCH', `${ours}?fieldManager=ecr-courier`, 0]],
  );
});

describe('a pod', () => {
  const pods = '/api/v1/namespaces/team-a/pods';
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'team-a' },
    imagePullSecrets: [{ name: 'pull' }],
  };
  const pod = (name: string, spec: object = {}, status: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'team-a' },
    spec: { containers: [{ name: 'c', image: 'a.test/app' }], ...spec },
    status,
  });

  test('has the names of its account, which nobody owns, unless it has names of its own', async () => {
    await using fake = await start({ objects: [account] });
    for (const [name, spec, isOwned] of [
      ['none', {}, 'by nobody'],
      ['own', { imagePullSecrets: [{ name: 'pull' }] }, 'by whoever made it'],
    ] as const) {
      const { metadata, ...made } = fake.make(pod(name, spec));
      assert.deepEqual((made['spec'] as { readonly imagePullSecrets: unknown }).imagePullSecrets, [{ name: 'pull' }]);
      const fields = metadata.managedFields?.[0]?.fieldsV1['f:spec'] as object;
      assert.equal('f:imagePullSecrets' in fields, isOwned !== 'by nobody', name);
    }
    const { spec } = fake.make(pod('empty', { imagePullSecrets: [] })) as { readonly spec?: object };
    assert.ok(JSON.stringify(spec).includes('pull'), 'an empty list counts as none');
  });

  test('on a node ends after its grace, and any other at once', async () => {
    await using fake = await start({ objects: [account] });
    const removed = async (name: string, body?: object, query = ''): Promise<unknown> => {
      const { status, json } = await ask(fake, 'DELETE', `${pods}/${name}${query}`, body, admin);
      assert.equal(status, 200, json.message);
      return fake.get('pods', 'team-a', name)?.metadata['deletionGracePeriodSeconds'];
    };
    fake.make(pod('waiting'));
    fake.make(pod('ended', { nodeName: 'n' }, { phase: 'Failed' }));
    for (const name of ['waiting', 'ended']) {
      await removed(name);
      assert.equal(fake.get('pods', 'team-a', name), undefined);
    }
    fake.make(pod('slow', { nodeName: 'n', terminationGracePeriodSeconds: 60 }));
    assert.equal(await removed('slow', { dryRun: ['All'] }), undefined);
    assert.equal(await removed('slow'), 60);
    assert.equal(await removed('slow', { gracePeriodSeconds: 90 }), 60, 'only ever shorter');
    assert.equal(await removed('slow', {}, '?gracePeriodSeconds=0'), 60, 'with a body the query does not count');
    assert.equal(await removed('slow', { gracePeriodSeconds: 5 }), 5);
    await removed('slow', undefined, '?gracePeriodSeconds=0');
    assert.equal(fake.get('pods', 'team-a', 'slow'), undefined);
  });
});

test('odd requests (seen on 1.36.3)', async () => {
  await using fake = await start({ objects: [{ ...body(), metadata: { name: 'ecr-courier', namespace: 'team-a' } }] });
  const told = async (method: string, path: string, more: Record<string, string> = {}, sent?: object): Promise<[number, unknown]> => {
    const { status, json } = await ask(fake, method, path, sent, { ...admin, ...more });
    return [status, json.message];
  };
  assert.equal((await fetch(`${fake.url}${ours}`, { method: 'HEAD', headers: admin })).status, 405);
  assert.deepEqual(await told('DELETE', '/api/v1/secrets'), [405, 'the server does not allow this method on the requested resource']);
  assert.equal((await told('GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'))[0], 405);
  assert.deepEqual(await told('GET', `${secrets}?limit=`), [400, 'strconv.ParseInt: parsing "": invalid syntax']);
  const illegal = 'invalid continue token: continue key is not valid: illegal base64 data at input byte';
  assert.deepEqual(await told('GET', `${secrets}?continue=x`), [400, `${illegal} 0`]);
  assert.deepEqual(await told('GET', `${secrets}?continue=abc%3D`), [400, `${illegal} 3`]);
  const number = 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax';
  assert.deepEqual(await told('GET', `${ours}?resourceVersion=x`), [500, number]);
  assert.equal((await told('GET', ours, { accept: '' }))[0], 200);
  assert.match(String((await told('GET', secrets, { accept: 'text/html' }))[1]), /protobuf, application\/json;stream=watch, /);
  assert.equal((await told('GET', secrets, { authorization: `Bearer  ${adminToken}` }))[0], 403, 'two blanks: no login');
  assert.equal((await told('GET', secrets, { authorization: `bearer ${adminToken} more` }))[0], 200);
  const annotated = { ...body(), metadata: { name: 'null', annotations: { a: null } } };
  const { status, json } = await ask(fake, 'POST', secrets, annotated, admin);
  assert.deepEqual([status, (json['metadata'] as { annotations?: object }).annotations], [201, { a: '' }]);
  const merge = { 'content-type': 'application/merge-patch+json', ...admin };
  const nothing = await fetch(`${fake.url}${ours}`, { method: 'PATCH', headers: merge, body: 'null' });
  assert.equal(((await nothing.json()) as { message: string }).message, 'Invalid JSON Patch');
});
