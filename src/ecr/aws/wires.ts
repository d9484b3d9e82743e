import { openOnce } from '../../io/once.ts';
import { reachAws } from '../../io/reach.ts';
import type { AwsDeps } from './aws.ts';
import type { Settings } from './endpoints.ts';
import { openWire, type Wire } from './wire.ts';

/** The wire of one fetch; it trusts the profile's authorities as well. */
export function wireFor({ once, clock, env }: AwsDeps, { caBundle }: Settings, signal: AbortSignal): Wire {
  if (!caBundle) return openWire(once, clock, signal);
  const trusting = openOnce(reachAws({ env, tls: { caFile: caBundle.value }, names: { caFile: caBundle.name } }));
  return openWire(trusting, clock, signal);
}
