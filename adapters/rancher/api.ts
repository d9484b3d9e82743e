import type { Answer, Http } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { refusal } from './refusal.ts';

/** What registries and credentials have in common, of what is read. */
export interface Resource {
  readonly id: string;
  readonly state?: string;
  readonly removed?: string | null;
  readonly transitioning?: string;
  /** What a process gave as its reason; may quote anything. */
  readonly transitioningMessage?: string | null;
}
export interface Credential extends Resource {
  readonly publicValue?: string | null;
  readonly registryId?: string;
}
export interface Registry extends Resource {
  readonly name?: string | null;
  readonly serverAddress?: string;
  readonly actions?: Readonly<Record<string, string>>;
  readonly credentials?: readonly Credential[];
}
export interface Environment extends Resource {
  readonly name?: string | null;
}
/** As whom Rancher took us, as its headers tell. */
export interface Principal {
  readonly kind: string | undefined;
  readonly account: string | undefined;
}
export interface Listed<T> extends Principal {
  readonly items: readonly T[];
}

/** The most that the documents allow; one page for almost everybody. */
const pageSize = 1000;
const mostPages = 1000;

export type Api = ReturnType<typeof openApi>;

/** The requests that we make. `at` is what `pathOf` gives. */
export function openApi(http: Http, accessKey: string | undefined, secretKey: Secret | undefined) {
  const accept = { Accept: 'application/json' };
  const headers = (): Record<string, string> =>
    accessKey && secretKey
      ? { ...accept, Authorization: `Basic ${Buffer.from(`${accessKey}:${secretKey.reveal()}`).toString('base64')}` }
      : accept;

  const ask = (method: string, path: string, signal: AbortSignal, body?: object): Promise<Answer> =>
    http(method, path, { signal, headers: headers(), ...(body && { body }) });

  /** All pages of a list, each thing once. Links are absolute and may name another origin, so of the next page only its marker is taken. */
  async function list<T extends Resource>(path: string, signal: AbortSignal, more = ''): Promise<Listed<T>> {
    const items: T[] = [];
    const markers = new Set<string>();
    for (let marker = ''; ; ) {
      const answer = await ask('GET', `${path}?limit=${pageSize}${more}${marker && `&marker=${encodeURIComponent(marker)}`}`, signal);
      if (answer.status === 404)
        throw new Failure('MISCONFIGURED', `There is no Rancher 1.6 at this address: ${path} is not known there.`, {
          remedy: 'Check host, port and path of the address. Rancher 2 is another kind of target.',
        });
      if (answer.status !== 200) throw refusal(http, answer, 'Reading the list');
      const page = answer.json<{ data?: unknown; pagination?: { next?: unknown } | null } | null>();
      if (!Array.isArray(page?.data)) throw new Failure('UNEXPECTED', `The answer to GET ${path} is no list of Rancher’s.`);
      for (const item of page.data as readonly T[]) if (isResource(item)) items.push(item);
      const next = page.pagination?.next;
      if (typeof next !== 'string') {
        const said = (name: string): string | undefined => answer.headers.get(`x-api-${name}`);
        return { items, kind: said('account-kind'), account: said('account-id') };
      }
      marker = new URLSearchParams(next.slice(next.indexOf('?') + 1)).get('marker') ?? '';
      if (marker === '' || markers.has(marker) || markers.size >= mostPages)
        throw new Failure('UNEXPECTED', `The pages of GET ${path} do not end.`);
      markers.add(marker);
    }
  }

  return {
    ask,
    hasKey: accessKey !== undefined,

    /** The registries with their credentials, lowest number first: in one request, as those of removed registries are still listed elsewhere. */
    async registries(at: string, signal: AbortSignal): Promise<Listed<Registry>> {
      const listed = await list<Registry>(`${at}/registries`, signal, '&include=credentials');
      const merged = new Map<string, Registry & { readonly credentials: Credential[] }>();
      const loose = listed.items.some(({ credentials }) => !Array.isArray(credentials))
        ? Map.groupBy((await list<Credential>(`${at}/registrycredentials`, signal)).items, ({ registryId }) => registryId)
        : undefined;
      for (const item of listed.items) {
        // A registry whose credentials are cut by the end of a page comes twice.
        const more = Array.isArray(item.credentials) ? (item.credentials as readonly Credential[]) : (loose?.get(item.id) ?? []);
        const credentials = [...(merged.get(item.id)?.credentials ?? []), ...more.filter(isResource)];
        if (typeof item.serverAddress === 'string') merged.set(item.id, { ...item, credentials: inOrder(credentials) });
      }
      return { ...listed, items: inOrder([...merged.values()]) };
    },

    environments: async (at: string, signal: AbortSignal): Promise<readonly Environment[]> =>
      (await list<Environment>(`${at}/projects`, signal)).items.filter(({ state }) => state === 'active'),

    /** Whether whoever comes without a key is let in: access control is off. */
    async isOpen(at: string, signal: AbortSignal): Promise<boolean> {
      const { status } = await http('GET', at, { signal, headers: { ...accept, 'X-API-No-Challenge': 'true' } });
      return status === 200;
    },
  };
}

/** Ids become a part of paths. */
const isResource = (item: Resource | null): boolean => typeof item?.id === 'string' && /^\w+$/.test(item.id);
const numberIn = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? Number.POSITIVE_INFINITY);
function inOrder<T extends Resource>(items: readonly T[]): T[] {
  return [...new Map(items.map(item => [item.id, item])).values()].sort((a, b) => numberIn(a.id) - numberIn(b.id));
}

const isGone = ({ state = '', removed }: Resource): boolean => Boolean(removed) || /^(removing|removed|purging|purged)$/.test(state);
/** Serves pulls, or will when Rancher is done with it. */
export const isLive = (resource: Resource): boolean =>
  !isGone(resource) && /^(requested|registering|activating|active|updating-active)$/.test(resource.state ?? '');
/** There, and switched off by somebody. */
export const isIdle = (resource: Resource): boolean => !isGone(resource) && !isLive(resource);
