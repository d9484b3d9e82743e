import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Proxies, proxiesOf } from '../../src/io/proxies.ts';

const servers = [
  'https://api.ecr.eu-west-1.amazonaws.com',
  'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  'https://amazonaws.com',
  'https://notamazonaws.com',
  'https://portainer',
  'https://portainer:9443',
  'https://portainer.example',
  'http://portainer:9000',
  'https://10.1.2.3',
  'https://10.1.2.3:9443',
  'https://[::1]:9443',
  'https://[fd00::1]:9443',
  'https://localhost:9443',
  'http://127.0.0.1:9000',
  'http://169.254.169.254',
];

/**
 * What Go 1.26 and curl 7.88 do for each server (P: through the proxy, D: directly), as recorded with HTTP_PROXY and
 * HTTPS_PROXY set. Go never sends loopback to a proxy.
 */
const recorded: readonly (readonly [entry: string, go: string, curl: string])[] = [
  ['amazonaws.com', 'DDDPPPPPPPDPDDP', 'DDDPPPPPPPPPPPP'],
  ['.amazonaws.com', 'DDPPPPPPPPDPDDP', 'DDDPPPPPPPPPPPP'],
  ['*.amazonaws.com', 'DDPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['*amazonaws.com', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['api.ecr.eu-west-1.amazonaws.com', 'DPPPPPPPPPDPDDP', 'DPPPPPPPPPPPPPP'],
  ['API.ECR.EU-WEST-1.AMAZONAWS.COM', 'DPPPPPPPPPDPDDP', 'DPPPPPPPPPPPPPP'],
  ['api.ecr.eu-west-1.amazonaws.com.', 'PPPPPPPPPPDPDDP', 'DPPPPPPPPPPPPPP'],
  ['api.ecr.eu-west-1.amazonaws.com:443', 'DPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['amazonaws.com:443', 'DDDPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['.amazonaws.com:443', 'DDPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['*.dkr.ecr.*.amazonaws.com', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['dkr.ecr.eu-west-1.amazonaws.com', 'PDPPPPPPPPDPDDP', 'PDPPPPPPPPPPPPP'],
  ['https://api.ecr.eu-west-1.amazonaws.com', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['portainer', 'PPPPDDPDPPDPDDP', 'PPPPDDPDPPPPPPP'],
  ['portainer:9443', 'PPPPPDPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['portainer:443', 'PPPPDPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['.portainer', 'PPPPPPPPPPDPDDP', 'PPPPDDPDPPPPPPP'],
  ['*.portainer', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['10.1.2.3', 'PPPPPPPPDDDPDDP', 'PPPPPPPPDDPPPPP'],
  ['10.1.2.3:9443', 'PPPPPPPPPDDPDDP', 'PPPPPPPPPPPPPPP'],
  ['10.0.0.0/8', 'PPPPPPPPDDDPDDP', 'PPPPPPPPDDPPPPP'],
  ['10.1.2.0/24', 'PPPPPPPPDDDPDDP', 'PPPPPPPPDDPPPPP'],
  ['10.*', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['10.1.', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['::1', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPDPPPP'],
  ['[::1]', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['[::1]:9443', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['::1/128', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['fd00::/8', 'PPPPPPPPPPDDDDP', 'PPPPPPPPPPPPPPP'],
  ['localhost', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPDPP'],
  ['127.0.0.1', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPDP'],
  ['127.0.0.0/8', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPDP'],
  ['169.254.169.254', 'PPPPPPPPPPDPDDD', 'PPPPPPPPPPPPPPD'],
  ['169.254.0.0/16', 'PPPPPPPPPPDPDDD', 'PPPPPPPPPPPPPPD'],
  ['*', 'DDDDDDDDDDDDDDD', 'DDDDDDDDDDDDDDD'],
  ['*,portainer', 'DDDDDDDDDDDDDDD', 'PPPPDDPDPPPPPPP'],
  ['x, portainer', 'PPPPDDPDPPDPDDP', 'PPPPDDPDPPPPPPP'],
  ['x portainer', 'PPPPPPPPPPDPDDP', 'PPPPDDPDPPPPPPP'],
  ['x;portainer', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['x|portainer', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['"portainer"', 'PPPPPPPPPPDPDDP', 'PPPPPPPPPPPPPPP'],
  ['portainer\n', 'PPPPDDPDPPDPDDP', 'PPPPPPPPPPPPPPP'],
  [',portainer,', 'PPPPDDPDPPDPDDP', 'PPPPDDPDPPPPPPP'],
  ['Portainer', 'PPPPDDPDPPDPDDP', 'PPPPDDPDPPPPPPP'],
];

/** Entries that mean nothing to Go and curl, whatever the server. */
const meaningless = new Set([
  '*amazonaws.com',
  '*.dkr.ecr.*.amazonaws.com',
  'https://api.ecr.eu-west-1.amazonaws.com',
  '10.*',
  '10.1.',
  'x;portainer',
  'x|portainer',
  '"portainer"',
]);

const proxy = 'http://proxy.test:3128';
const both = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
const isDirect = (proxies: Proxies, server: string): boolean => proxies.wayTo(new URL(server)).proxy === undefined;
const reached = (env: NodeJS.ProcessEnv, ...all: readonly string[]): string =>
  all.map(server => (isDirect(proxiesOf(env), server) ? 'D' : 'P')).join('');

describe('NO_PROXY: directly wherever Go or curl go directly, and nowhere else but to the machine itself', () => {
  test('nothing is excluded', () => {
    assert.equal(reached(both, ...servers), 'PPPPPPPPPPDPDDP');
  });
  for (const [entry, go, curl] of recorded)
    test(JSON.stringify(entry), () => {
      const expected = servers.map((_, at) => (go[at] === 'D' || curl[at] === 'D' ? 'D' : 'P')).join('');
      for (const env of [
        { NO_PROXY: entry },
        { no_proxy: entry },
        { no_proxy: '', NO_PROXY: entry },
        { no_proxy: 'x.test', NO_PROXY: entry },
      ])
        assert.equal(reached({ ...both, ...env }, ...servers), expected, JSON.stringify(env));
      assert.equal(proxiesOf({ NO_PROXY: entry }).unknown.length, meaningless.has(entry) ? 1 : 0);
    });
});

describe('further spellings', () => {
  const table: readonly (readonly [entry: string, server: string, 'D' | 'P' | '?'])[] = [
    ['[fd00::1]', 'https://[fd00::1]:9443', 'D'],
    ['[fd00::1]:9443', 'https://[fd00::1]:9443', 'D'],
    ['[fd00::1]:9444', 'https://[fd00::1]:9443', 'P'],
    ['fd00:0:0::0001', 'https://[fd00::1]:9443', 'D'],
    ['FD00::/8', 'https://[fd00::1]:9443', 'D'],
    ['[fd00::]/8', 'https://[fd00::1]:9443', 'D'],
    ['fd00::/8', 'https://[fe00::1]:9443', 'P'],
    ['fd00::/129', 'https://[fd00::1]:9443', '?'],
    ['10.9.9.9/8', 'https://10.1.2.3', 'D'],
    ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]', 'D'],
    ['10.0.0.0/8', 'https://11.1.2.3', 'P'],
    ['10.0.0.0/8', 'https://10.example', 'P'],
    ['10.1.2.3/32', 'https://10.1.2.3', 'D'],
    ['0.0.0.0/0', 'https://10.1.2.3', 'D'],
    ['0.0.0.0/0', 'https://portainer', 'P'],
    ['10.0.0.0/33', 'https://10.1.2.3', '?'],
    ['10.0.0.0/255.0.0.0', 'https://10.1.2.3', '?'],
    ['10/8', 'https://10.1.2.3', '?'],
    ['10.1', 'https://10.1.2.3', '?'],
    ['10.1.2.300', 'https://10.1.2.3', '?'],
    ['10.0.0.0/8:9443', 'https://10.1.2.3:9443', '?'],
    // Go 1.26 takes an empty port for any port.
    ['portainer:', 'https://portainer', 'D'],
    ['10.1.2.3:', 'https://10.1.2.3:9443', 'D'],
    ['portainer:0', 'https://portainer', '?'],
    ['portainer:99999', 'https://portainer', '?'],
    ['portainer:https', 'https://portainer', '?'],
    [':443', 'https://portainer', '?'],
    ['*:443', 'https://portainer', '?'],
    ['.', 'https://portainer', '?'],
    ['*.', 'https://portainer', '?'],
    ['..portainer', 'https://portainer', '?'],
    ["'portainer'", 'https://portainer', '?'],
    ['portainer/', 'https://portainer', '?'],
    ['me:secret@portainer', 'https://portainer', '?'],
    ['portainer', 'https://PORTAINER.', 'D'],
    ['portainer.', 'https://portainer', 'D'],
    ['b\u00fccher.example', 'https://www.b\u00fccher.example', 'D'],
    ['my_host', 'https://my_host', 'D'],
    ['*.example.org:8443', 'https://a.example.org:8443', 'D'],
    ['*.example.org:8443', 'https://a.example.org', 'P'],
    ['a\tportainer\r\nb', 'https://portainer', 'D'],
    [' * ', 'https://portainer', 'D'],
  ];
  for (const [entry, server, expected] of table)
    test(`${JSON.stringify(entry)} and ${server}: ${expected}`, () => {
      assert.equal(reached({ ...both, NO_PROXY: entry }, server), expected === 'D' ? 'D' : 'P');
      assert.deepEqual(proxiesOf({ NO_PROXY: entry }).unknown, expected === '?' ? [entry] : []);
    });

  test('the machine itself has many names', () => {
    const own = ['127.0.0.1', '127.9.9.9', '127.1', '0x7f000001', '[::1]', '[::ffff:127.0.0.1]', 'localhost', 'LOCALHOST.', 'a.localhost'];
    const others = ['128.0.0.1', '[::2]', 'localhost.example', 'notlocalhost', '0.0.0.0'];
    for (const scheme of ['http', 'https']) {
      assert.equal(reached(both, ...own.map(host => `${scheme}://${host}:9000`)), 'D'.repeat(own.length));
      assert.equal(reached(both, ...others.map(host => `${scheme}://${host}:9000`)), 'P'.repeat(others.length));
    }
  });
});
