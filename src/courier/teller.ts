import type { Notice, Slot, Target } from '../contract/target.ts';
import type { Deliveries } from './deliveries.ts';
import { second } from './timing.ts';
import type { Work } from './work.ts';

/** How long one notice may take, in milliseconds. */
const patienceMs = 5 * second;

/** Tells notices to those who use the slots of one target (`Target.tell`). */
export interface Teller {
  /** Whether a notice would delay no delivery now. */
  isFree(): boolean;
  /** Throws a Failure if it could not be told. */
  tell(slot: Slot, notice: Notice): Promise<void>;
}

/** The teller of a client; undefined if it has none, or if there is no client now. */
export function tellerOf(
  target: Target | undefined,
  { deliveries, work }: { readonly deliveries: Pick<Deliveries, 'isAtEase'>; readonly work: Pick<Work, 'bounded' | 'closing'> },
): Teller | undefined {
  const tell = target?.tell?.bind(target);
  return (
    tell && {
      isFree: () => !work.closing && deliveries.isAtEase(),
      tell: (slot, notice) => work.bounded(patienceMs, signal => tell(slot, notice, signal)),
    }
  );
}
