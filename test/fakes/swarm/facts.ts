/** The facts that an engine reports. `swarm` is its role in a Swarm. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly swarm: 'manager' | 'worker' | 'inactive';
}

/**
 * Whether the engine uses the messages of 28.5.2, which was recorded besides 20.10.24. Apart from the messages, both
 * behave the same.
 */
export const isModern = ({ version }: EngineFacts): boolean => Number(version.split('.')[0]) >= 28;
