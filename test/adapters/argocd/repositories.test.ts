import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprintOf } from '../../../src/contract/credential.ts';
import { untoldEnd } from '../../../src/contract/expiry.ts';
import { codesOf, given, host, linesOf, only, other } from '../rig.ts';
import { charts, made, namespace, passwordUntil, rig, valueOf } from './rig.ts';

const noLogin = { username: '', password: '' };
const publicHost = 'public.ecr.aws';

describe('repositories', () => {
  test('are found by whatever URL names a registry in ECR', async () => {
    const urls = {
      a: `${host}/charts`,
      b: `oci://${host}/charts/app`,
      c: `https://${host}/charts`,
      d: host,
      e: `${host.toUpperCase()}/charts/`,
      f: ` ${host}:443/charts`,
      g: `${host}:8443/charts`,
      h: 'ghcr.io/team/charts',
      i: `${host}.example.com/charts`,
      j: `https://example.com/${host}`,
      k: '',
    };
    await using t = await rig(Object.entries(urls).map(([name, url]) => made(name, charts(url))));
    const { slots } = await t.discover();
    assert.deepEqual(
      slots.map(({ id, registries }) => [id, registries.map(one => one.host).join()]),
      ['a', 'b', 'c', 'd', 'e', 'f'].map(name => [`${namespace}/${name}`, host]),
    );
    assert.equal(slots[0]?.title, `argocd/a (${host}/charts)`);
  });

  test('are only Secrets with a label of Argo CD for reading repositories', async () => {
    const labels = (kind: string): object => ({ metadata: { name: kind, namespace, labels: { 'argocd.argoproj.io/secret-type': kind } } });
    const named = ['repository', 'repo-creds', 'repository-write', 'cluster'].map(kind =>
      made(kind, charts(`${host}/${kind}`), labels(kind)),
    );
    await using t = await rig([...named, made('none', charts(host), { metadata: { name: 'none', namespace } })]);
    assert.deepEqual(linesOf(await t.discover()), ['argocd/repo-creds present', 'argocd/repository present']);
  });

  test('hold what their password is, and have drifted where user name or password are not from ECR', async () => {
    const end = new Date('2030-01-01T06:00:00Z');
    const password = passwordUntil(end);
    await using t = await rig([
      made('a', charts(host, password)),
      made('b', charts(host, 'by hand')),
      made('c', charts(host, password, { username: 'aws' })),
      made('d', charts(host, '')),
      made('e', charts(host, password, noLogin)),
    ]);
    const { slots } = await t.discover();
    assert.deepEqual(
      slots.map(({ state, holds }) => [state, holds]),
      [
        ['present', { fingerprint: fingerprintOf(password), expiresAt: end }],
        ['present', { fingerprint: fingerprintOf('by hand'), expiresAt: untoldEnd }],
        ['drifted', undefined],
        ['drifted', undefined],
        ['drifted', undefined],
      ],
    );
    assert.ok(!JSON.stringify(slots).includes(password));
  });

  test('without a login of their own are left to the credentials that they inherit', async () => {
    await using t = await rig([
      made('below', charts(`${host}/team/charts`, '', noLogin)),
      made('own', charts(`${host}/team/own`)),
      made('beside', charts(`${host}/other`, '', noLogin)),
      made('port', charts(`${host}:443/team/charts`, '', noLogin)),
      made('scheme', charts(`oci://${host}/team/charts`, '', { ...noLogin, type: 'oci' })),
      made('key', charts(`${host}/team/key`, '', { ...noLogin, tlsClientCertData: 'c', useAzureWorkloadIdentity: 'false' })),
      made('creds', charts(`${host.toUpperCase()}/team`), {}, 'repo-creds'),
      made('creds-port', charts(`${host}:443/`), {}, 'repo-creds'),
      made('empty', charts(''), {}, 'repo-creds'),
    ]);
    const expected = [
      'beside drifted',
      'creds present',
      'creds-port present',
      'key drifted',
      'own present',
      'port drifted',
      'scheme drifted',
    ];
    assert.deepEqual(
      linesOf(await t.discover()),
      expected.map(line => `argocd/${line}`),
    );
  });

  test('wish for a source, or to be left alone, by annotation', async () => {
    const noted = (name: string, annotations: object): object => made(name, charts(host), { metadata: metaWith(name, annotations) });
    await using t = await rig([noted('a', { 'ecr-courier/source': 'prod' }), noted('b', { 'ecr-courier/enabled': 'false' })]);
    const { id, source } = only((await t.discover()).slots);
    assert.deepEqual([id, source], ['argocd/a', 'prod']);
  });

  test('in ECR Public are kept where a source is configured; else a login that ends is told', async () => {
    const objects = [
      made('login', charts(publicHost)),
      made('none', charts(`${publicHost}/x`, '', noLogin)),
      made('private', charts(host)),
    ];
    {
      await using t = await rig(objects);
      const found = await t.discover();
      assert.deepEqual(linesOf(found), ['argocd/private present']);
      assert.deepEqual(codesOf(found.findings), ['PUBLIC_REPOSITORY_LOGIN']);
    }
    await using t = await rig(objects, {}, { publicSource: 'configured' });
    const found = await t.discover();
    assert.deepEqual(linesOf(found), ['argocd/login present', 'argocd/none drifted', 'argocd/private present']);
    assert.deepEqual(found.findings, []);
  });
});

