import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { lastOf, listed } from './list.ts';
import { type Body, textOf } from './payload.ts';
import { fail, refuse } from './refusal.ts';
import { columns } from './registry-fields.ts';
import { type HarborState, makeRow, type Row, shown } from './state.ts';
import type { Checked } from './upstream.ts';
import { normalUrl } from './url.ts';

/**
 * How versions differ: lists in pages since 2.3, a PUT that writes the status since 2.0, the bare words of a failed
 * check since 2.3.
 */
export interface Ways {
  readonly paged: boolean;
  readonly writesStatus: boolean;
  readonly terse: boolean;
}
/** The calls below /registries. `isHealthy` logs in where a row points to. */
export function makeRegistries(
  state: HarborState,
  clock: Clock,
  base: () => string,
  isHealthy: (row: Checked) => Promise<boolean>,
  ways: Ways,
) {
  /** No id is given twice, whatever was removed. */
  let lastId = 0;

  /** Id 0 is Harbor itself: readable, never in a list. */
  function get(id: number): Row {
    if (id === 0) {
      const credential = { type: 'secret', access_key: '', access_secret: 'secret-of-core' };
      const time = '0001-01-01T00:00:00.000Z';
      const local = { name: 'Local', type: 'harbor', url: base(), insecure: true, credential };
      return { ...makeRow(local, 0, 0), creation_time: time, update_time: time };
    }
    return state.registries.find(row => row.id === id) ?? refuse(404, `registry ${id} not found`);
  }

  function list(request: Seen, query: URLSearchParams): Reply {
    const name = lastOf(query, 'name') ?? '';
    const rows = state.registries.filter(row =>
      ways.paged ? row.name.toLowerCase().includes(name.toLowerCase()) : row.name.includes(name),
    );
    return ways.paged ? listed(request, query, rows, columns, shown) : { status: 200, json: rows.map(shown) };
  }

  async function check(row: Row): Promise<void> {
    if (row.name === '') refuse(400, 'name cannot be empty');
    if (Buffer.byteLength(row.name) > 64) refuse(400, 'the max length of name is 64');
    row.url = normalUrl(row.url);
    if (!(await isHealthy(row))) unhealthy(row.url);
  }

  const unhealthy = (url: string): never =>
    refuse(400, ways.terse ? 'the registry is unhealthy' : `registry ${url} is unhealthy: unhealthy`);

  function refuseTaken({ id, name }: Row): void {
    if (state.registries.some(other => other.id !== id && other.name === name)) refuse(409, `registry ${name} already exists`);
  }

  async function create(body: Body): Promise<Row> {
    const { credential, id: _, status: __, ...members } = body;
    demandCertificate(body);
    // The real handler panics there, and the answer has no body.
    if (members['type'] === 'aws-ecr' && credential === undefined) refuse(500, '');
    const given = members as Partial<Row>;
    const row = makeRow({ type: '', ...given, name: textOf(given.name), url: textOf(given.url) }, 0, clock.wall());
    const { type, access_key, access_secret } = (credential ?? {}) as Body;
    row.credential = { type: textOf(type) || 'basic', access_key: textOf(access_key), access_secret: textOf(access_secret) };
    await check(row);
    row.id = Math.max(0, ...state.registries.map(({ id }) => id), lastId) + 1;
    refuseTaken(row);
    lastId = row.id;
    const time = new Date(clock.wall()).toISOString();
    state.registries.push(storable({ ...row, creation_time: time, update_time: time }));
    return row;
  }
  /** Reads, checks, and writes the whole row at last: who read earlier and writes later puts old values back. */
  async function update(id: number, body: Body): Promise<void> {
    const row = overlaid(get(id), body);
    demandCertificate(body);
    await check(row);
    refuseTaken(row);
    const stored = storable(row);
    const at = state.registries.findIndex(other => other.id === id);
    if (at < 0) refuse(404, `registry ${id} not found`);
    const [former] = state.registries.splice(at, 1);
    const status = ways.writesStatus ? 'healthy' : (former?.status ?? 'healthy');
    state.registries.push({ ...stored, status, update_time: later(former?.update_time ?? '') });
  }

  /** Two moments of one row are never the same text. */
  function later(former: string): string {
    return new Date(Math.max(clock.wall(), (Date.parse(former) || 0) + 1)).toISOString();
  }

  function remove(id: number): void {
    if (!state.registries.some(row => row.id === id)) refuse(404, `registry ${id} not found`);
    if (state.policies.some(({ source, destination }) => source === id || destination === id))
      refuse(412, `the registry ${id} is referenced by replication policies, cannot delete it`);
    lastId = Math.max(lastId, id);
    state.registries = state.registries.filter(row => row.id !== id);
  }

  /** A live check of what is given over what is stored; stores nothing. */
  async function ping(body: Body): Promise<void> {
    const { id, type, url } = body;
    const stored = id === undefined ? makeRow({ type: '', url: '' }, 0, 0) : get(Number(id));
    const row = { ...overlaid(stored, body), type: textOf(type ?? stored.type) };
    if (url !== undefined) row.url = normalUrl(row.url);
    demandCertificate(body);
    if (row.type === '' || row.url === '') refuse(400, 'type or url cannot be empty');
    if (!(await isHealthy(row))) unhealthy(row.url);
  }

  /** docker-hub and aws-ecr say the same of themselves; a Harbor would name its labels, too. */
  async function info(id: number): Promise<object> {
    const filters = [
      { style: 'input', type: 'name', values: null },
      { style: 'input', type: 'tag', values: null },
      { style: 'radio', type: 'resource', values: ['image'] },
    ];
    return { type: get(id).type, supported_resource_filters: filters, supported_triggers: ['manual', 'scheduled'] };
  }

  /** One pass of the health loop, which real servers make every five minutes. It moves `update_time`, too. */
  async function checkHealth(): Promise<void> {
    for (const row of state.registries) {
      row.status = (await isHealthy(row).catch(() => false)) ? 'healthy' : 'unhealthy';
      row.update_time = later(row.update_time);
    }
  }

  return { get, list, create, update, remove, ping, info, checkHealth };
}

/** Nothing but blanks is no certificate, and allowed. */
function demandCertificate({ ca_certificate }: Body): void {
  if (/^\s*$|-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----/s.test(textOf(ca_certificate))) return;
  refuse(400, 'invalid CA certificate: no valid certificates found in PEM data');
}

/**
 * A copy of the row with the members that were given: absent and null keep what is stored, an empty text replaces it.
 */
function overlaid(stored: Row, body: Body): Row {
  const { credential_type, access_key, access_secret, id: _, type: __, ...members } = body;
  const { type = '', ...former } = stored.credential ?? { access_key: '', access_secret: '' };
  const credential = {
    type: textOf(credential_type) || type || 'basic',
    access_key: access_key === undefined ? former.access_key : textOf(access_key),
    access_secret: access_secret === undefined ? former.access_secret : textOf(access_secret),
  };
  return { ...structuredClone(stored), ...members, credential };
}

/**
 * As the columns take it: no secret without a user name, and nothing that is too long. The secret is stored encrypted,
 * which leaves 3050 bytes.
 */
function storable(row: Row): Row {
  const { type, access_key, access_secret } = row.credential ?? { type: '', access_key: '', access_secret: '' };
  if (type.length > 16 || access_key.length > 255 || Buffer.byteLength(access_secret) > 3050) fail();
  return { ...row, credential: access_key === '' ? null : row.credential };
}
