import assert from 'node:assert/strict';
import { chmod, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { beside } from '../../../adapters/kubernetes/fields.ts';
import { contextIn } from '../../../adapters/kubernetes/kubeconfig.ts';
import { kubernetes } from '../../../adapters/kubernetes.ts';
import { readYaml } from '../../../config/plain.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { until } from '../../commands/cli.ts';
import { createAuthority } from '../../fakes/authority.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { courierToken, leastRules, startFakeKubernetes } from '../../fakes/kubernetes.ts';
import { failing } from '../rig.ts';
import { courier, kubeconfig, rigWith, type Said } from './kubeconfig-rig.ts';
import { type Options, optionsFor } from './rig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const v1 = 'client.authentication.k8s.io/v1';

describe('a context of a kubeconfig', () => {
  test('lets the courier in by a token, in the text or in a file beside it', async () => {
    await using byText = await rigWith(server => ({ cluster: { server }, user: { token: courierToken } }));
    assert.deepEqual(
      (await byText.discover()).slots.map(({ id }) => id),
      ['team-a/ecr-courier', 'team-b/ecr-courier'],
      'the namespace of the context is for kubectl',
    );
    await using byFile = await rigWith(server => ({ cluster: { server: `${server}/` }, user: { tokenFile: 'token', token: 'former' } }), {
      token: `${courierToken}\n`,
    });
    assert.equal((await byFile.discover()).slots.length, 2);
  });

  test('lets it in by a client certificate, as text or as files, over TLS of an authority that only it names', async () => {
    const authority = createAuthority();
    const { key, cert } = authority.certificateOf(courier);
    const tls = { ...authority.certificateFor('cluster.test'), clientCa: authority.ca };
    const named = (server: string, more: object): object => ({ server, 'tls-server-name': 'cluster.test', ...more });
    const texts = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    await using t = await rigWith(
      server => ({ cluster: named(server, { 'certificate-authority-data': base64(authority.ca) }), user: texts }),
      {},
      { cluster: { tls } },
    );
    assert.equal((await t.discover()).slots.length, 2);
    assert.equal(t.fake.requests.at(-1)?.headers.authorization, undefined);
    const files = { 'client-certificate': 'crt.pem', 'client-key': './key.pem' };
    await using f = await rigWith(
      server => ({ cluster: named(server, { 'certificate-authority': 'ca.pem' }), user: files }),
      { 'ca.pem': authority.ca, 'crt.pem': cert, 'key.pem': key },
      { cluster: { tls } },
    );
    assert.equal((await f.discover()).slots.length, 2);
  });

  test('never takes verification away: that is said by the target alone', async () => {
    const authority = createAuthority();
    const tls = authority.certificateFor('cluster.test');
    await using t = await rigWith(
      server => ({ cluster: { server, 'insecure-skip-tls-verify': true }, user: { token: courierToken } }),
      {},
      { cluster: { tls } },
    );
    const failure = await failing(t.discover());
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.message, /fingerprint|no known authority|another name/);
    assert.equal(t.fake.requests.length, 0);
  });

  test('is read again: another token and another server count within a minute, a refused token at once', async () => {
    const clock = createVirtualClock();
    await using t = await rigWith(server => ({ cluster: { server }, user: { token: courierToken } }), {}, { clock });
    await t.discover();
    t.fake.rotate(courierToken, 'the-next-token');
    await t.write('config', kubeconfig({ cluster: { server: t.fake.url }, user: { token: 'the-next-token' } }));
    assert.equal((await t.discover()).slots.length, 2);

    await using other = await startFakeKubernetes({ namespaces: ['elsewhere'], rules: leastRules() });
    await t.write('config', kubeconfig({ cluster: { server: other.url }, user: { token: courierToken } }));
    await clock.advance(61_000);
    assert.deepEqual(
      (await t.discover()).slots.map(({ id }) => id),
      ['elsewhere/ecr-courier'],
    );
  });

  test('that cannot be read for a moment does no harm; it is said when the former login is refused', async () => {
    const clock = createVirtualClock();
    await using t = await rigWith(server => ({ cluster: { server }, user: { token: courierToken } }), {}, { clock });
    await t.discover();
    await t.write('config', '{ half');
    await clock.advance(61_000);
    assert.equal((await t.discover()).slots.length, 2);
    t.fake.rotate(courierToken, 'another');
    const failure = await failing(t.discover());
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.message, /config:1:\d+ is not YAML or JSON/);
  });

  test('leads through the proxy that it names, and says so where it cannot', async () => {
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', ({ url = '', headers }, client) => {
      tunnels.push(`${url} ${headers['proxy-authorization']}`);
      const [name, port] = url.split(':');
      const server = connect(Number(port), name, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      server.on('error', () => client.destroy()).pipe(client);
      client.on('error', () => server.destroy()).pipe(server);
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const authority = createAuthority();
    const cluster = { tls: authority.certificateFor('cluster.test') };
    const said = (server: string, proxyUrl: string): Said => ({
      cluster: { server, 'tls-server-name': 'cluster.test', 'certificate-authority-data': base64(authority.ca), 'proxy-url': proxyUrl },
      user: { token: courierToken },
    });
    await using t = await rigWith(server => said(server, `http://me:proxy-password@127.0.0.1:${port}`), {}, { cluster });
    assert.equal((await t.discover()).slots.length, 2);
    assert.equal(tunnels[0], `${new URL(t.fake.url).host} Basic ${base64('me:proxy-password')}`);
    await t[Symbol.asyncDispose]();
    proxy.close();

    for (const login of ['', 'me:proxy-password@']) {
      await using gone = await rigWith(server => said(server, `http://${login}127.0.0.1:9`), {}, { cluster });
      const { code, message, remedy } = await failing(gone.discover());
      assert.equal(code, 'UNREACHABLE');
      assert.match(message, /^No connection to the proxy http:\/\/127\.0\.0\.1:9 \(proxy-url\) on the way to https:/);
      assert.ok(!message.includes('proxy-password') && message.split('proxy-url').length === 2, message);
      assert.equal(remedy, 'Check proxy-url, or leave proxy-url out.', 'NO_PROXY does not count');
    }

    await using socks = await rigWith(server => said(server, 'socks5://127.0.0.1:1080'), {}, { cluster });
    const failure = await failing(socks.discover());
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.message, /^proxy-url names a SOCKS proxy/);
  });

  test('is chosen by name: two targets of one file are two clusters', async () => {
    await using other = await startFakeKubernetes({ namespaces: ['elsewhere'], rules: leastRules() });
    const both = (server: string): Said => ({
      cluster: { server },
      user: { token: courierToken },
      more: {
        contexts: [
          { name: 'prod', context: { cluster: 'c', user: 'u' } },
          { name: 'stage', context: { cluster: 's', user: 'u' } },
        ],
        clusters: [
          { name: 'c', cluster: { server } },
          { name: 's', cluster: { server: other.url } },
        ],
      },
    });
    await using t = await rigWith(both, {}, {}, { context: 'stage' });
    assert.deepEqual(
      (await t.discover()).slots.map(({ id }) => id),
      ['elsewhere/ecr-courier'],
    );
    assert.match(t.target.address, /^stage in \/.*config$/);
  });

  test('keeps its secrets: no failure, log line or report shows one', async () => {
    const secrets = ['token-of-a-person', 'key-of-a-person'];
    await using t = await rigWith(server => ({ cluster: { server }, user: { token: secrets[0] } }));
    const failure = await failing(t.discover());
    assert.equal(failure.code, 'AUTH');
    const pem = `-----BEGIN CERTIFICATE-----\n${secrets[1]}`;
    await using broken = await rigWith(server => ({
      cluster: { server },
      user: { 'client-certificate-data': base64(pem), 'client-key-data': base64(secrets[1] ?? '') },
    }));
    const wrong = await failing(broken.discover());
    assert.match(wrong.message, /^client-key-data of the user u in .*config holds no private key in PEM\.$/);
    const said = inspect([failure, failure.remedy, wrong, wrong.remedy, t.logged, broken.logged, t.target], { depth: 9 });
    for (const secret of secrets) for (const form of [secret, base64(secret)]) assert.ok(!said.includes(form), said);
  });
});

