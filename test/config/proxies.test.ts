import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mistakesOf, read, readText } from './support.ts';

const proxy = 'http://proxy.test:3128';
const target = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };
const warningsOf = async (env: NodeJS.ProcessEnv): Promise<readonly string[]> => (await read({ env: { ...target, ...env } })).warnings;

test('an address of a proxy that cannot be used is a mistake of its variable, with the cure and without the password', async () => {
  assert.deepEqual(
    await mistakesOf(read({ env: { ...target, HTTPS_PROXY: 'http://me:hunter2%@proxy.test:3128', http_proxy: 'socks5://x:1' } })),
    [
      'http_proxy: names a SOCKS proxy, and only HTTP proxies are supported: it must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT',
      'HTTPS_PROXY: holds characters in user or password that an address cannot hold: write % as %25',
    ],
  );
  assert.deepEqual(await mistakesOf(read({ env: { ...target, HTTPS_PROXY: '', https_proxy: 'proxy.test:3128', HTTP_PROXY: ' ' } })), []);
});

test('an entry of NO_PROXY that nobody understands is a warning, with or without a proxy, and shows no password', async () => {
  const [entry, secret, ...more] = await warningsOf({ NO_PROXY: 'depot,10.*', no_proxy: 'http://me:hunter2@depot' });
  assert.deepEqual(more, []);
  assert.match(`${entry} ${secret}`, /NO_PROXY: "10\.\*" is not understood and has no effect\. Write names/);
  assert.doesNotMatch(`${entry} ${secret}`, /hunter2/);
  assert.deepEqual(await warningsOf({ NO_PROXY: '.depot, 10.0.0.0/8 [::1]:9443,*' }), []);
});

test('variables that contradict each other, or are not read', async () => {
  assert.deepEqual(await warningsOf({ HTTPS_PROXY: proxy, https_proxy: 'http://other.test:1' }), [
    'HTTPS_PROXY and https_proxy name different proxies: https_proxy is used.',
  ]);
  assert.deepEqual(await warningsOf({ HTTPS_PROXY: proxy, https_proxy: proxy, ALL_PROXY: 'socks5://x' }), []);
  assert.deepEqual(await warningsOf({ all_proxy: proxy }), ['all_proxy is not read: name an HTTP proxy in HTTPS_PROXY.']);
});

test('an environment that relied on the former reading gets one line about what changed, and others none', async () => {
  const table: readonly (readonly [NodeJS.ProcessEnv, RegExp | undefined])[] = [
    [{}, undefined],
    [{ HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: 'depot' }, undefined],
    [{ HTTP_PROXY: proxy }, /^Changed: HTTP_PROXY is used for http:\/\/ only.*set HTTPS_PROXY/],
    [{ http_proxy: proxy }, /^Changed: http_proxy is used for http:\/\/ only/],
    [{ HTTPS_PROXY: proxy, NO_PROXY: 'x.test', no_proxy: '' }, /^Changed: NO_PROXY counts although no_proxy is empty.*remove NO_PROXY/],
    [{ NO_PROXY: 'x.test', no_proxy: '' }, undefined],
    [{ HTTPS_PROXY: proxy, NO_PROXY: 'x.test', no_proxy: 'y.test' }, /^Changed: NO_PROXY and no_proxy both count/],
    [{ HTTPS_PROXY: proxy, NO_PROXY: 'x.test', no_proxy: 'x.test' }, undefined],
    [
      { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/8', DEPOT_URL: 'https://10.1.2.3' },
      /^Changed: targets\.depot is reached directly.*10\.0\.0\.0\/8/,
    ],
    [{ HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/8,10.1.2.3', DEPOT_URL: 'https://11.1.2.3' }, undefined],
    [{ HTTPS_PROXY: proxy, DEPOT_URL: 'https://127.0.0.1:9443' }, /^Changed: targets\.depot is reached directly.*this machine/],
    [{ HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1', DEPOT_URL: 'https://127.0.0.1:9443' }, undefined],
  ];
  for (const [env, expected] of table) {
    const warnings = await warningsOf(env);
    assert.equal(warnings.length, expected ? 1 : 0, `${JSON.stringify(env)}: ${warnings.join('\n')}`);
    if (expected) assert.match(warnings[0] ?? '', expected);
  }
});

test('a target of a file is named as it is in the file', async () => {
  const { warnings } = await readText('targets: [{kind: depot, name: north, url: "https://[::1]:9443", apiKey: k3y-k3y-k3y}]', {
    env: { HTTPS_PROXY: proxy },
  });
  assert.deepEqual(warnings, [
    'Changed: targets.north is reached directly, because its address is this machine. To use the proxy for it, write the name that it has there.',
  ]);
});
