import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { redact } from '../../src/contract/secret.ts';
import { proxiesOf } from '../../src/io/proxies.ts';

const way = (env: NodeJS.ProcessEnv, server: string) => proxiesOf(env).wayTo(new URL(server));
const [http, https] = ['http://portainer:9000', 'https://portainer:9443'];

describe('which variable names the proxy', () => {
  const table: readonly (readonly [NodeJS.ProcessEnv, http: string | undefined, https: string | undefined])[] = [
    [{}, undefined, undefined],
    [{ HTTP_PROXY: 'http://a:1' }, 'HTTP_PROXY http://a:1', undefined],
    [{ http_proxy: 'a:1' }, 'http_proxy http://a:1', undefined],
    [{ HTTPS_PROXY: 'http://a:1' }, undefined, 'HTTPS_PROXY http://a:1'],
    [{ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, undefined, 'https_proxy http://b:2'],
    [{ HTTPS_PROXY: 'http://a:1', https_proxy: '' }, undefined, 'HTTPS_PROXY http://a:1'],
    [{ HTTPS_PROXY: '  http://a:1/\n' }, undefined, 'HTTPS_PROXY http://a:1'],
    [{ HTTPS_PROXY: 'https://a' }, undefined, 'HTTPS_PROXY https://a'],
    [{ HTTPS_PROXY: 'HTTP://A.test:80' }, undefined, 'HTTPS_PROXY http://a.test'],
    [{ HTTPS_PROXY: 'http://[fd00::1]:3128' }, undefined, 'HTTPS_PROXY http://[fd00::1]:3128'],
    [{ HTTPS_PROXY: '10.0.0.1:3128' }, undefined, 'HTTPS_PROXY http://10.0.0.1:3128'],
    [{ ALL_PROXY: 'http://a:1' }, undefined, undefined],
  ];
  for (const [env, ...expected] of table)
    test(JSON.stringify(env), () => {
      const seen = [http, https].map(server => way(env, server).proxy);
      assert.deepEqual(
        seen.map(proxy => proxy && `${proxy.variable} ${proxy.origin}`),
        expected,
      );
    });
});

describe('user and password', () => {
  const table: readonly (readonly [address: string, login: string | Buffer | undefined])[] = [
    ['http://a:1', undefined],
    ['http://me:hunter2@a:1', 'me:hunter2'],
    ['me:hunter2@a:1', 'me:hunter2'],
    ['http://me@a:1', 'me:'],
    ['http://me:p%40ss%231@a:1', 'me:p@ss#1'],
    ['http://me:p@ss@a:1', 'me:p@ss'],
    ['http://CORP%5Csvc:a:b%25@a:1', 'CORP\\svc:a:b%'],
    ['http://me:h\u00fc%C3%BC@a:1', 'me:h\u00fc\u00fc'],
    ['http://me:%FC@a:1', Buffer.from('me:\u00fc', 'latin1')],
    ['http://:hunter2@a:1', ':hunter2'],
  ];
  for (const [address, login] of table)
    test(address, () => {
      const { proxy } = way({ HTTPS_PROXY: address }, https);
      assert.equal(proxy?.authorization?.reveal(), login && `Basic ${Buffer.from(login).toString('base64')}`);
      assert.equal(proxy?.origin, 'http://a:1');
    });

  test('are filtered out of texts', () => {
    const { proxy } = way({ HTTPS_PROXY: 'http://me:hunter2hunter2@a:1' }, https);
    assert.ok(proxy);
    const encoded = Buffer.from('me:hunter2hunter2').toString('base64');
    const clean = redact(`${encoded} and hunter2hunter2`);
    assert.doesNotMatch(clean, /hunter2/);
    assert.ok(!clean.includes(encoded.slice(8, 20)), clean);
  });
});

describe('what cannot be used is a mistake with its cure, and shows no secret', () => {
  const table: readonly (readonly [address: string, says: RegExp])[] = [
    ['http://me:hunter2%@a:1', /write % as %25$/],
    ['http://me:hunter2%zz@a:1', /write % as %25$/],
    ['http://CORP\\svc:hunter2@a:1', /write \\ as %5C$/],
    ['http://me:hunter2@ss#1@a:1', /write # as %23$/],
    ['http://me:hunter2/?@a:1', /write \/ as %2F, \? as %3F$/],
    ['http://me:hunter2 x@a:1', /write a blank as %20$/],
    ['http://me:hunter2#1', /must be http:.*# as %23/],
    ['socks5://me:hunter2@a:1', /SOCKS/],
    ['socks5h://a:1', /SOCKS/],
    ['ftp://a:1', /must be http:/],
    ['http://a:1/path', /must be http:.*nothing behind it/],
    ['http://a:1?x', /nothing behind it/],
    ['http://a:1#x', /nothing behind it/],
    ['http:/a:1', /must be http:/],
    ['http://', /must be http:/],
    ['http://me:hunter2@', /must be http:/],
    ['http://a:99999', /must be http:/],
    ['http://a:0', /must be http:/],
    ['http://a:port', /must be http:/],
    ['3128', /must be http:/],
    [':3128', /must be http:/],
    ['a b:1', /must be http:/],
    ['$PROXY', /must be http:/],
    ['"http://me:hunter2@a:1"', /quotes/],
    ["'http://a:1'", /quotes/],
  ];
  for (const [address, says] of table)
    test(address, () => {
      const { mistakes, wayTo } = proxiesOf({ https_proxy: address, HTTP_PROXY: address });
      assert.deepEqual(
        mistakes.map(({ variable }) => variable),
        ['HTTP_PROXY', 'https_proxy'],
      );
      for (const { message } of mistakes) {
        assert.match(message, says);
        assert.doesNotMatch(message, /hunter2|svc|CORP/);
      }
      assert.equal(wayTo(new URL(https)).mistake, mistakes[1]);
      assert.deepEqual(wayTo(new URL('https://localhost')), { loopback: true });
    });
});
