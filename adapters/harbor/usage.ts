import { label } from '../../src/contract/text.ts';
import { type Ask, glanceAt } from './list.ts';

interface Project {
  readonly name: unknown;
  readonly registry_id: unknown;
}
interface Policy {
  readonly name: unknown;
  readonly src_registry: { readonly id?: unknown } | null;
  readonly dest_registry: { readonly id?: unknown } | null;
}

/** The names of what uses an endpoint, by the endpoint's id. */
type Users = ReadonlyMap<number, readonly string[]>;

/** How many users are named; the rest is counted. */
const mostNamed = 5;
const longestName = 100;

/** Selects proxy caches by a range with one end, since 2.3; older versions list all projects. */
const onlyCaches = `sort=name&with_detail=false&q=${encodeURIComponent('registry_id=[1~]')}`;

/**
 * The proxy-cache projects, by endpoint. A robot account sees private ones only with the right to list projects, or
 * with some right for all of them (source of 2.2 to 2.15.2).
 */
export async function proxyCaches(ask: Ask, path: string, signal: AbortSignal): Promise<Users> {
  const users = new Map<number, string[]>();
  await glanceAt<Project>(ask, path, onlyCaches, signal, ({ name, registry_id }) => note(users, registry_id, name));
  return users;
}

/** The replication rules of either direction, by endpoint. */
export async function replicationRules(ask: Ask, path: string, signal: AbortSignal): Promise<Users> {
  const users = new Map<number, string[]>();
  await glanceAt<Policy>(ask, path, 'sort=name', signal, ({ name, src_registry, dest_registry }) => {
    note(users, src_registry?.id, name);
    note(users, dest_registry?.id, name);
  });
  return users;
}

/** Id 0 is Harbor itself: the other side of every rule. */
function note(users: Map<number, string[]>, endpoint: unknown, name: unknown): void {
  const id = Number.isSafeInteger(endpoint) ? Number(endpoint) : 0;
  if (id <= 0) return;
  const names = users.get(id) ?? [];
  names.push(label(name, longestName));
  users.set(id, names);
}

/**
 * The users of an endpoint in words, such as `proxy-cache projects hub and quay, replication rule mirror`; empty where
 * none is known.
 */
export function usersOf(id: number, caches: Users | undefined, rules: Users | undefined): string {
  return [...counted('proxy-cache project', caches?.get(id)), ...counted('replication rule', rules?.get(id))].join(', ');
}

function counted(what: string, names: readonly string[] = []): string[] {
  if (names.length === 0) return [];
  const rest = names.length - mostNamed;
  const listed = [...names.slice(0, mostNamed), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
  return [`${what}${names.length > 1 ? 's' : ''} ${listed.replace(/, ([^,]*)$/, ' and $1')}`];
}
