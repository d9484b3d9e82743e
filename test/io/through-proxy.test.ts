import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { request } from 'undici';
import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import { awsDispatcher } from '../../src/io/http.ts';
import { waysOf } from '../../src/io/reach.ts';
import { certificate, failing, failingNow, open, proxying, raw, serving, soon } from './servers.ts';

describe('proxies', () => {
  const at = (port: number | string, scheme = 'http'): string => `${scheme}://server.test:${port}`;

  test('HTTP_PROXY carries http, HTTPS_PROXY carries https, neither the other, and NO_PROXY and loopback go past both', async () => {
    await using server = await serving((_, response) => response.end('by the server'));
    await using proxy = await proxying(server.port);
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    const address = proxy.url.replace('http://', '');
    const table: readonly [NodeJS.ProcessEnv, 'server' | 'proxy', url?: string][] = [
      [{}, 'server'],
      [{ HTTP_PROXY: proxy.url }, 'proxy'],
      [{ HTTPS_PROXY: proxy.url }, 'server'],
      [{ http_proxy: address }, 'proxy'],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: 'a.test,server.test' }, 'server'],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: 'server.test', no_proxy: '' }, 'server'],
      [{ HTTP_PROXY: proxy.url, no_proxy: '*' }, 'server'],
      [{ HTTP_PROXY: proxy.url }, 'server', server.url],
      [{ HTTP_PROXY: proxy.url }, 'server', `http://localhost:${server.port}`],
    ];
    for (const [env, by, url = at(server.port)] of table) {
      await using http = open(url, { env, lookup });
      assert.equal((await http('GET', '/', { signal: soon() })).text, `by the ${by}`, JSON.stringify(env));
    }
  });

  test('a request for plain HTTP is sent on whole: address, host, login', async () => {
    await using proxy = await serving(({ url, headers }, response) => {
      response.end(JSON.stringify([url, headers.host, headers['proxy-authorization'], headers['x-api-key']]));
    });
    const HTTP_PROXY = proxy.url.replace('//', '//me:hunter2%25@');
    await using http = open(`${at(9000)}/base`, { env: { HTTP_PROXY }, headers: { 'X-API-Key': 'k' } });
    assert.deepEqual((await http('GET', '/x?y=1', { signal: soon() })).json(), [
      `${at(9000)}/base/x?y=1`,
      'server.test:9000',
      `Basic ${Buffer.from('me:hunter2%').toString('base64')}`,
      'k',
    ]);
  });

  test('a proxy that refuses, is dead, or is not a proxy is named as the one at fault, with its variable and without its password', async () => {
    // An IP address as the TLS server name is deprecated: Node would print a warning among the log lines.
    const warned: string[] = [];
    const listen = ({ message }: Error): void => void warned.push(message);
    process.on('warning', listen);
    await using refusing = await proxying(0, { refusal: 403 });
    await using wanting = await proxying(0, { refusal: 407 });
    await using dead = await raw(() => undefined);
    await dead[Symbol.asyncDispose]();
    await using cutting = await raw(socket => socket.destroy());
    await using asking = await proxying(0, { refusal: 400 });
    await using agreeing = await raw(socket => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    await using mute = await raw(() => undefined);
    await using ssh = await raw(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await using tls = await serving((_, response) => response.end(), 'self-signed');
    const withLogin = wanting.url.replace('//', '//me:hunter2@');
    const table: readonly [HTTPS_PROXY: string, FailureCode, says: RegExp, remedy: RegExp][] = [
      [refusing.url, 'MISCONFIGURED', /did not connect to https:\/\/server\.test: it answered 403/, /lets .* through.*NO_PROXY/],
      [
        wanting.url,
        'MISCONFIGURED',
        /wants a user and a password on the way to https:\/\/server\.test \(407\)/,
        /USER:PASSWORD@HOST:PORT in HTTPS_PROXY/,
      ],
      [withLogin, 'MISCONFIGURED', /does not accept our user and password/, /% as %25/],
      [dead.url, 'UNREACHABLE', /^No connection to the proxy .*nothing listens there \(ECONNREFUSED\)/, /HTTPS_PROXY/],
      [dead.url.replace('//', '//me:hunter2@'), 'UNREACHABLE', /nothing listens there/, /HTTPS_PROXY/],
      ['http://proxy.invalid:1', 'UNREACHABLE', /^No connection to the proxy .*name is not known|DNS/, /HTTPS_PROXY/],
      [
        cutting.url,
        'UNREACHABLE',
        /it was cut/,
        /^Check HTTPS_PROXY.* If the proxy itself wants TLS, begin HTTPS_PROXY with https:\/\/\.$/,
      ],
      [asking.url, 'UNREACHABLE', /it answered 400/, /^Ask whoever runs the proxy.* If the proxy itself wants TLS/],
      [agreeing.url, 'UNREACHABLE', /^No connection to https:.*it was cut/, /^Ask whoever runs the proxy whether it lets https:.*NO_PROXY/],
      [mute.url, 'UNREACHABLE', /CONNECT_TIMEOUT/, /HTTPS_PROXY/],
      [ssh.url, 'MISCONFIGURED', /does not speak HTTP/, /https:\/\//],
      [dead.url.replace('http:', 'https:'), 'UNREACHABLE', /nothing listens there/, /HTTPS_PROXY/],
      [refusing.url.replace('http:', 'https:'), 'MISCONFIGURED', /does not speak TLS/, /http:\/\/ in HTTPS_PROXY/],
      [tls.url, 'MISCONFIGURED', /shows a certificate that is not trusted/, /NODE_EXTRA_CA_CERTS/],
      ['socks5://me:hunter2@127.0.0.1:1', 'MISCONFIGURED', /SOCKS/, /option/],
    ];
    for (const [address, code, says, remedy] of table) {
      await using http = open('https://server.test', { env: { HTTPS_PROXY: address }, connectMs: 500 });
      const failure = await failing(http('PUT', '/', { signal: soon() }));
      assert.equal(failure.code, code, failure.message);
      assert.match(failure.message, says);
      assert.match(failure.remedy, remedy);
      assert.match(failure.message, /HTTPS_PROXY/);
      assert.doesNotMatch(`${failure.message} ${failure.remedy}`, /hunter2|[0-9A-F]{2}:[0-9A-F]{2}:/);
      assert.equal(failure.facts.mayLand, undefined);
    }
    process.off('warning', listen);
    assert.deepEqual(warned, []);
  });

  test('a proxy that takes no Basic is said to be so, whether we have a login or not', async () => {
    const table: readonly [wants: readonly string[], says: RegExp][] = [
      [['Basic realm="a, b"'], /wants a user and a password/],
      [['NTLM', 'basic realm=x'], /wants a user and a password/],
      [['Digest realm="Digest x", nonce=abc, qop="auth"', 'Basic'], /wants a user and a password/],
      [['NTLM'], /wants a login by NTLM on the way to http.*\(407\), and the courier can log in by Basic alone/],
      [['Negotiate', 'NTLM'], /wants a login by Negotiate or NTLM/],
      [['Negotiate, NTLM'], /wants a login by Negotiate or NTLM/],
      [['Negotiate YIIabc=='], /wants a login by Negotiate on/],
      [['Digest realm="x", nonce=abc, qop="auth"'], /wants a login by Digest on/],
      [[], /wants a user and a password/],
    ];
    for (const [wants, says] of table) {
      await using tunnels = await proxying(0, { refusal: 407, wants });
      await using https = open('https://server.test', { env: { HTTPS_PROXY: tunnels.url } });
      assert.match((await failing(https('GET', '/', { signal: soon() }))).message, says);
      await using pages = await serving((_, response) => response.writeHead(407, { 'proxy-authenticate': [...wants] }).end());
      for (const user of ['', 'me:hunter2@']) {
        await using http = open('http://server.test', { env: { HTTP_PROXY: pages.url.replace('//', `//${user}`) } });
        const { message, remedy } = http.failure(await http('GET', '/', { signal: soon() }));
        if (user === '' || says.source.includes('login')) assert.match(message, says);
        assert.match(remedy, says.source.includes('login') ? /cntlm.*HTTP_PROXY, or .*NO_PROXY/ : /USER:PASSWORD/);
      }
    }
  });

  test('a proxy that is mute until a request has lasted too long is said to be so', async () => {
    const request = new AbortController();
    const late = Object.assign(new Error('no answer within 5 s'), { name: 'TimeoutError' });
    await using mute = await raw(() => request.abort(late));
    const road = waysOf({ env: { HTTPS_PROXY: mute.url } }).to(new URL('https://server.test'));
    const failure = await failing(road.connect(request.signal));
    assert.equal(
      failure.message,
      `No connection to the proxy ${mute.url} (HTTPS_PROXY) on the way to https://server.test: no answer within 5 s.`,
    );
  });

  test('what fails behind the proxy names it, too', async () => {
    await using server = await raw(socket => socket.resetAndDestroy());
    await using plain = await serving((_, response) => response.writeHead(502).end('no'));
    await using proxy = await proxying(server.port);
    await using toPlain = await proxying(plain.port);
    const through = async (HTTPS_PROXY: string): Promise<Failure> => {
      await using http = open(at(443, 'https'), { env: { HTTPS_PROXY } });
      return await failing(http('GET', '/', { signal: soon() }));
    };
    assert.ok((await through(proxy.url)).message.includes(`(through the proxy ${proxy.url} (HTTPS_PROXY))`));
    const noTls = await through(toPlain.url);
    assert.match(noTls.message, /server\.test does not speak TLS/);
    assert.ok(noTls.message.includes(toPlain.url));
    assert.match(noTls.remedy, /^Name the https port.*answers in the place of the server: put the host into NO_PROXY/);
    assert.doesNotMatch(noTls.remedy, /http:\/\/ in the address/);
    await using wanting = await serving((_, response) => response.writeHead(407).end('<html>'));
    await using asking = open(at(9000), { env: { HTTP_PROXY: wanting.url } });
    const login = asking.failure(await asking('GET', '/', { signal: soon() }), 'Portainer said no');
    assert.equal(login.code, 'MISCONFIGURED');
    assert.match(login.message, /^The proxy .* \(HTTP_PROXY\) wants a user and a password/);
    await using forwarded = open(at(9000), { env: { HTTP_PROXY: plain.url } });
    const answer = await forwarded('GET', '/', { signal: soon() });
    assert.ok(forwarded.failure(answer).message.includes(`(through the proxy ${plain.url} (HTTP_PROXY))`));
    assert.ok(forwarded.failure(answer, 'Portainer said no').message.includes(plain.url));
    assert.ok(failingNow(() => answer.json()).message.includes(plain.url));
  });

  test('a server that cannot be reached without a proxy is named, and the entry of NO_PROXY that leads past one', async () => {
    const tries = async (url: string, env: NodeJS.ProcessEnv) => {
      await using http = open(url, { env });
      return await failing(http('GET', '/', { signal: soon() }));
    };
    for (const url of ['https://127.0.0.1:1', 'http://localhost:1', 'https://portainer.invalid'])
      assert.match((await tries(url, {})).message, /^No connection to http/, url);
    const past = await tries('https://127.0.0.1:1', { HTTPS_PROXY: 'http://proxy.test', NO_PROXY: 'x, 127.0.0.0/8' });
    assert.match(past.remedy, /directly because of 127\.0\.0\.0\/8 in NO_PROXY/);
  });

  test('AWS is reached by the same rules: proxy, and AWS_CA_BUNDLE beside the known authorities', async () => {
    await using server = await serving((_, response) => response.end('aws'), 'other-name');
    await using plain = await serving((_, response) => response.end('plain'));
    await using proxy = await proxying(server.port);
    const ask = async (env: NodeJS.ProcessEnv, url = 'https://portainer.test'): Promise<string> => {
      const dispatcher = awsDispatcher({ env });
      try {
        return await (await request(url, { dispatcher, signal: soon() })).body.text();
      } finally {
        await dispatcher.destroy();
      }
    };
    const AWS_CA_BUNDLE = certificate('ca');
    assert.equal(await ask({ https_proxy: proxy.url, AWS_CA_BUNDLE }), 'aws');
    assert.deepEqual(proxy.asked, ['portainer.test:443']);
    assert.equal(await ask({ http_proxy: proxy.url }, 'http://aws.test/x'), 'by the proxy');
    assert.equal(await ask({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, plain.url), 'plain');
    await using localhost = await serving((_, response) => response.end('aws'), 'good');
    assert.match((await failing(ask({}, localhost.url))).remedy, /AWS_CA_BUNDLE/);
    assert.equal(await ask({ HTTPS_PROXY: 'http://127.0.0.1:1', AWS_CA_BUNDLE }, localhost.url), 'aws');
    assert.match((await failing(ask({ HTTPS_PROXY: 'http://127.0.0.1:1' }))).message, /the proxy .*HTTPS_PROXY.*nothing listens/);
    assert.match((await failing(ask({ HTTPS_PROXY: 'socks5://127.0.0.1:1' }))).message, /HTTPS_PROXY .*SOCKS/);
  });
});
