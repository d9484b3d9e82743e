import { createHash } from 'node:crypto';
import type { Link } from '../keys/chain.ts';
import type { Keys } from '../keys/place.ts';
import { externalIdOf } from '../keys/role.ts';
import type { Search } from '../keys/search.ts';
import type { Identity } from './aws.ts';

/** A walk along the places of keys that somebody has begun, whoever waits for it. */
export interface Walked<Found> {
  readonly search: Search<Found>;
  /** The places that had no keys, as far as it has come. */
  readonly passed: readonly Link[];
  /** After all roles were assumed; they are assumed once. */
  keys(found: Found): Promise<Keys>;
}

/**
 * The walks of a command: what it asks in the name of one identity is asked with the same keys. A daemon has none, as
 * keys are rotated while it runs.
 */
export interface Walks {
  /** The walk of that name; `begin` begins it, with a signal that ends with the command. */
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

/** Another role, profile or endpoint under an old name must not be taken for the old identity. */
export function digestOf({ profile, roles, endpoint, stsEndpoint, webToken, region }: Identity, lambda?: string): string {
  // Spelled out, because a Secret turns into the same word in every JSON.
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
