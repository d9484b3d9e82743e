import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminToken, type Rancher2Options, startFakeRancher2 } from '../rancher2.ts';
import type { Rule } from './state.ts';

const backing = 'c-m-abcd1234-p-xyz12';
const data = (text: string) => ({ '.dockerconfigjson': Buffer.from(text).toString('base64') });
const secrets = ['a', 'b', 'c'].map(name => ({ namespace: 'team-a', name, data: data('{"auths":{}}') }));
const patch = { 'content-type': 'application/merge-patch+json' };
const asUser = { 'impersonate-user': 'u' };

interface Told {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown> & { data?: { id: string }[] };
}

/** A fake without login, for behaviour that is in the notes to the recordings but not in the recordings. */
async function rig(options: Rancher2Options & { rules?: readonly Rule[] } = {}) {
  const { rules = [], ...more } = options;
  const fake = await startFakeRancher2({ login: false, clusters: [{ id: 'local', secrets }], users: [{ name: 'u', rules }], ...more });
  async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: object | string): Promise<Told> {
    const sent = typeof body === 'object' ? JSON.stringify(body) : body;
    const answer = await fetch(fake.url + path, { method, headers, ...(sent !== undefined && { body: sent }) });
    const text = await answer.text();
    return { status: answer.status, text, json: text.startsWith('{') ? (JSON.parse(text) as Told['json']) : {} };
  }
  return { fake, ask, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
}
const idsOf = ({ json }: Told): string[] => json.data?.map(({ id }) => id) ?? [];
const rule = (...verbs: string[]): Rule => ({ apiGroups: [''], resources: ['secrets'], verbs, namespace: 'team-a' });

test('Steve wants the right to update for a patch; the proxy wants what the request needs', async () => {
  await using r = await rig({ rules: [rule('get', 'patch')] });
  const refused = await r.ask('PATCH', '/v1/secrets/team-a/a', { ...patch, ...asUser }, { data: data('{}') });
  assert.deepEqual([refused.status, refused.json['code']], [403, 'PermissionDenied']);
  assert.equal((await r.ask('PATCH', '/api/v1/namespaces/team-a/secrets/a', { ...patch, ...asUser }, { data: data('{}') })).status, 200);
});

test('Steve lists nothing without the right to list, and knows no type of which nothing is allowed', async () => {
  await using r = await rig({ rules: [rule('get')] });
  const empty = await r.ask('GET', '/v1/secrets', asUser);
  assert.deepEqual([empty.status, idsOf(empty)], [200, []]);
  const unknown = await r.ask('GET', '/v1/secrets', { 'impersonate-user': 'nobody' });
  assert.deepEqual([unknown.status, unknown.text], [404, '']);
});

test('with the SQL cache limit does not limit, pages name the next one, and what is filtered by has a grammar', async () => {
  await using r = await rig({ sqlCache: true });
  const list = (query: string) => r.ask('GET', `/v1/secrets/team-a?${query}`);
  assert.equal(idsOf(await list('limit=1')).length, 3);
  const second = await list('pagesize=1&page=2');
  assert.deepEqual([idsOf(second), second.json['count'], second.json['continue']], [['team-a/b'], 3, '2']);
  assert.deepEqual(
    await Promise.all(
      [
        '_type=dockerconfigjson',
        '_type~DockerConfigJSON',
        'metadata.name in (a,c)',
        'metadata.name=a,metadata.name=b',
        '!metadata.labels.x',
      ].map(async filter => idsOf(await list(`filter=${encodeURIComponent(filter)}`)).length),
    ),
    [0, 3, 2, 2, 3],
  );
  const refusals: readonly [filter: string, status: number, message: string][] = [
    ['nonsense=1', 422, 'column is invalid [nonsense]: supplied column is invalid'],
    ['metadata.name', 500, "existence tests are valid only for labels; not valid for field 'metadata.name'"],
    ['metadata.name=', 500, 'found end of a query string, expected: a comparison value'],
    ['(a)', 500, "found '(', expected: !, identifier, or 'end of string'"],
    ['metadata.name=a&revision=x', 400, 'value x for revision query param is not valid'],
  ];
  for (const [filter, status, message] of refusals) {
    const { json } = await list(`filter=${encodeURIComponent(filter).replace('%26revision%3D', '&revision=')}`);
    assert.deepEqual([json['status'], json['message']], [status, message]);
  }
});