const metaWith = (name: string, annotations: object): object => ({
  name,
  namespace,
  annotations,
  labels: { 'argocd.argoproj.io/secret-type': 'repository' },
});

describe('what a person should know', () => {
  const owner = (kind: string): object => ({
    metadata: {
      ...metaWith('one', {}),
      ownerReferences: [{ apiVersion: 'external-secrets.io/v1', kind, name: 'charts', uid: 'u', controller: true }],
    },
  });
  const alive = passwordUntil(new Date(Date.now() + 3_600_000));
  const barred: readonly (readonly [string, object, string, RegExp])[] = [
    [
      'an owner that renews the login',
      made('one', charts(host, alive), owner('ExternalSecret')),
      'KEPT_ELSEWHERE',
      /ExternalSecret charts/,
    ],
    ['an owner that lets it end', made('one', charts(host, 'sealed'), owner('SealedSecret')), 'LEFT_TO_END', /SealedSecret charts/],
    [
      'the label of External Secrets',
      made('one', charts(host, alive), {
        metadata: {
          ...metaWith('one', {}),
          labels: { 'argocd.argoproj.io/secret-type': 'repository', 'reconcile.external-secrets.io/managed': 'true' },
        },
      }),
      'KEPT_ELSEWHERE',
      /External Secrets/,
    ],
    ['an immutable Secret', made('one', charts(host), { immutable: true }), 'REPOSITORY_IMMUTABLE', /immutable/],
    ['http://', made('one', charts(`HTTP://${host}/charts`)), 'PLAIN_TRANSPORT', /unencrypted/],
    ['forced HTTP', made('one', charts(host, 'old', { insecureOCIForceHttp: 'T' })), 'PLAIN_TRANSPORT', /unencrypted/],
  ];
  for (const [what, object, code, said] of barred)
    test(`${what}: the Secret gets nothing, and ${code} says why`, async () => {
      await using t = await rig([object]);
      const slot = only((await t.discover()).slots);
      assert.deepEqual([slot.registries, codesOf(slot.findings)], [[], [code]]);
      assert.match(slot.findings?.[0]?.message ?? '', said);
      assert.deepEqual(await t.deliver(slot, given(host)), { change: 'unchanged' });
    });
});

