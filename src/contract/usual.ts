import type { Credential, Credentials } from './credential.ts';
import { Failure } from './failures.ts';
import type { Registry } from './registry.ts';
import type { Slot } from './target.ts';

/** What a slot with one registry is to be given; undefined when there is no credential, so the slot stays as it is. */
export function givenTo(
  { registries: [registry] }: Pick<Slot, 'registries'>,
  credentials: Credentials,
): { readonly registry: Registry; readonly credential: Credential } | undefined {
  const credential = registry && credentials.get(registry.host);
  return credential && { registry, credential };
}

/**
 * A slot `new:HOST` for each wanted registry that the manager does not have. there: the hosts that the manager has.
 * ref: what `deliver` needs to create the entry. The receipt of the creation then names the id of the entry.
 */
export function absentSlots<Ref>(wanted: readonly Registry[], there: { has(host: string): boolean }, ref: Ref): Slot<Ref>[] {
  return wanted
    .filter(({ host }) => !there.has(host))
    .map(registry => ({ id: `new:${registry.host}`, title: `${registry.host} (new)`, registries: [registry], state: 'absent', ref }));
}

/**
 * The failure for a server that answers 404 where the product has its list. paths: what was requested. hint: what else
 * could be at the address.
 */
export function nothingAt(product: string, address: string, paths: string | readonly string[], hint?: string): Failure {
  const asked = [paths].flat().map(path => `GET ${path}`);
  return new Failure('MISCONFIGURED', `There is no ${product} at ${address}: it answers 404 to ${asked.join(' and ')}.`, {
    remedy: ['Check host, port and path of the address.', hint].filter(Boolean).join(' '),
  });
}
