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
  /** The last write that worked. ISO 8601. null: none is remembered. */
  readonly servedAt: string | null;
  /** The end of the password that it holds; null: it holds none of ours. */
  readonly expiresAt: string | null;
  /** Why the last attempt failed. */
  readonly trouble: string | null;
}

/** What the running daemon knows of a registry; `absent`: why nobody could be asked, in a sentence. */
export type Known =
  | { readonly slots: readonly HeldBy[]; readonly absent?: undefined }
  | { readonly slots: readonly []; readonly absent: string };

/** Asks the daemon that the configuration means. Never throws: one that does not run is no mistake. */
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
