import type { Shared } from '../keys/shared.ts';
import type { Service } from './addresses.ts';
import type { AwsDeps, Identity } from './aws.ts';
import type { Ways } from './call.ts';
import { apiOf, type Settings, type Spelling, settingsOf } from './endpoints.ts';
import type { StsAt } from './sts.ts';
import type { Env } from './variables.ts';

/** What the keys are used for, and where: the token of a registry, unless `api` names another service. */
export interface Aim extends Spelling {
  readonly api?: Service;
}

/** What a call to AWS needs, and the callback for what is being waited for. */
export interface Way extends Ways {
  readonly settings: Settings;
  readonly aim: Aim;
  /** The endpoint of STS in this region, by default in the region of the settings. Throws MISCONFIGURED. */
  readonly sts: (region?: string) => StsAt;
  /** Names the step that is waited for from now on. */
  readonly enter: (step: string) => void;
}

export const aimOf = (aimed: Aim | ((shared: Shared) => Aim), shared: Shared): Aim => (typeof aimed === 'function' ? aimed(shared) : aimed);

/**
 * Merges the settings, and resolves the address before anything is sent, so that two settings that contradict each
 * other throw MISCONFIGURED first.
 */
export function settledFor(identity: Identity, aim: Aim, env: Env, shared: Shared, { switches }: AwsDeps): Settings {
  const settings = settingsOf(identity, aim, env, shared, switches);
  settings.address(aim.api ?? apiOf(aim), aim.region);
  return settings;
}

export function wayOf(aim: Aim, settings: Settings, { wire, clock, enter }: Pick<Way, 'wire' | 'clock' | 'enter'>): Way {
  const { patience, stsRegion } = settings;
  const sts = (region = stsRegion): StsAt => ({ url: settings.address('STS', region), region });
  return { settings, aim, wire, clock, patience, sts, enter };
}
