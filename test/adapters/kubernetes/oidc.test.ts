import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { oidcKeeper } from '../../../adapters/kubernetes/oidc.ts';
import type { HttpBase } from '../../../src/contract/http.ts';
import { Secret } from '../../../src/contract/secret.ts';
import { lendFiles } from '../../../src/io/lent-files.ts';
import { lendHttp } from '../../../src/io/lent-http.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { type IssuerOptions, startIssuer } from '../../fakes/issuer.ts';
import { courierToken } from '../../fakes/kubernetes.ts';
import { failing, soon } from '../rig.ts';
import { kubeconfig, rigWith } from './kubeconfig-rig.ts';

interface Setting extends IssuerOptions {
  /** Seconds until the id-token of the kubeconfig expires; without it the kubeconfig has no id-token. */
  readonly ends?: number;
  readonly refreshes?: 'yes' | 'no';
  readonly more?: object;
}

/** Opens a target whose kubeconfig has an OIDC user. The cluster accepts only the newest id-token. */
async function rig({ ends, refreshes = 'yes', more, ...options }: Setting = {}) {
  const clock = createVirtualClock();
  const issuer = await startIssuer({ now: clock.wall, ...options });
  const first = ends === undefined ? undefined : issuer.idToken(ends);
  const user = {
    'auth-provider': {
      name: 'oidc',
      config: {
        'idp-issuer-url': `${issuer.url}/realm`,
        'client-id': issuer.clientId,
        ...(options.clientSecret && { 'client-secret': options.clientSecret }),
        ...(first && { 'id-token': first }),
        ...(refreshes === 'yes' && { 'refresh-token': issuer.refreshToken }),
        ...more,
      },
    },
  };
  const t = await rigWith(server => ({ cluster: { server }, user }), {}, { clock });
  const cluster = t.fake.tokens.get(courierToken) ?? assert.fail();
  const lets = (token = issuer.given.at(-1)): void => {
    t.fake.tokens.clear();
    if (token !== undefined) t.fake.tokens.set(token, cluster);
  };
  if (first) lets(first);
  issuer.fault = () => undefined;
  // The cluster accepts each token as soon as the issuer gives it out.
  const push = issuer.given.push.bind(issuer.given);
  issuer.given.push = (...tokens) => (lets(tokens.at(-1)), push(...tokens));
  return {
    ...t,
    clock,
    issuer,
    user,
    lets,
    asked: () => issuer.requests.filter(({ method }) => method === 'POST').length,
    config: () => readFile(t.at('config'), 'utf8'),
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

const silent = { info: () => undefined, debug: () => undefined };
const asking = (issuer: string) => ({
  oidc: {
    issuer,
    clientId: 'c',
    clientSecret: undefined,
    idToken: undefined,
    refreshToken: new Secret('r'),
    authorities: undefined,
    from: 'the user u',
  },
  authorities: undefined,
  home: { path: '/nowhere', read: () => undefined },
  why: 'due' as const,
  signal: soon(),
});

describe('a login by OpenID Connect', () => {
  test('shows the id-token while that is good, and asks nobody', async () => {
    await using t = await rig({ ends: 600 });
    assert.equal((await t.discover()).slots.length, 2);
    await t.clock.advance(120_000);
    await t.discover();
    assert.equal(t.issuer.requests.length, 0);
  });

  test('gets the next one shortly before the end, and not before, over and over', async () => {
    await using t = await rig({ ends: 600 });
    await t.discover();
    await t.clock.advance(560_000);
    await t.discover();
    assert.equal(t.asked(), 0);
    for (let round = 1; round <= 3; round++) {
      await t.clock.advance(15_000);
      assert.equal((await t.discover()).slots.length, 2);
      assert.equal(t.asked(), round);
      await t.clock.advance(550_000);
      await t.discover();
      assert.equal(t.asked(), round, 'it is kept');
      await t.clock.advance(5_000);
    }
    assert.equal(await t.config(), kubeconfigOf(t), 'what is not replaced is not written');
  });

  test('begins with a refresh-token alone, by each way in which a client proves itself', async () => {
    for (const options of [
      {},
      { clientSecret: 'the secret/of:the+client' },
      { clientSecret: 'the secret of the client', ways: ['client_secret_post'] },
      { clientSecret: 'the secret of the client', ways: ['client_secret_post', 'client_secret_basic'] },
    ]) {
      await using t = await rig(options);
      assert.equal((await t.discover()).slots.length, 2, JSON.stringify(options));
    }
  });

  test('is renewed at once where the cluster refuses the id-token', async () => {
    await using t = await rig({ ends: 600 });
    await t.discover();
    t.lets('another');
    assert.equal((await t.discover()).slots.length, 2);
    assert.equal(t.asked(), 1);
  });

  test('keeps the file in step where a refresh-token is good for one use, and changes nothing else in it', async () => {
    await using t = await rig({ ends: -1, rotates: true });
    const before = await t.config();
    await t.discover();
    assert.equal(await t.config(), before.replace('number-1', 'number-2'));
    await t.clock.advance(61_000);
    await t.discover();
    assert.equal(t.asked(), 1, 'the file that was written anew is no reason to ask');
    for (let round = 3; round <= 4; round++) {
      await t.clock.advance(600_000);
      await t.discover();
      assert.equal(await t.config(), before.replace('number-1', `number-${round}`));
    }
    assert.equal(t.asked(), 3);
  });

  test('asks once for all who need a token in the same moment', async () => {
    const clock = createVirtualClock();
    await using issuer = await startIssuer({ rotates: true, now: clock.wall });
    await using clients = new AsyncDisposableStack();
    const log = { info: () => undefined, debug: () => undefined };
    const means = {
      http: (base: HttpBase) => clients.use(lendHttp(base, { allowHttp: true, env: {} })),
      files: lendFiles({ writes: 'refused' }),
      clock,
      log,
    };
    const oidc = {
      issuer: `${issuer.url}/realm`,
      clientId: issuer.clientId,
      clientSecret: undefined,
      idToken: undefined,
      authorities: undefined,
      from: 'u',
    };
    const refreshToken = new Secret(issuer.refreshToken);
    const home = { path: '/nowhere', read: () => undefined };
    const keepers = Array.from({ length: 5 }, () => oidcKeeper(means));
    const ask = { oidc: { ...oidc, refreshToken }, authorities: undefined, home, why: 'due' as const, signal: soon() };
    for (let round = 1; round <= 3; round++) {
      const logins = await Promise.all(keepers.map(keeper => keeper(ask)));
      assert.deepEqual(new Set(logins.map(({ token }) => token.reveal())), new Set(issuer.given.slice(-1)));
      assert.equal(issuer.given.length, round);
      clock.suspend(600_000);
    }
  });

  test('asks once for two targets of one user', async () => {
    await using t = await rig({ ends: -1, rotates: true });
    for (let round = 1; round <= 3; round++) {
      await Promise.all([t.discover(), t.again()]);
      assert.equal(t.asked(), round);
      await t.clock.advance(600_000);
    }
  });

  test('a file that cannot be written, or is written in another way, leaves a line in the log, and the new token counts', async () => {
    await using t = await rig({ ends: -1, rotates: true });
    const text = await t.config();
    const escaped = text.replace('refresh-token-number-1', 'refresh\\u002dtoken-number-1');
    await t.write('config', escaped);
    await t.discover();
    assert.equal(await t.config(), escaped);
    assert.match(inspect(t.logged), /refresh-token not written back/);
    await t.clock.advance(600_000);
    assert.equal((await t.discover()).slots.length, 2);
    assert.equal(t.asked(), 2);

    // Tokens that, once written, would read back differently or make the file unreadable.
    for (const nextToken of [(at: number) => `next\\u0041-${at}`, (at: number) => `next"-${at}`]) {
      await using odd = await rig({ ends: -1, rotates: true, nextToken });
      const before = await odd.config();
      await odd.discover();
      assert.equal(await odd.config(), before);
      assert.match(inspect(odd.logged), /refresh-token not written back/);
    }
  });

  test('without a refresh-token ends with the id-token, and another login in the file counts', async () => {
    await using t = await rig({ ends: 600, refreshes: 'no' });
    await t.discover();
    await t.clock.advance(601_000);
    t.lets('another');
    const failure = await failing(t.discover());
    assert.equal(failure.code, 'AUTH');
    assert.match(failure.message, /^The id-token of the user u in .* has ended, and there is no refresh-token\.$/);
    const next = t.issuer.idToken(600);
    t.lets(next);
    await t.write('config', (await t.config()).replace(/"id-token":"[^"]*"/, `"id-token":"${next}"`));
    assert.equal((await t.discover()).slots.length, 2);
  });

  test('says what is wrong, and no secret', async () => {
    const cases: [Setting, (t: Awaited<ReturnType<typeof rig>>) => unknown, string, RegExp][] = [
      [
        { more: { 'refresh-token': 'a-refresh-token-that-is-spent' } },
        () => undefined,
        'AUTH',
        /refuses the refresh-token: "?invalid_grant, unknown \[secret\]/,
      ],
      [
        { clientSecret: 'right-secret', more: { 'client-secret': 'wrong-secret' } },
        () => undefined,
        'AUTH',
        /refuses the refresh-token: "?invalid_client/,
      ],
      [{}, t => (t.issuer.withIdToken = false), 'AUTH', /gives no id_token for a refresh-token/],
      [{}, t => t.issuer.deafen(), 'UNREACHABLE', /needs a new id-token\. .*nothing listens/],
      [{}, t => (t.issuer.fault = () => ({ status: 200, json: {} })), 'AUTH', /says no token_endpoint/],
      [{}, t => (t.issuer.fault = ({ method }) => (method === 'POST' ? { status: 503 } : undefined)), 'BUSY', /was answered with 503/],
    ];
    for (const [setting, prepare, code, said] of cases) {
      await using t = await rig(setting);
      prepare(t);
      const failure = await failing(t.discover());
      assert.match(failure.message, said);
      assert.equal(failure.code, code, failure.message);
      assert.match(failure.message, /^The user u in \/.* needs a new id-token\. /);
      const all = inspect([failure, failure.remedy, t.logged, t.target], { depth: 9 });
      for (const secret of ['a-refresh-token-that-is-spent', 'wrong-secret', t.issuer.refreshToken]) assert.ok(!all.includes(secret), all);
    }
  });

  test('that has ended is told by a command that only reads, with what to do', async () => {
    await using issuer = await startIssuer({});
    const http = (base: HttpBase) => lendHttp(base, { allowHttp: true, env: {}, writes: () => 'refused' });
    const keeper = oidcKeeper({ http, files: lendFiles({ writes: 'refused' }), clock: createVirtualClock(), log: silent });
    const failure = await failing(keeper(asking(`${issuer.url}/realm`)));
    assert.deepEqual(
      [failure.code, failure.message],
      ['AUTH', 'The id-token of the user u has ended. A command that only reads asks the issuer for no other.'],
    );
    assert.match(failure.remedy, /kubectl get namespaces/);
  });

  test('at an issuer without https is a mistake of the kubeconfig, and no option of the target helps', async () => {
    await using issuer = await startIssuer({});
    const http = (base: HttpBase) => lendHttp(base, { env: {} });
    const keeper = oidcKeeper({ http, files: lendFiles({ writes: 'allowed' }), clock: createVirtualClock(), log: silent });
    for (const url of [`${issuer.url}/realm`, 'issuer.example/realm']) {
      const failure = await failing(keeper(asking(url)));
      assert.deepEqual([failure.code, failure.remedy], ['MISCONFIGURED', 'Correct the kubeconfig. It is read again by itself.']);
      assert.match(failure.message, /idp-issuer-url of the user u is not of the form https:\/\/HOST/);
    }
    assert.deepEqual(issuer.requests, []);
  });

  test('of another kind, or by halves, is a mistake of the kubeconfig', async () => {
    const cases: [object, RegExp][] = [
      [{ name: 'gcp', config: {} }, /has the auth-provider gcp: no kubectl since 1\.26 knows any but oidc\.$/],
      [{ config: {} }, /has the auth-provider \(no name\)/],
      [{ name: 'oidc', config: { 'client-id': 'c' } }, /has no idp-issuer-url\.$/],
      [{ name: 'oidc', config: { 'idp-issuer-url': 'https://issuer.example' } }, /has no client-id\.$/],
      [
        { name: 'oidc', config: { 'idp-issuer-url': 'https://issuer.example', 'client-id': 'c' } },
        /has neither id-token nor refresh-token\.$/,
      ],
      [{ name: 'oidc', config: { 'idp-issuer-url': 'https://issuer.example', 'client-id': 7 } }, /client-id of .* is not text\.$/],
    ];
    for (const [provider, said] of cases) {
      await using t = await rigWith(server => ({ cluster: { server }, user: { 'auth-provider': provider } }));
      const failure = await failing(t.discover());
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(failure.message, said);
    }
    await using both = await rigWith(server => ({
      cluster: { server },
      user: { token: 't', 'auth-provider': { name: 'oidc', config: { 'idp-issuer-url': 'https://i', 'client-id': 'c', 'id-token': 'x' } } },
    }));
    assert.match((await failing(both.discover())).message, /has a login beside auth-provider\.$/);
  });
});

const kubeconfigOf = ({ fake, user }: Awaited<ReturnType<typeof rig>>): string => kubeconfig({ cluster: { server: fake.url }, user });
