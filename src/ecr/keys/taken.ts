import { containerVariable, type Env } from '../aws/variables.ts';
import type { Shared } from './shared.ts';

/** The environment, as far as it says whose keys are taken. */
export interface Surroundings {
  readonly env: Env;
  /** In milliseconds since the epoch. */
  readonly now: number;
  readonly shared: Shared;
  /** Of the source. */
  readonly profile?: string | undefined;
}

/**
 * The identity that somebody would take, as far as variables and files tell: `id` tells two apart, `words` are for
 * people, and neither holds a secret. `fails`: none, and why.
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

/** How AWS_EC2_METADATA_DISABLED is read. */
const isOff = { courier: (disabled: string): boolean => disabled !== '' && disabled !== 'false', cli: isTrue, go: isTrue } as const;
