import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import { lendHttp } from '../../src/io/lent-http.ts';
import { createAuthority } from '../fakes/authority.ts';
import { startServer } from '../fakes/server.ts';
import { soon } from './servers.ts';

const authority = createAuthority();
const identity = (name: string) => {
  const { key, cert } = authority.certificateOf(name);
  return { chain: cert, key: new Secret(key) };
};
const peers = () =>
  startServer(({ peer = 'nobody' }) => ({ status: 200, json: peer }), {
    tls: { ...authority.certificateFor('inside.test'), clientCa: authority.ca },
  });

test('what an adapter knows of certificates is used; what the configuration says comes first', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'courier-'));
  t.after(() => rm(folder, { recursive: true }));
  await using server = await peers();
  const base = { url: server.url, authorities: authority.ca, serverName: 'inside.test', certificate: identity('adapter') };
  const peerWith = async (tls: object, more: object = {}): Promise<unknown> => {
    await using http = lendHttp({ ...base, ...more }, { env: {}, tls });
    return (await http('GET', '/', { signal: soon() })).json();
  };
  assert.equal(await peerWith({}), 'adapter');
  assert.equal(await peerWith({}, { certificate: undefined }), 'nobody');
  const { key, cert } = authority.certificateOf('configuration');
  const [clientCertFile, clientKeyFile] = [join(folder, 'crt'), join(folder, 'key')];
  await Promise.all([writeFile(clientCertFile, cert), writeFile(clientKeyFile, key)]);
  assert.equal(await peerWith({ clientCertFile, clientKeyFile }), 'configuration');
  assert.equal(await peerWith({ serverName: 'inside.test' }, { serverName: 'outside.test' }), 'adapter');
  await assert.rejects(peerWith({}, { serverName: 'outside.test' }), /is for another name: DNS:inside\.test/);
});

test('a certificate or key of an adapter that cannot be used is said, and not shown', async () => {
  await using server = await peers();
  const { chain, key } = identity('adapter');
  const other = createAuthority().certificateOf('adapter');
  const cases = [
    [{ chain: 'none', key }, /^The client certificate that comes with the target holds no certificate in PEM\.$/],
    [
      { chain, key: new Secret('none-at-all') },
      /^The key of the client certificate that comes with the target holds no private key in PEM\.$/,
    ],
    [
      { chain, key: new Secret(other.key) },
      /^The key of the client certificate that comes with the target does not belong to the certificate\.$/,
    ],
  ] as const;
  for (const [certificate, said] of cases) {
    await using http = lendHttp({ url: server.url, certificate }, { env: {} });
    await assert.rejects(
      http('GET', '/', { signal: soon() }),
      (error: unknown) => error instanceof Failure && error.code === 'MISCONFIGURED' && said.test(error.message),
    );
  }
});
