import type { Ledger, Moment, Trouble } from '../courier/ledger.ts';
import type { ReceiverView } from './status-view.ts';
import { timeOf, troubleView } from './views.ts';

/** The state of a receiver of messages, or of the heartbeat. */
export interface ReceiverState {
  readonly name: string;
  readonly format: string;
  /** The only part of its address that is shown; undefined before the file with the address was read. */
  readonly host: string | undefined;
  readonly trouble: Trouble | undefined;
  /** When it last accepted something. */
  readonly succeededAt: Moment | undefined;
  /** The end of the pause after a failure. */
  readonly notBefore: Moment;
}

export function receiverView(ledger: Ledger, { name, format, host, trouble, succeededAt, notBefore }: ReceiverState): ReceiverView {
  return {
    name,
    format,
    host: host ?? null,
    state: trouble ? 'failing' : succeededAt === undefined ? 'waiting' : 'ok',
    trouble: trouble ? troubleView(ledger, trouble) : null,
    succeededAt: timeOf(ledger, succeededAt),
    nextAttemptAt: trouble ? timeOf(ledger, notBefore) : null,
  };
}