test('authorities that replace those whose server has another certificate by now count in a minute', async () => {
  const [former, next] = [createAuthority(), createAuthority()];
  const cluster = { tls: next.certificateFor('cluster.test') };
  const trust = { 'tls-server-name': 'cluster.test', 'certificate-authority': 'ca.pem' };
  const said = (server: string): Said => ({ cluster: { server, ...trust }, user: { token: courierToken } });
  const clock = createVirtualClock();
  await using t = await rigWith(said, { 'ca.pem': former.ca }, { cluster, clock });
  const { code, facts } = await failing(t.discover());
  assert.deepEqual([code, facts.tryAgainMs], ['MISCONFIGURED', 60_000]);
  await t.write('ca.pem', next.ca);
  await clock.advance(60_000);
  assert.equal((await t.discover()).slots.length, 2);
});

describe('a program of a kubeconfig', () => {
  /** Prints the file `answer` beside it, and appends its argument and environment to `told`. */
  const script = '#!/bin/sh\ncd "${0%/*}"\necho "$1 $MORE $KUBERNETES_EXEC_INFO" >> told\ncat answer\n';
  const answer = (status: object, apiVersion = v1): string => JSON.stringify({ kind: 'ExecCredential', apiVersion, status });
  const exec = (more: object = {}): object => ({
    exec: {
      apiVersion: v1,
      command: './login',
      args: ['get'],
      env: [{ name: 'MORE', value: 'more' }],
      interactiveMode: 'IfAvailable',
      ...more,
    },
  });
  async function withProgram(said: string, more: object = {}, setting: Parameters<typeof rigWith>[2] = {}, cluster: object = {}) {
    const t = await rigWith(server => ({ cluster: { server, ...cluster }, user: exec(more) }), { login: script, answer: said }, setting);
    await chmod(t.at('login'), 0o700);
    return { ...t, told: async () => (await readFile(t.at('told'), 'utf8')).trimEnd().split('\n') };
  }

  test('gives a token, and is asked again when that ends, or is refused, and not before', async () => {
    const clock = createVirtualClock();
    const until = new Date(clock.wall() + 600_000).toISOString();
    await using t = await withProgram(answer({ token: courierToken, expirationTimestamp: until }), {}, { clock });
    assert.equal((await t.discover()).slots.length, 2);
    await clock.advance(120_000);
    await t.discover();
    assert.deepEqual(await t.told(), [`get more {"kind":"ExecCredential","apiVersion":"${v1}","spec":{"interactive":false}}`]);
    await clock.advance(451_000);
    await t.discover();
    assert.equal((await t.told()).length, 2, 'half a minute before its end');
    t.fake.rotate(courierToken, 'the-next-token');
    await t.write('answer', answer({ token: 'the-next-token' }));
    assert.equal((await t.discover()).slots.length, 2);
    await clock.advance(86_400_000);
    await t.discover();
    assert.equal((await t.told()).length, 3, 'nobody says when it ends');
  });

  test('gives a client certificate, and is told of the cluster where it asks for that', async () => {
    const authority = createAuthority();
    const { key, cert } = authority.certificateOf(courier);
    const cluster = { tls: { ...authority.certificateFor('cluster.test'), clientCa: authority.ca } };
    const beta = 'client.authentication.k8s.io/v1beta1';
    const trust = {
      'tls-server-name': 'cluster.test',
      'certificate-authority-data': base64(authority.ca),
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }],
    };
    const said = answer({ clientCertificateData: cert, clientKeyData: key }, beta);
    await using t = await withProgram(said, { apiVersion: beta, provideClusterInfo: true }, { cluster }, trust);
    assert.equal((await t.discover()).slots.length, 2);
    const info = JSON.parse((await t.told())[0]?.replace(/^[^{]*/, '') ?? '') as { spec: { cluster: object } };
    const { extensions: _, ...shown } = trust;
    assert.deepEqual(info.spec.cluster, { server: t.fake.url, ...shown, config: { audience: 'a' } });
  });

  test('that hangs is stopped, and is told by its name', async () => {
    const clock = createVirtualClock();
    await using t = await withProgram('', {}, { clock });
    await t.write('login', '#!/bin/sh\ncd "${0%/*}"\necho $$ > told\nexec sleep 1000\n');
    const failed = failing(t.discover());
    await until(async () => (await t.told().catch(() => [''])).join('') !== '', 'it runs');
    await clock.advance(31_000);
    const { code, message } = await failed;
    assert.equal(code, 'TIMEOUT');
    assert.match(message, /^\S+\/login, exec of the user u in .*config, did not end in time, and was stopped\.$/);
    const [pid = ''] = await t.told();
    assert.throws(() => process.kill(Number(pid), 0), 'it runs no more');
  });

  test('that fails is told with its words and its hint, without what it gave', async () => {
    const cases: readonly (readonly [string, object, RegExp])[] = [
      ['no JSON', {}, /login, exec of the user u in .*config, wrote no ExecCredential\.$/],
      [answer({ token: 'secret-of-a-program' }, 'other'), {}, /wrote another version than client\.authentication/],
      [answer({}), {}, /wrote neither token nor client certificate/],
      [answer({ clientCertificateData: 'c' }), {}, /wrote a client certificate without its key/],
    ];
    for (const [said, more, pattern] of cases) {
      await using t = await withProgram(said, more);
      const failure = await failing(t.discover());
      assert.equal(failure.code, 'AUTH');
      assert.match(failure.message, pattern);
    }
    await using missing = await withProgram('', { command: 'no-such-program', installHint: 'Install it from there.' });
    const absent = await failing(missing.discover());
    assert.match(absent.message, /^no-such-program did not run: there is no program no-such-program\.$/);
    assert.equal(absent.remedy, 'Install it from there.');
    await using broken = await withProgram('secret-of-a-program');
    await broken.write('login', `${script}cat answer >&2; echo ' is no good' >&2; exit 3\n`);
    const failed = await failing(broken.discover());
    assert.match(failed.message, /failed \(exit status 3\): .*is no good/);
    assert.ok(!failed.message.includes('secret-of-a-program'), failed.message);
  });
});

