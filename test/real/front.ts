import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Front as FakeFront, startFront as startFakeFront } from '../fakes/front.ts';
import { path } from './needs.ts';

const openssl = promisify(execFile);

export interface Front extends FakeFront {
  /** The authority that signed its certificate: for SSL_CERT_FILE and AWS_CA_BUNDLE. */
  readonly caFile: string;
}

/**
 * The front of the fakes for programs that are not ours, so that they reach servers in plain HTTP on this machine under
 * the names of AWS with nothing but standard variables set. `portOf` says where a name leads; a name without a port is
 * refused. `*` at the beginning of a name is any one label. Writes into `folder`.
 */
export async function startFront<Name extends string>(
  folder: string,
  names: readonly Name[],
  portOf: (name: Name) => number | undefined,
): Promise<Front> {
  const { caFile, ...certificate } = await certify(folder, names);
  const front = await startFakeFront({ certificateFor: () => certificate }, asked => {
    const name = names.find(known => asked === known || asked.replace(/^[^.]+/, '*') === known);
    return name === undefined ? undefined : portOf(name);
  });
  return { ...front, caFile };
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
  return { caFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}
