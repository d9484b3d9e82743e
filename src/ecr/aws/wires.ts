import { openOnce } from '../../io/once.ts';
import { reachAws } from '../../io/reach.ts';
import type { AwsDeps } from './aws.ts';
import type { Settings } from './endpoints.ts';
import { openWire, type Wire } from './wire.ts';

/** The wire of one fetch. It also trusts the profile's certificate authorities. */
export function wireFor({ once, clock, env }: AwsDeps, { caBundle }: Settings, signal: AbortSignal): Wire {
  if (!caBundle) return openWire(once, clock, signal);
  const trusting = openOnce(reachAws({ env, tls: { caFile: caBundle.value }, names: { caFile: caBundle.name } }));
  return openWire(trusting, clock, signal);
}
