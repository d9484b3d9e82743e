import { asFailure, Failure } from '../../contract/failures.ts';
import type { Registry } from '../../contract/registry.ts';
import type { SlotView, Status, TargetView } from '../../observe/status-view.ts';
import { findDaemon, isSilent } from '../daemon.ts';
import type { ConfigFlags, Io } from '../io.ts';
import { statusIn } from '../status.ts';

/** A slot of the running daemon that holds, or should hold, a password for the registry. */
export interface HeldBy {
  readonly target: string;
  readonly slot: string;
  readonly state: SlotView['state'];
  /** Time of the last successful write, ISO 8601; null if none is known. */
  readonly servedAt: string | null;
  /** End of the password in the slot, ISO 8601; null if it holds none of ours. */
  readonly expiresAt: string | null;
  /** Why the last attempt failed. */
  readonly trouble: string | null;
}

/** What the running daemon knows about a registry; `absent`: a sentence that says why no daemon responded. */
export type Known =
  | { readonly slots: readonly HeldBy[]; readonly absent?: undefined }
  | { readonly slots: readonly []; readonly absent: string };

/** Asks the daemon that the configuration describes. Never throws, because a missing daemon is not a mistake. */
export async function slotsFor({ host }: Registry, flags: ConfigFlags, io: Pick<Io, 'env' | 'signal'>): Promise<Known> {
  try {
    const daemon = await findDaemon(flags, io);
    const { text, at } = await daemon.ask('/api/status');
    const status = statusIn(text);
    return status ? { slots: slotsIn(status, host) } : { slots: [], absent: `Something else than ecr-courier answers at ${at}.` };
  } catch (error) {
    const isAway = error instanceof Failure && error.code === 'UNREACHABLE' && !isSilent(error);
    return {
      slots: [],
      absent: isAway ? 'none was found on this machine, for this user and this configuration' : asFailure(error).message,
    };
  }
}

const slotsIn = ({ targets }: Status, host: string): HeldBy[] =>
  targets.flatMap(target =>
    target.slots.flatMap(slot => slot.registries.filter(holding => holding.host === host).map(holding => heldBy(target, slot, holding))),
  );

function heldBy(
  { name, outcomes }: TargetView,
  { id, title, state, trouble }: SlotView,
  { issuedAt, expiresAt }: SlotView['registries'][number],
): HeldBy {
  const written = outcomes.find(({ slot, ok }) => ok && slot === id);
  return { target: name, slot: title, state, servedAt: written?.at ?? issuedAt, expiresAt, trouble: trouble?.message ?? null };
}
