import { Secret } from '../contract/secret.ts';
import { openOnce } from '../io/once.ts';
import { reachAws } from '../io/reach.ts';
import type { AwsDeps } from './aws.ts';
import type { Settings } from './endpoints.ts';
import type { Keys } from './place.ts';
import { openWire, type Wire } from './wire.ts';

/** The wire of one fetch; it trusts the profile's authorities as well. */
export function wireFor({ once, clock, env }: AwsDeps, { caBundle }: Settings, signal: AbortSignal): Wire {
  if (!caBundle) return openWire(once, clock, signal);
  const trusting = openOnce(reachAws({ env, tls: { caFile: caBundle.value }, names: { caFile: caBundle.name } }));
  return openWire(trusting, clock, signal);
}

/**
 * Makes the keys known to the filter of texts for as long as the fetch lasts: AWS quotes signed headers in some errors.
 */
export function guard({ secretAccessKey, sessionToken = '' }: Keys, wire: Wire): void {
  wire.secrets.push(new Secret(secretAccessKey), new Secret(sessionToken));
}
