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
 * Differences between versions: paged lists since 2.3, a PUT that writes the status since 2.0, a short message for a
 * failed check since 2.3.
 */
export interface Ways {
  readonly paged: boolean;
  readonly writesStatus: boolean;
  readonly terse: boolean;
}
/** The handlers below /registries. `isHealthy` logs in at the registry of a row. */
export function makeRegistries(
  state: HarborState,
  clock: Clock,
  base: () => string,
  isHealthy: (row: Checked) => Promise<boolean>,
  ways: Ways,
) {
  /** Ids are never reused, even after a removal. */
  let lastId = 0;

  /** Returns a row. Id 0 is Harbor itself, which is readable but never listed. */
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
    // The real handler panics here, and the response has no body.
    if (members['type'] === 'aws-ecr' && credential === undefined) refuse(500, '');
    const given = members as Partial<Row>;
    const row = makeRow({ type: '', ...given, name: textOf(given.name), url: textOf(given.url) }, 0, clock.wall());
    const { type, access_key, access_secret } = (credential ?? {}) as Body;
    row.credential = { type: textOf(type) || 'basic', access_key: textOf(access_key), access_secret: textOf(access_secret) };
    await check(row);
    // The database counts on even if it refuses the row.
    lastId = Math.max(0, ...state.registries.map(({ id }) => id), lastId) + 1;
    row.id = lastId;
    refuseTaken(row);
    const time = new Date(clock.wall()).toISOString();
    state.registries.push(storable({ ...row, creation_time: time, update_time: time }));
    return row;
  }
  /** Reads, checks, and then writes the whole row. A slow update overwrites newer values with the ones it has read. */
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

  /** Returns the current time, or a later one, so that two update times of a row always differ. */
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

  /** Checks the given values merged over the stored ones. Stores nothing. */
  async function ping(body: Body): Promise<void> {
    const { id, type, url } = body;
    const stored = id === undefined ? makeRow({ type: '', url: '' }, 0, 0) : get(Number(id));
    const row = { ...overlaid(stored, body), type: textOf(type ?? stored.type) };
    if (url !== undefined) row.url = normalUrl(row.url);
    demandCertificate(body);
    if (row.type === '' || row.url === '') refuse(400, 'type or url cannot be empty');
    if (!(await isHealthy(row))) unhealthy(row.url);
  }

  /** Returns the info of a registry. docker-hub and aws-ecr have the same; a Harbor would also have its labels. */
  async function info(id: number): Promise<object> {
    const filters = [
      { style: 'input', type: 'name', values: null },
      { style: 'input', type: 'tag', values: null },
      { style: 'radio', type: 'resource', values: ['image'] },
    ];
    return { type: get(id).type, supported_resource_filters: filters, supported_triggers: ['manual', 'scheduled'] };
  }

  /** Runs one pass of the health loop, which real servers run every five minutes. It also updates `update_time`. */
  async function checkHealth(): Promise<void> {
    for (const row of state.registries) {
      row.status = (await isHealthy(row).catch(() => false)) ? 'healthy' : 'unhealthy';
      row.update_time = later(row.update_time);
    }
  }

  return { get, list, create, update, remove, ping, info, checkHealth };
}

/** Throws for an invalid CA certificate. A blank one counts as none and is allowed. */
function demandCertificate({ ca_certificate }: Body): void {
  if (/^\s*$|-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----/s.test(textOf(ca_certificate))) return;
  refuse(400, 'invalid CA certificate: no valid certificates found in PEM data');
}

/**
 * Returns a copy of the row with the given members. Absent and null members keep the stored value, an empty text
 * replaces it.
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
 * Returns the row as the columns store it: no secret without a user name. Throws for values that are too long. The
 * encrypted secret has room for 3050 bytes.
 */
function storable(row: Row): Row {
  const { type, access_key, access_secret } = row.credential ?? { type: '', access_key: '', access_secret: '' };
  if (type.length > 16 || access_key.length > 255 || Buffer.byteLength(access_secret) > 3050) fail();
  return { ...row, credential: access_key === '' ? null : row.credential };
}
