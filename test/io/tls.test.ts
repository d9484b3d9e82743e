import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { Failure, FailureCode } from '../../src/contract/failures.ts';
import type { HttpOptions } from '../../src/io/http.ts';
import { certificate, failing, open, proxying, serving, soon, type Web } from './servers.ts';

describe('TLS', () => {
  const pin = '5F:A5:20:F6:87:6F:1A:35:E2:0A:FC:99:9B:47:7C:52:38:02:6F:8E:E7:F1:26:49:C9:4E:33:7C:05:22:10:F0';
  const distrusted: readonly [string, HttpOptions['tls'], FailureCode, RegExp, RegExp][] = [
    ['self-signed', {}, 'MISCONFIGURED', new RegExp(`X_TLS_FINGERPRINT=${pin}`), /X_CA_FILE/],
    ['self-signed', { fingerprint: 'AB'.repeat(32) }, 'MISCONFIGURED', new RegExp(`expected AB:AB.*seen ${pin}`), /X_TLS_FINGERPRINT/],
    ['self-signed', { fingerprint: 'AB'.repeat(32), insecureSkipVerify: true }, 'MISCONFIGURED', /expected AB:AB/, /in between/],
    ['good', {}, 'MISCONFIGURED', /no known authority/, /X_CA_FILE/],
    [
      'good',
      { caFile: certificate('ca'), serverName: 'elsewhere.test' },
      'MISCONFIGURED',
      /another name: .*localhost/,
      /X_TLS_SERVER_NAME/,
    ],
    ['other-name', { caFile: certificate('ca') }, 'MISCONFIGURED', /another name: .*portainer\.test/, /X_TLS_SERVER_NAME/],
    ['expired', { caFile: certificate('ca') }, 'UNREACHABLE', /expired on Jan +1 00:00:00 2021/, /Renew/],
  ];
  const trusted: readonly [string, NonNullable<HttpOptions['tls']>][] = [
    ['self-signed', { fingerprint: pin }],
    ['self-signed', { fingerprint: `sha256 Fingerprint=${pin.toLowerCase()}` }],
    ['self-signed', { fingerprint: pin.replaceAll(':', '') }],
    ['self-signed', { insecureSkipVerify: true }],
    ['expired', { insecureSkipVerify: true }],
    ['good', { caFile: certificate('ca') }],
    ['other-name', { caFile: certificate('ca'), serverName: 'portainer.test' }],
  ];
  for (const through of ['directly', 'through a proxy'] as const) {
    const opened = async (server: Web, tls: HttpOptions['tls']) => {
      const proxy = through === 'directly' ? undefined : await proxying(server.port);
      // Loopback is never reached through a proxy.
      const url = proxy ? server.url.replace('127.0.0.1', 'server.test') : server.url;
      const http = open(url, { tls, env: proxy ? { HTTPS_PROXY: proxy.url } : {} });
      return { http, proxy, [Symbol.asyncDispose]: async () => (await http[Symbol.asyncDispose](), await proxy?.[Symbol.asyncDispose]()) };
    };
    for (const [cert, tls, code, says, remedy] of distrusted)
      test(`${through}: ${cert} with ${Object.keys(tls ?? {}).join(' and ') || 'nothing'} is ${code}, before a byte of the request`, async () => {
        await using server = await serving((_, response) => response.end(), cert);
        await using client = await opened(server, tls);
        const failure = await failing(client.http('PUT', '/', { signal: soon(), body: {} }));
        assert.equal(failure.code, code);
        const told = `${failure.message} ${failure.remedy}`;
        if (!client.proxy) {
          assert.match(failure.message, says);
          assert.match(failure.remedy, remedy);
        } else {
          assert.ok(failure.message.includes(`the proxy ${client.proxy.url} (HTTPS_PROXY)`), failure.message);
          // The certificate might be that of the proxy.
          assert.ok(!told.includes(new X509Certificate(readFileSync(certificate(cert))).fingerprint256), told);
        }
        assert.equal(failure.facts.mayLand, undefined);
        assert.equal(server.requests.length, 0);
      });
    for (const [cert, tls] of trusted.map(
      ([cert, tls]) => [cert, through === 'directly' || cert !== 'good' ? tls : { ...tls, serverName: 'localhost' }] as const,
    ))
      test(`${through}: ${cert} with ${JSON.stringify(Object.keys(tls))} works`, async () => {
        await using server = await serving((_, response) => response.end('yes'), cert);
        await using client = await opened(server, tls);
        assert.equal((await client.http('GET', '/', { signal: soon() })).text, 'yes');
        assert.equal(client.proxy?.asked.length ?? 1, 1);
      });
  }

  test('a CA file that was wrong is read again at the next request', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    const caFile = join(folder, 'ca.pem');
    await using server = await serving((_, response) => response.end(), 'good');
    await using http = open(server.url, { tls: { caFile } });
    assert.match((await failing(http('GET', '/', { signal: soon() }))).message, /X_CA_FILE: .* does not exist/);
    copyFileSync(certificate('self-signed'), caFile);
    assert.match((await failing(http('GET', '/', { signal: soon() }))).message, /no known authority/);
    copyFileSync(certificate('ca'), caFile);
    assert.equal((await http('GET', '/', { signal: soon() })).status, 200);
    rmSync(folder, { recursive: true });
  });

  test('http to an https port and https to an http port are explained', async () => {
    await using plain = await serving((_, response) => response.end());
    await using tls = await serving((_, response) => response.end(), 'good');
    await using tooSecure = open(plain.url.replace('http:', 'https:'));
    assert.match((await failing(tooSecure('GET', '/', { signal: soon() }))).remedy, /http:\/\//);
    await using goServer = await serving((_, response) => response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'));
    await using tooPlain = open(goServer.url);
    const failure = tooPlain.failure(await tooPlain('GET', '/', { signal: soon() }));
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.remedy, /https:\/\//);
    await using cut = open(tls.url.replace('https:', 'http:'));
    assert.equal((await failing(cut('GET', '/', { signal: soon() }))).code, 'UNREACHABLE');
  });
});

describe('a certificate of our own', () => {
  const keyFile = join(import.meta.dirname, 'certificates', 'server.key');
  const ours = { clientCertFile: certificate('self-signed'), clientKeyFile: keyFile };

  /** Starts a server that demands a client certificate signed by `self-signed`. */
  async function demanding(version: 'TLSv1.2' | 'TLSv1.3'): Promise<Web> {
    const demands = { requestCert: true, ca: readFileSync(certificate('self-signed')), minVersion: version, maxVersion: version };
    return await serving(
      (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().fingerprint256),
      'good',
      demands,
    );
  }
  const reach = (server: Web, tls: HttpOptions['tls']) => open(server.url, { tls: { caFile: certificate('ca'), ...tls } });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: is shown to a server that asks for it`, async () => {
      await using server = await demanding(version);
      await using http = reach(server, ours);
      const { fingerprint256 } = new X509Certificate(readFileSync(ours.clientCertFile));
      assert.equal((await http('GET', '/', { signal: soon() })).text, fingerprint256);
    });

    test(`${version}: a server that demands one says so, and nothing was written`, async () => {
      await using server = await demanding(version);
      await using none = reach(server, {});
      const missing = await failing(none('PUT', '/', { signal: soon(), body: {} }));
      assert.equal(missing.code, 'MISCONFIGURED');
      assert.match(missing.message, /demands? a client certificate/);
      assert.match(missing.remedy, /X_CLIENT_CERT_FILE and X_CLIENT_KEY_FILE/);
      assert.equal(missing.facts.mayLand, undefined);
      assert.equal(server.requests.length, 0);
    });
  }

  test('nginx tells it in a page', async () => {
    const page = (title: string): string => `<html><head><title>400 ${title}</title></head></html>`;
    await using server = await serving(({ url }, response) => {
      response.writeHead(400).end(page(url === '/none' ? 'No required SSL certificate was sent' : 'The SSL certificate error'));
    });
    const ask = async (path: string, tls: HttpOptions['tls']): Promise<Failure> => {
      await using http = open(server.url, { tls });
      return http.failure(await http('PUT', path, { signal: soon() }), 'Portainer said no');
    };
    const missing = await ask('/none', {});
    assert.deepEqual([missing.code, missing.facts.mayLand], ['MISCONFIGURED', undefined]);
    assert.match(missing.message, /demands a client certificate/);
    const refused = await ask('/refused', ours);
    assert.equal(refused.code, 'MISCONFIGURED');
    assert.match(refused.message, /does not accept the client certificate of X_CLIENT_CERT_FILE/);
  });

  test('a server that asked for one and cuts the connection may want one, or another; one that has answered does not', async () => {
    let answers = false;
    const asks = { requestCert: true, rejectUnauthorized: false };
    await using server = await serving(
      (request, response) => (answers && request.url !== '/last' ? response.end() : request.socket.destroy()),
      'good',
      asks,
    );
    const ask = async (tls: HttpOptions['tls']): Promise<Failure> => {
      await using http = reach(server, tls);
      return await failing(http('PUT', '/', { signal: soon() }));
    };
    const none = await ask({});
    assert.deepEqual([none.code, none.facts.mayLand], ['UNREACHABLE', true]);
    assert.match(none.message, /connection broke .* asked for a client certificate before, and may demand one/);
    assert.match(none.remedy, /X_CLIENT_CERT_FILE and X_CLIENT_KEY_FILE/);
    const other = await ask(ours);
    assert.match(other.message, /may not accept the one of X_CLIENT_CERT_FILE/);

    answers = true;
    await using http = reach(server, {});
    await http('GET', '/', { signal: soon() });
    assert.doesNotMatch((await failing(http('GET', '/last', { signal: soon() }))).message, /client certificate/);
  });

  test('files that cannot be used are said by their option, before anything is connected', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'client-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const cut = (path: string): string => readFileSync(path, 'utf8').replace(/\n[^-\n]+\n/, '\n!\n');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const foreign = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }).toString();
    const table: readonly [HttpOptions['tls'], RegExp][] = [
      [{ ...ours, clientCertFile: join(folder, 'none') }, /^X_CLIENT_CERT_FILE: .* does not exist/],
      [{ ...ours, clientCertFile: keyFile }, /^X_CLIENT_CERT_FILE: .* holds no certificate in PEM/],
      [{ ...ours, clientCertFile: file('cut.pem', cut(ours.clientCertFile)) }, /^X_CLIENT_CERT_FILE: .* cannot be decoded/],
      [{ ...ours, clientKeyFile: folder }, /^X_CLIENT_KEY_FILE: .* is a directory/],
      [{ ...ours, clientKeyFile: ours.clientCertFile }, /^X_CLIENT_KEY_FILE: .* holds no private key in PEM/],
      [{ ...ours, clientKeyFile: file('cut.key', cut(keyFile)) }, /^X_CLIENT_KEY_FILE: .* cannot be decoded/],
      [{ ...ours, clientKeyFile: file('locked.key', locked) }, /^X_CLIENT_KEY_FILE: .* holds an encrypted key/],
      [
        { ...ours, clientKeyFile: file('foreign.key', foreign) },
        /^X_CLIENT_KEY_FILE: .* does not belong to the certificate in .*self-signed/,
      ],
    ];
    await using server = await demanding('TLSv1.3');
    for (const [tls, says] of table) {
      await using http = reach(server, tls);
      const failure = await failing(http('PUT', '/', { signal: soon() }));
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(failure.message, says);
    }
    assert.equal(server.sockets.size, 0);
  });

  test('is not shown to a proxy', async () => {
    await using server = await demanding('TLSv1.3');
    await using proxy = await proxying(server.port, { cert: 'good' });
    await using http = open(server.url.replace('127.0.0.1', 'server.test'), {
      tls: { caFile: certificate('ca'), serverName: 'localhost', ...ours },
      env: { HTTPS_PROXY: proxy.url },
    });
    assert.equal((await http('GET', '/', { signal: soon() })).status, 200);
    assert.deepEqual(proxy.shown, [{}]);
  });
});
