/** What an engine says of itself. swarm: what part it has in a Swarm. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly swarm: 'manager' | 'worker' | 'inactive';
}

/** Whose words it has: 28.5.2 was recorded besides 20.10.24, and does the same in others. */
export const isModern = ({ version }: EngineFacts): boolean => Number(version.split('.')[0]) >= 28;
