import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { path } from './needs.ts';

const openssl = promisify(execFile);

export interface Front extends AsyncDisposable {
  /** For HTTPS_PROXY. */
  readonly url: string;
  /** The authority that signed its certificate: for SSL_CERT_FILE and AWS_CA_BUNDLE. */
  readonly caFile: string;
}

/**
 * An HTTP proxy behind which servers in plain HTTP on this machine stand under names of their own, with TLS: so
 * programs reach them under the names of AWS with nothing but standard variables set. `portOf` says where a name leads;
 * a name without a port is refused. `*` at the beginning of a name is any one label. Writes into `folder`.
 */
export async function startFront<Name extends string>(
  folder: string,
  names: readonly Name[],
  portOf: (name: Name) => number | undefined,
): Promise<Front> {
  const { caFile, ...certificate } = await certify(folder, names);
  const secureContext = createSecureContext(certificate);
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    // A client that hangs up is no news to anybody.
    return socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', ({ url = '' }: IncomingMessage, client: Socket, head: Buffer) => {
    track(client);
    const name = names.find(known => url === `${known}:443` || url.replace(/^[^.]+/, '*') === `${known}:443`);
    const port = name && portOf(name);
    if (port === undefined) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.unshift(head);
    const inside = track(new TLSSocket(client, { isServer: true, secureContext }));
    const behind = track(connect(port, '127.0.0.1'));
    inside.pipe(behind).pipe(inside);
    inside.once('close', () => behind.destroy());
    behind.once('close', () => inside.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caFile,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** A certificate for these names, and the authority that signed it. */
async function certify(folder: string, names: readonly string[]) {
  const [caFile, caKey, certFile, keyFile] = [
    join(folder, 'ca.pem'),
    join(folder, 'ca.key'),
    join(folder, 'front.pem'),
    join(folder, 'front.key'),
  ];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'];
  await openssl(path('openssl'), [...request, '-subj', '/CN=Test authority', '-keyout', caKey, '-out', caFile]);
  const signed = ['-CA', caFile, '-CAkey', caKey, '-addext', 'basicConstraints=critical,CA:FALSE'];
  const alternatives = `subjectAltName=${names.map(name => `DNS:${name}`).join(',')}`;
  const made = ['-subj', '/CN=front', '-addext', alternatives, '-keyout', keyFile, '-out', certFile];
  await openssl(path('openssl'), [...request, ...signed, ...made]);
  return { caFile, cert: await readFile(certFile), key: await readFile(keyFile) };
}