test('without the SQL cache a part of a value is enough, brackets mean nothing, and a filter without a test lets nothing pass', async () => {
  await using r = await rig();
  const count = async (filter: string) => idsOf(await r.ask('GET', `/v1/secrets/team-a?filter=${encodeURIComponent(filter)}`)).length;
  assert.deepEqual(await Promise.all(['type=dockerconfigjson', 'metadata.labels[a]!=b', 'metadata.name', ''].map(count)), [3, 3, 0, 0]);
});

test('Steve refuses methods before it looks, reads the first value of a body, and drops what is its own', async () => {
  await using r = await rig({ rules: [rule('get', 'list')] });
  const told = async (method: string, path: string, headers: Record<string, string> = {}, body?: object | string) => {
    const { status, text } = await r.ask(method, path, headers, body);
    return [status, text.startsWith('{') ? (JSON.parse(text) as { message?: string }).message : text];
  };
  assert.deepEqual(await told('OPTIONS', '/v1/secrets'), [405, 'Invalid method OPTIONS not supported']);
  assert.deepEqual(await told('PUT', '/v1/secrets/team-a', {}, {}), [403, 'Method PUT not supported']);
  assert.deepEqual(await told('DELETE', '/v1/secrets/team-a/a', asUser), [403, 'Method DELETE not supported']);
  assert.deepEqual(await told('POST', '/v1/secrets', {}, ''), [422, 'Failed to parse body: EOF']);
  assert.deepEqual(await told('POST', '/v1/secrets', {}, '{"a":'), [422, 'Failed to parse body: unexpected EOF']);
  assert.deepEqual(await told('POST', '/v1/secrets', {}, '{} and more'), [422, 'metadata.namespace is required']);
  assert.deepEqual(await told('PUT', '/v1/secrets/team-a/a', {}, { metadata: { resourceVersion: '1' } }), [500, 'name is required']);
  const patched = await r.ask('PATCH', '/v1/secrets/team-a/a', { 'content-type': '' }, { type: 'Opaque', data: data('{}') });
  assert.deepEqual([patched.status, patched.json['_type']], [200, 'kubernetes.io/dockerconfigjson']);
  assert.match(idsOf(await r.ask('GET', '/v1/secrets/team-a/'))[0] ?? '', /a$/);
  assert.equal((await r.ask('DELETE', '/v1/secrets/team-a/a')).status, 204);
});

test("the proxy asks for the cluster as the user, and a cluster that is not provisioned is the proxy's 503", async () => {
  const clusters = [
    { id: 'c-new', provisioned: false },
    { id: 'c-down', down: true },
  ];
  await using r = await rig({ clusters, rules: [] });
  const ask = async (id: string, headers: Record<string, string> = {}) => {
    const { status, text } = await r.ask('GET', `/k8s/clusters/${id}/api/v1/secrets`, headers);
    return [status, text.startsWith('{') ? (JSON.parse(text) as { Message: string }).Message : text];
  };
  assert.deepEqual(await ask('c-new'), [503, 'cluster not provisioned']);
  assert.deepEqual(await ask('c-none'), [404, 'clusters.management.cattle.io "c-none" not found']);
  assert.deepEqual(await ask('c-down'), [500, 'cluster agent disconnected']);
  assert.equal((await ask('c-new', asUser))[0], 403);
  assert.equal((await r.ask('GET', '/k8s/clusters/c-new/v1/secrets', asUser)).status, 401);
});

