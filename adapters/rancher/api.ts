import type { Answer, Http } from '../../src/contract/http.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { isHtml } from '../../src/contract/text.ts';
import { nothingAt } from '../../src/contract/usual.ts';
import { readPages } from '../common/pages.ts';
import { type RowCount, refuseUnreadable } from '../common/unreadable.ts';
import { errorOf, keysMissing, refusal } from './refusal.ts';

/** The members that registries and credentials share, as far as they are read. */
export interface Resource {
  readonly id: string;
  readonly state: string;
  readonly removed?: string | null;
  readonly transitioning?: string;
  /** The reason that a process gave. It may quote anything. */
  readonly transitioningMessage?: string | null;
}
export interface Credential extends Resource {
  readonly publicValue?: string | null;
  readonly registryId?: string;
}
export interface Registry extends Resource {
  readonly name?: unknown;
  readonly serverAddress?: string;
  readonly actions?: Readonly<Record<string, string>>;
  readonly credentials?: readonly Credential[];
}
interface Environment extends Resource {
  readonly name?: unknown;
}
/** The account that Rancher took us for, according to its headers. */
interface Principal {
  readonly kind: string | undefined;
  readonly account: string | undefined;
}
export interface Listed<T> extends Principal {
  readonly items: readonly T[];
  readonly count: RowCount;
}

/** The most that the documentation allows: almost always a single page. */
const pageSize = 1000;

export type Api = ReturnType<typeof openApi>;

/** The requests that we make. `at` is a result of `pathOf`. */
export function openApi(http: Http, address: string, accessKey: string | undefined, secretKey: Secret | undefined) {
  const accept = { Accept: 'application/json' };
  const headers = (): Record<string, string> =>
    accessKey && secretKey
      ? { ...accept, Authorization: `Basic ${Buffer.from(`${accessKey}:${secretKey.reveal()}`).toString('base64')}` }
      : accept;

  async function ask(method: string, path: string, signal: AbortSignal, body?: object): Promise<Answer> {
    const answer = await http(method, path, { signal, headers: headers(), ...(body && { body }) });
    if (answer.status === 401 && !accessKey && errorOf(answer).code !== undefined) throw keysMissing();
    return answer;
  }

  async function list<T extends Resource>(
    path: string,
    signal: AbortSignal,
    more = '',
    merge?: (before: T, later: T) => T,
  ): Promise<Listed<T>> {
    let headers: Answer['headers'] = new Map();
    const get = async (next: string): Promise<Answer> => {
      const answer = await ask('GET', next, signal);
      if (answer.status === 404) throw nothingAt('Rancher 1.6', address, path, 'Rancher 2 is another kind of target.');
      if (answer.status !== 200) throw refusal(http, answer, 'Reading the list', 'target');
      headers = answer.headers;
      return answer;
    };
    const rows = await readPages<T>(`${path}?limit=${pageSize}${more}`, get, merge);
    const items = rows.filter(isResource);
    const count = { path, read: items.length, unreadable: rows.length - items.length };
    refuseUnreadable(count);
    return { items, count, kind: headers.get('x-api-account-kind'), account: headers.get('x-api-account-id') };
  }

  return {
    ask,
    hasKey: accessKey !== undefined,

    /**
     * The registries with their credentials, lowest number first. One request returns both; the list of credentials
     * also has those of removed registries.
     */
    async registries(at: string, signal: AbortSignal): Promise<Listed<Registry>> {
      // A registry whose credentials go on in the next page comes twice.
      const joined = (before: Registry, later: Registry): Registry => ({ ...later, credentials: [...rowsOf(before), ...rowsOf(later)] });
      const { items, ...principal } = await list<Registry>(`${at}/registries`, signal, '&include=credentials', joined);
      const known = items.filter(({ serverAddress }) => typeof serverAddress === 'string');
      // A registry without credentials has no such member, so it counts as left out only if no registry has it.
      const included = known.length === 0 || known.some(({ credentials }) => Array.isArray(credentials));
      const loose = included
        ? undefined
        : Map.groupBy((await list<Credential>(`${at}/registrycredentials`, signal)).items, ({ registryId }) => registryId);
      const whole = known.map(item => ({ ...item, credentials: inOrder(loose?.get(item.id) ?? rowsOf(item).filter(isResource)) }));
      return { ...principal, items: inOrder(whole) };
    },

    environments: async (at: string, signal: AbortSignal): Promise<readonly Environment[]> =>
      (await list<Environment>(`${at}/projects`, signal)).items.filter(({ state }) => state === 'active'),

    /**
     * Whether Rancher answers without a key, because its access control is off. It counts as on where that cannot be
     * asked (a proxy refuses it).
     */
    isOpen: (at: string, signal: AbortSignal): Promise<boolean> =>
      http('GET', at, { signal, headers: { ...accept, 'X-API-No-Challenge': 'true' } }).then(
        answer => answer.status === 200 && !isHtml(answer),
        () => false,
      ),
  };
}

/** Whether a row can be used. Ids become a part of paths, so they must be words. */
export const isResource = (item: Resource | null | undefined): item is Resource =>
  typeof item?.id === 'string' && /^\w+$/.test(item.id) && typeof item.state === 'string';
const rowsOf = ({ credentials }: Registry): readonly Credential[] =>
  Array.isArray(credentials) ? (credentials as readonly Credential[]) : [];
const numberIn = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? Number.POSITIVE_INFINITY);
function inOrder<T extends Resource>(items: readonly T[]): T[] {
  return [...new Map(items.map(item => [item.id, item])).values()].sort((a, b) => numberIn(a.id) - numberIn(b.id));
}

/** Whether it is removed, or being removed. */
export const isGone = ({ state, removed }: Resource): boolean => Boolean(removed) || /^(removing|removed|purging|purged)$/.test(state);
/** Whether it serves pulls, or will when Rancher is done with it. */
export const isLive = (resource: Resource): boolean =>
  !isGone(resource) && /^(requested|registering|activating|active|updating-active)$/.test(resource.state);
/** Whether it is there, but switched off. */
export const isIdle = (resource: Resource): boolean => !isGone(resource) && !isLive(resource);
