import { isInShard, type Shard } from '../contract/shard.ts';
import type { Sighting, Slot, Target } from '../contract/target.ts';

/** Restricts a target to the slots of one share. A follower belongs to the share of its leader. */
export function shareOf(target: Target, name: string, shard: Shard | undefined): Target {
  if (!shard) return target;
  const { watch } = target;
  const isOurs = ({ id, after = id }: Slot): boolean => isInShard(shard, `${name}/${after}`);
  async function* ours(seen: AsyncIterable<Sighting>): AsyncIterable<Sighting> {
    for await (const sighting of seen) if ('gone' in sighting || isOurs(sighting.slot)) yield sighting;
  }
  return {
    ...target,
    async discover(signal) {
      const report = await target.discover(signal);
      return { ...report, slots: report.slots.filter(isOurs) };
    },
    ...(watch && {
      watch(signal) {
        const seen = watch(signal);
        return seen && ours(seen);
      },
    }),
  };
}
