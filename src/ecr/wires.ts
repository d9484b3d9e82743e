import { Secret } from '../contract/secret.ts';
import { awsDispatcher } from '../io/http.ts';
import type { AwsDeps } from './aws.ts';
import type { Settings } from './endpoints.ts';
import type { Keys } from './place.ts';
import { openWire, type Wire } from './wire.ts';

/** Wires of one fetch, over the shared connections, or over those that trust the profile's authorities. */
export function wiresOf({ dispatcher, clock, env }: AwsDeps, signal: AbortSignal) {
  const own: ReturnType<typeof awsDispatcher>[] = [];
  return {
    open({ caBundle }: Settings): Wire {
      if (!caBundle) return openWire(dispatcher, clock, signal);
      const trusting = awsDispatcher({ env, tls: { caFile: caBundle.value }, names: { caFile: caBundle.name } });
      own.push(trusting);
      return openWire(trusting, clock, signal);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(own.map(dispatcher => dispatcher.destroy()));
    },
  };
}

/**
 * Makes the keys known to the filter of texts for as long as the fetch lasts: AWS quotes signed headers in some errors.
 */
export function guard({ secretAccessKey, sessionToken = '' }: Keys, wire: Wire): void {
  wire.secrets.push(new Secret(secretAccessKey), new Secret(sessionToken));
}