describe('what is wrong with a kubeconfig is said with its place', () => {
  const user = { token: 't' };
  const cluster = { server: 'https://c.test' };
  const cases: readonly (readonly [what: string, text: string, said: RegExp])[] = [
    ['no YAML', 'a: [', /^\/k\/config:\d+:\d+ is not YAML or JSON/],
    ['another file', 'kind: Pod', /^\/k\/config is not a kubeconfig/],
    ['no current context', kubeconfig({ more: { 'current-context': '' } }), /has no current-context/],
    ['an unknown context', kubeconfig({ more: { 'current-context': 'dev' } }), /has no context dev/],
    ['an unknown cluster', kubeconfig({ more: { clusters: [] } }), /has no cluster c/],
    ['an unknown user', kubeconfig({ cluster, more: { users: null } }), /has no user u/],
    ['no server', kubeconfig({ user }), /^The cluster c in \/k\/config has no server/],
    ['no login', kubeconfig({ cluster }), /has neither token nor client certificate/],
    ['a password', kubeconfig({ cluster, user: { username: 'me', password: 'hidden' } }), /has username: no Kubernetes since 1\.19/],
    ['somebody else', kubeconfig({ cluster, user: { token: 't', as: 'admin' } }), /has as: /],
    [
      'a program beside a token',
      kubeconfig({ cluster, user: { token: 't', exec: { command: 'x', apiVersion: v1 } } }),
      /has a login beside exec/,
    ],
    [
      'a program of another time',
      kubeconfig({ cluster, user: { exec: { command: 'x', apiVersion: 'a/v1alpha1' } } }),
      /^exec of the user u .* has the apiVersion a\/v1alpha1/,
    ],
    [
      'a program that asks',
      kubeconfig({ cluster, user: { exec: { command: 'x', apiVersion: v1, interactiveMode: 'Always' } } }),
      /needs a terminal \(interactiveMode: Always\)/,
    ],
    ['half a login', kubeconfig({ cluster, user: { 'client-key-data': 'aa' } }), /has a client key without its certificate/],
    ['a number', kubeconfig({ cluster, user: { token: 12345 } }), /^token of the user u in \/k\/config is not text/],
  ];
  for (const [what, text, said] of cases)
    test(what, () => {
      assert.throws(
        () => contextIn(readYaml(text, '/k/config'), { path: '/k/config', context: undefined }),
        (error: unknown) =>
          error instanceof Failure && error.code === 'MISCONFIGURED' && said.test(error.message) && !/hidden/.test(error.message),
      );
    });

  test('with its anchors and plain style, as people write it', () => {
    const text = `
apiVersion: v1
kind: Config
current-context: prod
clusters:
- {name: c, cluster: &c {server: "https://c.test/k8s/clusters/c-1/"}}
contexts:
- name: prod
  context: {cluster: c, user: u}
users:
- name: u
  user:
    tokenFile: ../token
`;
    const found = contextIn(readYaml(text, '/k/config'), { path: '/k/config', context: undefined });
    assert.equal(found.url, 'https://c.test/k8s/clusters/c-1');
    assert.deepEqual(found.token, { file: '/k/../token' });
  });

  test('paths in it are seen from its folder', () => {
    assert.equal(beside('/k/config', 'ca.pem'), '/k/ca.pem');
    assert.equal(beside('/k/config', '/etc/ca.pem'), '/etc/ca.pem');
    assert.equal(beside('config', 'ca.pem'), 'ca.pem');
    assert.equal(beside('C:\\k\\config', 'ca.pem'), 'C:\\k\\ca.pem');
    assert.equal(beside('C:\\k\\config', 'D:\\ca.pem'), 'D:\\ca.pem');
  });
});

test('options that say the same thing twice, or half of it, are refused', () => {
  const create = (more: Partial<Options>) => () =>
    kubernetes.create({ ...optionsFor('', ''), url: undefined, tokenFile: undefined, ...more }, { yaml: readYaml } as never);
  assert.throws(create({ kubeconfig: '/k', url: 'https://c.test' }), /`url` stands beside `kubeconfig`/);
  assert.throws(create({ kubeconfig: '/k', tokenFile: '/t' }), /`tokenFile` stands beside `kubeconfig`/);
  assert.throws(create({ context: 'prod' }), /`context` is one of a kubeconfig/);
});
