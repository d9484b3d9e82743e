import type { Shared } from '../keys/shared.ts';
import type { Service } from './addresses.ts';
import type { AwsDeps, Identity } from './aws.ts';
import type { Ways } from './call.ts';
import { apiOf, type Settings, type Spelling, settingsOf } from './endpoints.ts';
import type { StsAt } from './sts.ts';
import type { Env } from './variables.ts';

/** What is asked for with the keys, and where: the token of a registry, unless another service is named. */
export interface Aim extends Spelling {
  readonly api?: Service;
}

/** With what AWS is called, and who hears what it waits for. */
export interface Way extends Ways {
  readonly settings: Settings;
  readonly aim: Aim;
  /** Where STS is: in this region, else in that of the settings. Throws MISCONFIGURED. */
  readonly sts: (region?: string) => StsAt;
  /** From now on this is waited for. */
  readonly enter: (step: string) => void;
}

export const aimOf = (aimed: Aim | ((shared: Shared) => Aim), shared: Shared): Aim => (typeof aimed === 'function' ? aimed(shared) : aimed);

/** Before the first word to anybody: two settings that contradict each other are named. */
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
