import { targetOf } from '../go-target.ts';
import type { Seen } from '../server.ts';
import type { Deed } from './access.ts';
import { badRequest } from './refusal.ts';

/** A parsed request: a resource or another path. */
export type Call =
  | { readonly kind: 'path'; readonly path: string; readonly verb: string; readonly query: URLSearchParams }
  | {
      readonly kind: 'resource';
      readonly version: string;
      /** The action to authorize. A list that selects one name has that name. */
      readonly deed: Deed;
      /** The name in the path, or undefined for a collection. */
      readonly name: string | undefined;
      readonly namespace: string | undefined;
      readonly resource: string;
      readonly part: string | undefined;
      readonly query: URLSearchParams;
    };

const yes = (value: string | null): boolean => value !== null && !['0', 'false', 'f', 'F', 'FALSE', 'False'].includes(value);

/** Parses a request like requestinfo.go of the API server. */
export function callOf({ method, path: sent }: Seen): Call {
  const { path, query } = targetOf(sent) ?? badRequest('the path cannot be read');
  const [, group = '', version, rest = ''] = /^\/api(?:s\/([^/]+))?\/([^/]+)\/(.+?)\/?$/.exec(path) ?? [];
  if (version === undefined) return { kind: 'path', path, verb: method.toLowerCase(), query };
  const parts = rest.split('/');
  const inside = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const [resource = '', name, part] = inside ? parts.slice(2) : parts;
  // A namespace counts as an object in itself.
  const namespace = inside ? parts[1] : resource === 'namespaces' ? name : undefined;
  const verb = verbOf(method, name, query);
  const selected = verb === 'list' || verb === 'watch' ? nameIn(query.get('fieldSelector') ?? '') : undefined;
  const deed = { verb, group, resource: part ? `${resource}/${part}` : resource, namespace, name: name ?? selected };
  return { kind: 'resource', version, deed, name, namespace: inside ? parts[1] : undefined, resource, part, query };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): string {
  if (method === 'GET' || method === 'HEAD') {
    if (yes(query.get('watch'))) return 'watch';
    return name === undefined ? 'list' : 'get';
  }
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete';
  return { POST: 'create', PUT: 'update', PATCH: 'patch' }[method] ?? method.toLowerCase();
}

/** Returns the one name that a field selector asks for. Rules with resourceNames apply to it. */
function nameIn(selector: string): string | undefined {
  return selector
    .split(',')
    .map(term => /^metadata\.name==?([^=!]+)$/.exec(term)?.[1])
    .find(name => name !== undefined);
}
