import { createHash } from 'node:crypto';
import type { Link } from '../keys/chain.ts';
import type { Keys } from '../keys/place.ts';
import { externalIdOf } from '../keys/role.ts';
import type { Search } from '../keys/search.ts';
import type { Identity } from './aws.ts';

/** A walk along the places of keys that has begun. Several callers may wait for it. */
export interface Walked<Found> {
  readonly search: Search<Found>;
  /** The places that had no keys so far. */
  readonly passed: readonly Link[];
  /** The keys after all roles were assumed. The roles are assumed once. */
  keys(found: Found): Promise<Keys>;
}

/**
 * The walks of a command: all its requests in the name of one identity use the same keys. A daemon has none, because
 * keys are rotated while it runs.
 */
export interface Walks {
  /** The walk of that name. If there is none, `begin` starts it, with a signal that ends with the command. */
  of<Found>(name: string, begin: (signal: AbortSignal) => Walked<Found>): Walked<Found>;
}

export function oneWalkEach(signal: AbortSignal): Walks {
  const known = new Map<string, Walked<unknown>>();
  return {
    of<Found>(name: string, begin: (signal: AbortSignal) => Walked<Found>) {
      const walked = (known.get(name) as Walked<Found> | undefined) ?? begin(signal);
      known.set(name, walked);
      return walked;
    },
  };
}

/**
 * A digest of the identity, as twelve hex digits. It keeps another role, profile or endpoint under an old name from
 * being taken for the old identity.
 */
export function digestOf({ profile, roles, endpoint, stsEndpoint, webToken, region }: Identity, lambda?: string): string {
  // Secrets are revealed, because in JSON every Secret is the same word.
  const told = [
    profile,
    roles.map(role => [role.roleArn, externalIdOf(role)]),
    endpoint,
    stsEndpoint,
    webToken?.roleArn,
    webToken?.token.reveal(),
    ...(lambda === undefined ? [] : [lambda, region]),
  ];
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 12);
}
