import type { Reply, Seen } from '../server.ts';
import type { Database } from './database.ts';
import { idOf, refuse } from './refusal.ts';

/** Handles a form, although the documentation says JSON. With JSON it finds no fields and switches TLS off. */
export async function configure(database: Database, request: Seen, query: URLSearchParams, id: string): Promise<Reply> {
  const form = await formOf(request);
  const field = (name: string): string => {
    const value = form.get(name) ?? query.get(name);
    return typeof value === 'string' ? value : '';
  };
  const on = (name: string): boolean => field(name) === 'true';
  if (on('Authentication') && field('Username') === '') refuse(400, 'Invalid request payload', 'invalid username');
  const hasFiles = on('TLS') && !on('TLSSkipVerify');
  const sent = ['TLSCertFile', 'TLSKeyFile', 'TLSCACertFile'].filter(name => form.get(name) instanceof File);
  if (hasFiles && sent.length % 3 !== 0) {
    const details = 'invalid TLS configuration: provide TLS certificate, key, and CA together, or none';
    refuse(400, 'Invalid request payload', details);
  }
  const row = database.row(idOf(id, 'registry'));
  if (on('Authentication')) {
    row.Authentication = true;
    row.Username = field('Username');
    row.Password = field('Password') || row.Password;
    row.Ecr.Region = field('Region') || row.Ecr.Region;
  }
  const folder = `/data/extensions/${row.Id}`;
  const files = hasFiles ? { TLSCACert: `${folder}/ca.pem`, TLSCert: `${folder}/cert.pem`, TLSKey: `${folder}/key.pem` } : {};
  row.TLSConfig = { TLS: on('TLS'), TLSSkipVerify: on('TLS') && on('TLSSkipVerify'), ...files };
  return { status: 204 };
}

/** Parses a form. An unreadable one is empty. */
async function formOf({ headers, body }: Seen): Promise<FormData> {
  const type = headers['content-type'] ?? '';
  return new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => new FormData());
}
