import type { Seen } from '../server.ts';
import { actionsOf, isMoving } from './lifecycle.ts';
import type { Environment, Row, Type } from './state.ts';

/** How a caller sees resources. */
export interface View {
  /** Origin, version and the environment, if it is in the path. Every link begins with it. */
  readonly base: string;
  /** The address of the request, without its query. Links of lists begin with it. */
  readonly address: string;
  readonly version: string;
  /** `clear`: the response to a POST, which contains the secret for every caller. */
  readonly secrets: 'hidden' | 'clear';
  /** Set if the caller's role allows no actions. */
  readonly readonly: boolean;
}

export const plurals: Readonly<Record<Type | 'project', string>> = {
  registry: 'registries',
  registryCredential: 'registrycredentials',
  project: 'projects',
};
export const linksOf: Readonly<Record<Type, readonly string[]>> = {
  registry: ['account', 'credentials', 'hosts', 'images', 'volumes'],
  registryCredential: ['account', 'images', 'instances', 'registry'],
};
/**
 * Returns the address of a request without its query, as Cattle takes it from the headers of a proxy. Without
 * X-Forwarded-Proto the others do not count. A forwarded port of 80 or 443 is dropped, and the port of the host stays
 * (1.6, DefaultApiRequestParser.java).
 */
export function addressOf({ headers, path }: Seen): string {
  const first = (name: string): string | undefined =>
    String(headers[name] ?? '')
      .split(',')
      .find(part => part !== '')
      ?.trim();
  const uri = path.split('?')[0] ?? '';
  const scheme = first('x-forwarded-proto');
  const host = first('x-forwarded-host') ?? first('host') ?? '';
  if (scheme === undefined) return `http://${(headers.host ?? '').replace(/:80$/, '')}${uri}`;
  const port = first('x-forwarded-port');
  if (port === undefined || port === '443' || port === '80') return `${scheme}://${host}${uri}`;
  return `${scheme}://${/^\[.*]$/.test(host) ? host : host.replace(/:[^:]*$/, '')}:${port}${uri}`;
}

/** Returns what links to resources begin with. Cattle writes them in lower case (1.6, DefaultUrlBuilder.java). */
export const originOf = (address: string): string => (/^[^:]*:\/\/[^/]*/.exec(address)?.[0] ?? '').toLowerCase();

/** Formats a time without milliseconds. */
export const isoTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

export function showRow(row: Row, { base, version, secrets, readonly }: View): Record<string, unknown> {
  const { id, type, values, state, removed, trouble } = row;
  const self = `${base}/${plurals[type]}/${id}`;
  const moving = isMoving(row);
  const own =
    type === 'registry'
      ? { serverAddress: values['serverAddress'] }
      : {
          publicValue: values['publicValue'] ?? null,
          registryId: values['registryId'],
          secretValue: secrets === 'clear' ? (values['secretValue'] ?? null) : null,
          ...(version === 'v1' && { email: values['email'] ?? null }),
        };
  return {
    id,
    type,
    links: { self, ...Object.fromEntries(linksOf[type].map(name => [name, `${self}/${name}`])) },
    // The actions in the middle of an update were not recorded.
    ...(!state.startsWith('updating') && {
      actions: Object.fromEntries((readonly ? [] : actionsOf(row)).map(name => [name, `${self}/?action=${name}`])),
    }),
    baseType: type === 'registry' ? 'storagePool' : 'credential',
    name: values['name'] ?? null,
    state,
    accountId: row.environment,
    created: isoTime(row.created),
    createdTS: row.created,
    description: values['description'] ?? null,
    kind: type,
    removed: removed === undefined ? null : isoTime(removed),
    ...(removed !== undefined && { removedTS: removed }),
    transitioning: trouble !== undefined ? 'error' : moving ? 'yes' : 'no',
    transitioningMessage: trouble ?? (moving ? 'In Progress' : null),
    transitioningProgress: null,
    uuid: row.uuid,
    ...own,
  };
}

export function showEnvironment({ id, name, kind, state }: Environment, { base }: View): Record<string, unknown> {
  const still = { transitioning: 'no', transitioningMessage: null, transitioningProgress: null };
  return { id, type: 'project', links: { self: `${base}/projects/${id}` }, name, state, description: null, kind, removed: null, ...still };
}

/** Returns the links of an API version, as far as clients follow them. */
export function showRoot({ base, address, version }: View): Record<string, unknown> {
  const links = {
    self: address,
    registries: `${base}/registries`,
    registryCredentials: `${base}/registrycredentials`,
    projects: `${base}/projects`,
  };
  return { id: version, type: 'apiVersion', links, actions: {}, baseType: 'apiVersion' };
}

/** Merges joined rows of the same resource, with all their included credentials. */
export function gathered(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return [...Map.groupBy(rows, ({ id }) => id).values()].map(same => {
    const credentials = same.flatMap(row => row['credentials'] ?? []);
    return { ...same[0], ...(credentials.length > 0 && { credentials }) };
  });
}

/**
 * Returns the list behind a link, which is always empty here. Its pagination is that of the resource that was looked up
 * first (read in the source).
 */
export function showBehind(link: string, at: string, limit: number): Record<string, unknown> {
  return { ...showList(link.replace(/s$/, ''), [], at), pagination: paginationOf(limit, null) };
}

export const paginationOf = (limit: number, next: string | null): Record<string, unknown> => ({
  first: null,
  previous: null,
  next,
  limit,
  total: null,
  partial: next !== null,
});

/** Returns a list without pagination. */
export function showList(resourceType: string, data: readonly Record<string, unknown>[], at: string): Record<string, unknown> {
  const rest = { pagination: null, sort: null, filters: {}, createDefaults: {} };
  return { type: 'collection', resourceType, links: { self: at }, createTypes: {}, actions: {}, data, ...rest };
}