describe('a write', () => {
  test('changes the two values, and nothing else', async () => {
    await using t = await rig([made('one', charts(`${host}/charts`, 'old', { project: 'x', tlsClientCertData: 'é\u0000' }))]);
    const before = t.fake.get('secrets', namespace, 'one') ?? assert.fail();
    const slot = only((await t.discover()).slots);
    assert.deepEqual(await t.deliver(slot, given(host, 'new')), { change: 'updated' });
    const after = t.fake.get('secrets', namespace, 'one') ?? assert.fail();
    const { managedFields: _a, resourceVersion: _b, ...meta } = after.metadata;
    const { managedFields: _c, resourceVersion: _d, ...metaBefore } = before.metadata;
    assert.deepEqual(meta, metaBefore);
    const data = { ...(before['data'] as object), password: Buffer.from('new').toString('base64') };
    assert.deepEqual({ ...after, metadata: {} }, { ...before, metadata: {}, data });
    assert.deepEqual(await t.deliver(slot, given(host, 'new')), { change: 'unchanged' });
  });

  test('gives a Secret without a login both values', async () => {
    await using t = await rig([made('one', { url: host, type: 'helm', enableOCI: 'true' })]);
    await t.deliver(only((await t.discover()).slots), given(host, 'new'));
    assert.deepEqual([valueOf(t.fake, 'one', 'username'), valueOf(t.fake, 'one', 'password')], ['AWS', 'new']);
  });

  for (const when of ['before it', 'meanwhile'] as const) {
    test(`makes no Secret again that was deleted ${when}`, async () => {
      await using t = await rig([made('one', charts(host))]);
      const slot = only((await t.discover()).slots);
      during(t.fake, when, () => t.fake.remove('secrets', namespace, 'one'));
      await assert.rejects(t.deliver(slot, given(host)), { code: 'NOT_FOUND' });
      assert.equal(t.fake.get('secrets', namespace, 'one'), undefined);
    });

    test(`gives no password to a URL that was changed ${when}`, async () => {
      await using t = await rig([made('one', charts(host))]);
      const slot = only((await t.discover()).slots);
      const url = Buffer.from(`${other}/charts`).toString('base64');
      during(t.fake, when, () => t.fake.edit('secrets', namespace, 'one', { data: { url } }));
      await assert.rejects(t.deliver(slot, given(host, 'new')), { code: 'NOT_FOUND' });
      assert.equal(valueOf(t.fake, 'one', 'password'), 'old');
    });

    test(`goes on where something else was changed ${when}`, async () => {
      await using t = await rig([made('one', charts(host))]);
      const slot = only((await t.discover()).slots);
      during(t.fake, when, () => t.fake.edit('secrets', namespace, 'one', { metadata: { labels: { team: 'b' } } }));
      assert.deepEqual(await t.deliver(slot, given(host, 'new')), { change: 'updated' });
      assert.equal(t.fake.get('secrets', namespace, 'one')?.metadata.labels?.['team'], 'b');
    });
  }

  test('leaves alone what has become somebody else’s', async () => {
    await using t = await rig([made('one', charts(host))]);
    const slot = only((await t.discover()).slots);
    t.fake.edit('secrets', namespace, 'one', { immutable: true });
    await assert.rejects(t.deliver(slot, given(host)), { code: 'CONFLICT', message: 'Secret argocd/one is immutable.' });
  });

  test('is rehearsed by the server', async () => {
    await using t = await rig([made('one', charts(host))]);
    assert.deepEqual(await t.rehearse(only((await t.discover()).slots), given(host)), { change: 'updated' });
    assert.equal(valueOf(t.fake, 'one', 'password'), 'old');
    assert.match(t.asked().at(-1) ?? '', /^PATCH .*dryRun=All$/);
  });
});

type Fake = Awaited<ReturnType<typeof rig>>['fake'];

/** Does something once: now, or when the next write arrives. */
function during(fake: Fake, when: 'before it' | 'meanwhile', act: () => unknown): void {
  if (when === 'before it') return void act();
  fake.fault = ({ method }) => {
    if (method !== 'PATCH') return undefined;
    fake.fault = undefined;
    act();
    return undefined;
  };
}
