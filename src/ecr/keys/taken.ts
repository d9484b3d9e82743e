import { containerVariable, type Env } from '../aws/variables.ts';
import type { Shared } from './shared.ts';

/** The environment, as far as it says whose keys are taken. */
export interface Surroundings {
  readonly env: Env;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly shared: Shared;
  /** The profile that the source names. */
  readonly profile?: string | undefined;
}

/**
 * The identity that a tool would take, as far as variables and files tell. `id` tells identities apart, and `words` are
 * for people; neither holds a secret. `fails` says why there is none.
 */
export type Taken = { readonly id: string; readonly words: string } | { readonly fails: string };

export const nothing: Taken = { fails: 'there are no keys' };
export const keysOf = (variable: string): Taken => ({ id: `keys of ${variable}`, words: `the keys of ${variable}` });

/** The end of every chain: container or pod, then the machine. */
export const theMachine = (around: Surroundings, who: keyof typeof isOff): Taken =>
  containerVariable(around.env) ? theContainer : instance(around, who);

export const theContainer: Taken = { id: 'container', words: 'the role of the container or pod' };

export const instance = ({ env }: Surroundings, who: keyof typeof isOff): Taken =>
  isOff[who](env['AWS_EC2_METADATA_DISABLED'] ?? '') ? nothing : { id: 'instance', words: 'the role of the machine' };

const isTrue = (disabled: string): boolean => disabled.toLowerCase() === 'true';

/** Whether a tool reads a value of AWS_EC2_METADATA_DISABLED as switching the metadata off. */
const isOff = { courier: (disabled: string): boolean => disabled !== '' && disabled !== 'false', cli: isTrue, go: isTrue } as const;
