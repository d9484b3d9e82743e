import type { Clock } from '../../../src/contract/clock.ts';
import { goJsonFlaw } from '../go-json.ts';
import type { Place } from './body.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { checkListOptions } from './list-options.ts';
import type { KubeObject } from './objects.ts';
import { badRequest, refuse, tooLarge } from './refusal.ts';
import { selectorOf } from './select.ts';
import { keysFrom, type Store } from './store.ts';
import type { List } from './views.ts';

/** How long a list waits for a version that the server has not reached yet, in milliseconds (recorded). */
export const waitForVersionMs = 3000;

interface Page {
  /** The version of the first page. -1: the current state, which may differ from that of the first page. */
  readonly rv: number;
  /** The first key of the page. */
  readonly start: string;
}

/** Returns the body of a list. Waits if the requested version is not reached yet. */
export async function list(
  store: Store,
  { kind, namespace }: Place,
  query: URLSearchParams,
  clock: Clock,
  signal: AbortSignal,
): Promise<List> {
  checkListOptions(query, 'list');
  const token = query.get('continue') ?? '';
  const asked = versionIn(query);
  if (token !== '' && asked !== undefined && asked !== 0) badRequest('specifying resource version is not allowed when using continue');
  if (asked !== undefined && asked > store.version) {
    await clock.sleep(waitForVersionMs, signal);
    if (asked > store.version) refuse(tooLarge(asked, store.version));
  }
  const page = token === '' ? undefined : pageOf(token);
  const exact = query.get('resourceVersionMatch') === 'Exact' ? asked : undefined;
  const when = page && page.rv >= 0 ? page.rv : (exact ?? store.version);
  const then = store.at(kind, when) ?? (page ? expiredPage(page) : expiredList());
  const matches = selectorOf(kind, query);
  const chosen: KubeObject[] = [];
  const keys: string[] = [];
  // With resourceVersion=0 the watch cache answers, which does not paginate (recorded).
  const limit = asked === 0 ? 0 : Number(query.get('limit') ?? 0);
  let left = 0;
  for (const key of keysFrom(then.keys, namespace, page?.start)) {
    const object = then.objects.get(key);
    if (!object || (matches && !matches(object))) continue;
    if (limit > 0 && chosen.length === limit) {
      keys.push(key);
      left++;
      continue;
    }
    chosen.push(object);
  }
  const [next] = keys;
  const metadata = {
    resourceVersion: String(when),
    ...(next !== undefined && { continue: tokenOf({ rv: when, start: next }), ...(!matches && { remainingItemCount: left }) }),
  };
  return listOf(kind, metadata, chosen);
}

/** Builds a list. Its items have no kind and apiVersion, because the list has them. */
export function listOf(kind: Kind, metadata: object, objects: readonly KubeObject[]): List {
  const items = objects.map(object => ({ ...object, kind: undefined, apiVersion: undefined }));
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
}

/** Returns the resourceVersion of a query, or undefined without one. */
export function versionIn(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) badRequest(`invalid resource version: ${numberFlaw(text)}`);
  return Number(text);
}

export function numberFlaw(text: string): string {
  const said = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${said}: strconv.ParseUint: parsing ${said}: invalid syntax`;
}

const tokenOf = (page: Page): string => Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...page })).toString('base64url');

const badToken = 'invalid continue token: continue key is not valid';

function pageOf(token: string): Page {
  const wrong = /[^\w-]/.exec(token)?.index ?? (token.length % 4 === 1 ? token.length - 1 : undefined);
  if (wrong !== undefined) badRequest(`${badToken}: illegal base64 data at input byte ${wrong}`);
  const text = Buffer.from(token, 'base64url');
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) badRequest(`${badToken}: ${flaw}`);
  const { rv, start } = JSON.parse(text.toString()) as Partial<Page>;
  return typeof rv === 'number' && typeof start === 'string'
    ? { rv, start }
    : badRequest(`${badToken}: incorrect encoded start resourceVersion (version meta.k8s.io/v1)`);
}

function expiredPage({ start }: Page): never {
  const message = [
    'The provided continue parameter is too old to display a consistent list result.',
    'You can start a new list without the continue parameter,',
    'or use the continue token in this response to retrieve the remainder of the results.',
    'Continuing with the provided token results in an inconsistent list -',
    'objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  ].join(' ');
  return refuse({ code: 410, message, reason: 'Expired', continue: tokenOf({ rv: -1, start }) });
}

const expiredList = (): never => refuse({ code: 410, message: 'The resourceVersion for the provided list is too old.', reason: 'Expired' });
