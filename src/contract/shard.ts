import { createHash } from 'node:crypto';

/** The share of one of several couriers with the same configuration. at: from 0 to `of` - 1. */
export interface Shard {
  readonly at: number;
  readonly of: number;
}

/** Parses `i/n`, with i from 0 to n - 1; undefined when the text is not a valid share. */
export function parseShard(text: string): Shard | undefined {
  const [, at, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  return Number(at) < Number(of) ? { at: Number(at), of: Number(of) } : undefined;
}

/**
 * Whether a name belongs to the share. Every process gives the same answer, and exactly one share of the same `of`
 * matches.
 */
export const isInShard = ({ at, of }: Shard, name: string): boolean =>
  createHash('sha256').update(name).digest().readUIntBE(0, 6) % of === at;
