import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Front as FakeFront, startFront as startFakeFront } from '../fakes/front.ts';
import { path } from './needs.ts';

const openssl = promisify(execFile);

export interface Front extends FakeFront {
  /** The certificate of the authority that signed the front's: for SSL_CERT_FILE and AWS_CA_BUNDLE. */
  readonly caFile: string;
}

/**
 * Starts a proxy in front of the fakes, so that third-party programs reach plain HTTP servers on this machine under AWS
 * names with only standard variables set. `portOf` maps a name to a port; a name without one is refused. A leading `*`
 * in a name stands for one label. Writes its files into `folder`.
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

/** Makes a certificate for these names, and the authority that signs it. */
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