test('Norman keeps labels that are not sent, drops those left out of a sent map, and never those of Rancher', async () => {
  const path = `/v3/project/c-m-abcd1234:p-xyz12/dockercredentials/${backing}:ecr`;
  const annotations = { 'field.cattle.io/projectId': 'c-m-abcd1234:p-xyz12' };
  const ecr = {
    namespace: backing,
    name: 'ecr',
    data: data('{"auths":{}}'),
    labels: { 'cattle.io/creator': 'norman', team: 'x' },
    annotations,
  };
  const projects = [{ id: 'c-m-abcd1234:p-xyz12', backingNamespace: backing }];
  await using r = await rig({ projects, clusters: [{ id: 'local', secrets: [ecr, { ...ecr, name: 'bare', annotations: {} }] }] });
  assert.deepEqual((await r.ask('PUT', path, {}, { registries: {} })).json['labels'], { 'cattle.io/creator': 'norman', team: 'x' });
  assert.deepEqual((await r.ask('PUT', path, {}, { labels: { other: 'y' } })).json['labels'], {
    'cattle.io/creator': 'norman',
    other: 'y',
  });
  const bare = await r.ask('GET', path.replace(/ecr$/, 'bare'));
  assert.deepEqual([bare.status, bare.text], [200, 'null']);
});

test('a page of Norman names the next one by its first id', async () => {
  const annotations = { 'field.cattle.io/projectId': 'c-m-abcd1234:p-xyz12' };
  const all = secrets.map(secret => ({ ...secret, namespace: backing, annotations }));
  await using r = await rig({
    projects: [{ id: 'c-m-abcd1234:p-xyz12', backingNamespace: backing }],
    clusters: [{ id: 'local', secrets: all }],
  });
  const first = await r.ask('GET', '/v3/project/c-m-abcd1234:p-xyz12/dockercredentials?limit=2');
  assert.deepEqual(idsOf(first), [`${backing}:a`, `${backing}:b`]);
  const { next = '' } = first.json['pagination'] as { next?: string };
  assert.deepEqual(idsOf(await r.ask('GET', next.replace(r.fake.url, ''))), [`${backing}:c`]);
});

test('a stale version is refused, and a continued list goes on where it ended', async () => {
  await using r = await rig();
  const path = '/api/v1/namespaces/team-a/secrets';
  const stale = await r.ask('PATCH', `${path}/a`, patch, { metadata: { resourceVersion: '1' }, data: data('{}') });
  assert.deepEqual([stale.status, stale.json['reason']], [409, 'Conflict']);
  const first = await r.ask('GET', `${path}?limit=2`);
  const token = (first.json['metadata'] as { continue: string }).continue;
  const second = await r.ask('GET', `${path}?limit=2&continue=${token}`);
  assert.deepEqual([(first.json['items'] as object[]).length, (second.json['items'] as object[]).length], [2, 1]);
});

test('a token in odd forms (2.15, pkg/auth/tokens/token_util.go)', async () => {
  // In base64 this has letters that base64 for URLs writes in another way.
  const tokens = [
    { name: 'token-x', secret: '~~>?>?', user: 'admin' },
    { name: 'token-admin', secret: adminToken.split(':')[1] ?? '', user: 'admin' },
  ];
  await using r = await rig({
    login: true,
    users: [{ name: 'admin', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }],
    tokens,
  });
  const statusOf = async (headers: Record<string, string>): Promise<number> => (await r.ask('GET', '/v3/clusters', headers)).status;
  const encoded = Buffer.from('token-x:~~>?>?').toString('base64');
  const forUrls = encoded.replaceAll('+', '-').replaceAll('/', '_');
  assert.match(encoded, /[+/]/);
  const good = [`Bearer ${adminToken}`, ` bearer   ${adminToken} `, `Bearer ext/${adminToken}`, `Basic ${forUrls}`];
  for (const authorization of good) assert.equal(await statusOf({ authorization }), 200, authorization);
  const bad = [
    `Bearer ${adminToken} more`,
    `Bearer\t${adminToken}`,
    `Basic ${encoded}`,
    `Basic ${forUrls.replace(/=+$/, '')}x`,
    adminToken,
    'Bearer',
    `Token ${adminToken}`,
  ];
  for (const authorization of bad) assert.equal(await statusOf({ authorization }), 401, authorization);
  assert.equal(await statusOf({ cookie: `a=b; R_SESS=${adminToken}` }), 200);
  assert.equal(await statusOf({ cookie: `R_SESS=${adminToken}`, authorization: 'Bearer x:y' }), 401, 'the header counts alone');
});

