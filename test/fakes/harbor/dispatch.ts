import type { Reply, Seen } from '../server.ts';
import { type Caller, demand } from './auth.ts';
import { pageOf } from './list.ts';
import { type Body, integerOf, type Read, readBody, type Shape } from './payload.ts';
import { refuse, refuseInvalid } from './refusal.ts';

interface Call {
  readonly request: Seen;
  readonly query: URLSearchParams;
  /** The number in the path, or 0 if there is none. */
  readonly id: number;
  readonly body: Body;
  readonly caller: Caller | undefined;
  accepts(type: string): boolean;
}
export interface Route {
  /** Methods that the real server has on this path, but this one does not. */
  readonly others?: readonly string[];
  /** Content types of the response. Defaults to JSON. */
  readonly produces?: readonly string[];
  readonly method: string;
  readonly path: string;
  /** The required right as `resource:action`. undefined: any authenticated caller; false: everyone. */
  readonly right?: string | undefined | false;
  readonly body?: readonly [parameter: string, model: string, shape: Shape];
  readonly paged?: boolean;
  answer(call: Call): Reply | Promise<Reply>;
}

interface Incoming extends Omit<Call, 'id' | 'body' | 'accepts'> {
  readonly path: string;
  /** The path as errors show it. */
  readonly pathname: string;
  readonly routes: readonly Route[];
}

/**
 * Dispatches a request. It is refused in this order: unknown path, wrong method, validation, no login, no right. The
 * handler does the rest.
 */
export function dispatch({ request, query, caller, path, pathname, routes }: Incoming): Reply | Promise<Reply> {
  const matching = routes.filter(route => matches(route.path, path));
  // A literal path precedes one with a number in it.
  const route = matching.find(({ method }) => method === request.method);
  if (matching.length === 0) refuse(404, `path ${pathname} was not found`);
  const methods = matching.flatMap(({ method, others = [] }) => [method, ...others]).join(',');
  if (!route) return refuse(405, `method ${request.method} is not allowed, but [${methods}] are`);
  const flaws: string[] = [];
  const accepts = accepting(request);
  const { produces = ['application/json'] } = route;
  if (!produces.some(accepts)) refuseInvalid([`unsupported media type requested, only [${produces.join(' ')}] are available`]);
  const id = idOf(route.path, path, flaws);
  if (route.paged) flaws.push(...pageOf(query).flaws);
  const read: Read = route.body ? readBody(request, ...route.body) : { body: {}, flaws: [] };
  refuseInvalid([...flaws, ...read.flaws]);
  if (route.right !== false) demand(caller, route.right);
  return route.answer({ request, query, caller, id, body: read.body, accepts });
}

function idOf(pattern: string, path: string, flaws: string[]): number {
  const index = pattern.split('/').indexOf(':id');
  if (index < 0) return 0;
  const name = pattern.startsWith('/robots') ? 'robot_id' : 'id';
  return integerOf(decodeURIComponent(path.split('/')[index] ?? ''), `${name} in path`, flaws);
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((segment, index) => segment === ':id' || segment === given[index]);
}

/** Returns a function that tells whether the Accept header allows a content type. */
function accepting({ headers: { accept = '*/*' } }: Seen): (type: string) => boolean {
  const ranges = accept.split(',').map(range => range.split(';').map(part => part.trim().toLowerCase()));
  const taken = ranges.filter(([, ...more]) => !more.some(part => /^q=0(\.0*)?$/.test(part))).map(([range]) => range);
  return type => taken.some(range => ['*/*', type, type.replace(/\/.*/, '/*')].includes(range ?? ''));
}

export const text = (type: string, words: string): Reply => ({ status: 200, headers: { 'content-type': type }, text: words });
