import type { Seen } from '../server.ts';
import { actionsOf, isMoving } from './lifecycle.ts';
import { type Environment, numberOf, type Row, type Type } from './state.ts';

/** How one caller is shown things. */
export interface View {
  /** Origin, version and, where it stands in the path, the environment: every link begins with it. */
  readonly base: string;
  readonly version: string;
  /** `clear`: an answer to a POST, which shows the secret to everybody. */
  readonly secrets: 'hidden' | 'clear';
  /** The role allows no actions. */
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

/** The origin as the client sees it: what a proxy forwards, else the Host header. */
export function originOf({ headers }: Seen): string {
  const first = (name: string): string | undefined =>
    String(headers[name] ?? '')
      .split(',')[0]
      ?.trim() || undefined;
  const scheme = first('x-forwarded-proto') ?? 'http';
  const [, name = '', own] = /^(.*?)(?::(\d+))?$/.exec(first('x-forwarded-host') ?? headers.host ?? '') ?? [];
  const port = first('x-forwarded-port') ?? own;
  const usual = scheme === 'https' ? '443' : '80';
  return `${scheme}://${name}${port === undefined || port === usual ? '' : `:${port}`}`;
}

export function showRow(row: Row, { base, version, secrets, readonly }: View): Record<string, unknown> {
  const { id, type, values, state, removed, trouble } = row;
  const self = `${base}/${plurals[type]}/${id}`;
  const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
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
    // Which ones are offered in the midst of an update was not recorded.
    ...(!state.startsWith('updating') && {
      actions: Object.fromEntries((readonly ? [] : actionsOf(row)).map(name => [name, `${self}/?action=${name}`])),
    }),
    baseType: type === 'registry' ? 'storagePool' : 'credential',
    name: values['name'] ?? null,
    state,
    accountId: row.environment,
    created: time(row.created),
    createdTS: row.created,
    description: values['description'] ?? null,
    kind: type,
    removed: removed === undefined ? null : time(removed),
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

/** The links of an API version, as far as somebody follows them. */
export function showRoot({ base, version }: View): Record<string, unknown> {
  const links = {
    self: base,
    registries: `${base}/registries`,
    registryCredentials: `${base}/registrycredentials`,
    projects: `${base}/projects`,
  };
  return { id: version, type: 'apiVersion', links, actions: {}, baseType: 'apiVersion' };
}

const filterable: Readonly<Record<Type, readonly string[]>> = {
  registry: ['accountId', 'description', 'id', 'kind', 'name', 'removed', 'state', 'uuid'],
  registryCredential: ['accountId', 'description', 'id', 'kind', 'name', 'publicValue', 'registryId', 'removed', 'state', 'uuid'],
};
const modifiers = ['ne', 'null', 'notnull', 'like', 'prefix'];
interface Filter {
  readonly field: string;
  readonly modifier: string;
  readonly value: string;
}

/** The filters of a query that are understood; the others are ignored without a word, serverAddress among them. */
export function filtersOf(type: Type, query: URLSearchParams): Filter[] {
  return [...query].flatMap(([key, text]): Filter[] => {
    const [, field = key, modifier = 'eq'] = new RegExp(`^(\\w+?)_(${modifiers.join('|')})$`).exec(key) ?? [];
    if (!filterable[type].includes(field)) return [];
    if (field !== 'registryId') return [{ field, modifier, value: text }];
    // A reference is compared by its number; what is none stays as it is and matches nothing.
    const number = text === '' ? -1 : numberOf('registry', text);
    return [{ field, modifier, value: Number.isNaN(number) ? text : String(number) }];
  });
}

export function matches(shown: Readonly<Record<string, unknown>>, { field, modifier, value }: Filter): boolean {
  const stored = typeof shown[field] === 'string' ? shown[field] : undefined;
  const number = (text: string | undefined): string | undefined => text?.replace(/^1(sp|c|a)/, '');
  const text = ['id', 'registryId', 'accountId'].includes(field) ? number(stored) : stored;
  switch (modifier) {
    case 'null':
      return text === undefined;
    case 'notnull':
      return text !== undefined;
    case 'ne':
      return text !== value;
    case 'prefix':
      return text?.startsWith(value) ?? false;
    case 'like':
      return text !== undefined && new RegExp(`^${RegExp.escape(value).replaceAll('%', '.*')}$`, 's').test(text);
    default:
      return text === value;
  }
}

/** One page of a list. `at`: the address of the list without its query. */
export function showPage(
  type: Type,
  items: readonly Record<string, unknown>[],
  at: string,
  query: URLSearchParams,
): Record<string, unknown> {
  const limit = limitOf(query.get('limit'));
  const offset = Number(/^m(\d+)$/.exec(query.get('marker') ?? '')?.[1] ?? 0);
  const filters = filtersOf(type, query);
  const all = items.filter(item => filters.every(filter => matches(item, filter)));
  const partial = all.length > offset + limit;
  const next = new URLSearchParams(query);
  next.delete('marker');
  next.append('marker', `m${offset + limit}`);
  const pagination = { first: null, previous: null, next: partial ? `${at}?${next}` : null, limit, total: null, partial };
  const understood = filters.map(({ field, modifier, value }) => [field, [{ value, modifier }]] as const);
  return { ...showList(type, gathered(all.slice(offset, offset + limit)), at), pagination, filters: Object.fromEntries(understood) };
}

/** Joined rows of one resource become one, with all that is included of them. */
export function gathered(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return [...Map.groupBy(rows, ({ id }) => id).values()].map(same => {
    const credentials = same.flatMap(row => row['credentials'] ?? []);
    return { ...same[0], ...(credentials.length > 0 && { credentials }) };
  });
}

/** A list that knows no pages. */
export function showList(resourceType: string, data: readonly Record<string, unknown>[], at: string): Record<string, unknown> {
  const rest = { pagination: null, sort: null, filters: {}, createDefaults: {} };
  return { type: 'collection', resourceType, links: { self: at }, createTypes: {}, actions: {}, data, ...rest };
}

/** What is out of range becomes the most, what cannot be read as a Java int the usual. */
function limitOf(text: string | null): number {
  const limit = Number(text);
  if (text === null || !/^[+-]?\d+$/.test(text) || Math.abs(limit) >= 2 ** 31) return 100;
  return limit < 1 || limit > 3000 ? 3000 : limit;
}