test('Norman takes a slash at the end, and methods and the action remove from the query (norman v0.10.0, parse/parse.go)', async () => {
  const project = { id: 'c-m-abcd1234:p-xyz12', backingNamespace: backing };
  await using r = await rig({ projects: [project], clusters: [{ id: 'local', namespaces: [{ name: backing }] }] });
  const path = '/v3/project/c-m-abcd1234:p-xyz12/dockercredentials';
  assert.equal((await r.ask('POST', path, {}, { name: 'dc' })).status, 201);
  assert.deepEqual(idsOf(await r.ask('GET', `${path}/`)), [`${backing}:dc`]);
  assert.deepEqual([(await r.ask('GET', '/v3/projects/')).status, (await r.ask('GET', '/v3/projects')).status], [200, 200]);
  const acted = await r.ask('POST', `${path}?action=rotate`, {}, {});
  assert.deepEqual([acted.status, acted.json['code'], acted.json['message']], [422, 'InvalidAction', 'Invalid action: rotate']);
  assert.equal((await r.ask('GET', `${path}/${backing}:dc?_method=PATCH`)).status, 405);
  assert.equal((await r.ask('POST', `${path}/${backing}:dc?action=remove`)).status, 204);
  assert.deepEqual(idsOf(await r.ask('GET', path)), []);
});

test('the proxy reads requests as the API server does (seen on Kubernetes 1.36.3)', async () => {
  await using r = await rig({ clusters: [{ id: 'local', namespaces: [{ name: 'team-a' }], secrets }] });
  const path = '/api/v1/namespaces/team-a/secrets';
  const json = { 'content-type': 'application/json' };
  const told = async (
    method: string,
    at: string,
    headers: Record<string, string> = {},
    body?: object | string,
  ): Promise<[number, unknown]> => {
    const { status, json: said } = await r.ask(method, at, headers, body);
    return [status, said['message']];
  };
  assert.equal((await r.ask('GET', `${path}/a/`)).json['kind'], 'Secret');
  assert.deepEqual(await told('GET', `${path}/a/status`), [404, 'the server could not find the requested resource']);
  assert.deepEqual(await told('GET', `${path}?limit=`), [400, 'strconv.ParseInt: parsing "": invalid syntax']);
  assert.equal((await told('GET', `${path}?resourceVersion=99999999`))[0], 504);
  assert.deepEqual(await told('GET', `${path}?fieldSelector=nope`), [400, "invalid selector: 'nope'; can't understand 'nope'"]);
  assert.equal((await told('GET', path, { accept: 'text/html' }))[0], 406);
  const partial = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' };
  assert.equal((await r.ask('GET', `${path}/a`, partial)).json['kind'], 'PartialObjectMetadata');
  const elsewhere = 'the namespace of the provided object does not match the namespace sent on the request';
  assert.deepEqual(await told('POST', path, json, { metadata: { name: 'd', namespace: 'other' } }), [400, elsewhere]);
  assert.equal((await told('POST', path, json, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'd' } }))[0], 400);
  assert.deepEqual(await told('POST', path, json, '{}'), [
    422,
    'Secret "" is invalid: metadata.name: Required value: name or generateName is required',
  ]);
  assert.equal((await told('POST', path, { 'content-type': 'text/plain' }, '{}'))[0], 415);
  const other = 'the name of the object (b) does not match the name on the URL (a)';
  assert.deepEqual(await told('PUT', `${path}/a`, json, { metadata: { name: 'b' } }), [400, other]);
  assert.deepEqual(await told('PATCH', `${path}/a`, patch, { metadata: { name: 'b' } }), [400, other]);
  assert.deepEqual(await told('PATCH', `${path}/a`, patch, 'null'), [400, 'Invalid JSON Patch']);
  assert.equal((await told('GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'))[0], 405);
  assert.deepEqual(await told('GET', '/api/v1/namespaces/none'), [404, 'namespaces "none" not found']);
  assert.equal((await r.ask('DELETE', `${path}/c`)).json['status'], 'Success');
  assert.equal((await told('GET', `${path}/c`))[0], 404);
});
