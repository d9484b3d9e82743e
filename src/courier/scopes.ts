import type { Registry } from '../contract/registry.ts';
import type { Source } from '../contract/source.ts';
import type { Moment, Scope } from './ledger.ts';

/** The scope of the source for this registry, created if necessary. */
export function scopeIn(scopes: Map<string, Scope>, source: Source, registry: Registry): Scope {
  const id = source.scope(registry);
  const scope = scopes.get(id) ?? newScope(id, source, registry);
  scopes.set(id, scope);
  return scope;
}

/** Marks the scope as needed for this registry; without one, for what AWS says of its principal. */
export function want(scope: Scope, registry?: Registry): void {
  scope.wanted = true;
  if (!registry || scope.hosts.has(registry.host)) return;
  scope.hosts.set(registry.host, registry);
  scope.unproven.push(registry);
}

/** Marks the scope as not needed. */
export function unwant(scope: Scope): void {
  scope.wanted = false;
  scope.hosts.clear();
  scope.unproven = [];
}

/** Drops the proofs of registries that are no longer needed. */
export function forgetOldProofs({ proofs, hosts }: Scope): void {
  for (const host of proofs.keys()) if (!hosts.has(host)) proofs.delete(host);
}

/** Whether the scope can be dropped: it is not needed, and has neither a pause nor a live credential. */
export function isForgotten({ wanted, fetching, notBefore, kept }: Scope, now: Moment): boolean {
  return !wanted && !fetching && now >= notBefore && now >= (kept?.endsAt ?? 0);
}

function newScope(id: string, source: Source, registry: Registry): Scope {
  const never = Number.NEGATIVE_INFINITY;
  const moments = { fetchedAt: never, answeredAt: never, notBefore: never };
  const sets = { refusals: [], hosts: new Map(), proofs: new Map(), proving: new Set<string>(), unproven: [] };
  return { id, source, registry, wanted: false, fetching: false, refetch: false, failures: 0, ...moments, ...sets };
}
