import { Secret } from '../../contract/secret.ts';
import type { Wire } from '../aws/wire.ts';
import type { Keys } from './place.ts';

/**
 * Makes the keys known to the filter of texts while the fetch lasts, because AWS quotes signed headers in some errors.
 */
export function guard({ secretAccessKey, sessionToken = '' }: Keys, wire: Wire): void {
  wire.secrets.push(new Secret(secretAccessKey), new Secret(sessionToken));
}
