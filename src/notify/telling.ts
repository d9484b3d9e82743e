import type { Courier } from '../courier/courier.ts';
import type { ReceiverState } from '../observe/receiver-view.ts';
import { createNotices } from './notices.ts';
import { createNotifier, type Notifier, type NotifierDeps, type NotifyConfig } from './notifier.ts';

/** Notifications for the courier that is working: with a Lease, only during its terms. */
export interface Telling {
  use(config: NotifyConfig): void;
  /** The states of all receivers and of the heartbeat; empty while no courier works. */
  states(): readonly ReceiverState[];
  /**
   * Looks periodically until the signal is aborted, and tells receivers as well as those who use slots. live: whether
   * the engine is stepping.
   */
  tell(courier: Pick<Courier, 'ledger' | 'teller'>, live: () => boolean, over: AbortSignal): Promise<void>;
}

const lookEvery = 15_000;

export function createTelling(deps: Omit<NotifierDeps, 'ledger' | 'live'>): Telling {
  let config: NotifyConfig | undefined;
  let notifier: Notifier | undefined;
  return {
    use(next) {
      config = next;
      notifier?.use(next);
    },
    states: () => notifier?.states() ?? [],
    async tell({ ledger, teller }, live, over) {
      const notices = createNotices({ ledger, teller, log: deps.log });
      notifier = createNotifier({ ...deps, ledger, live });
      if (config) notifier.use(config);
      for (;;) {
        await deps.clock.sleep(lookEvery, over);
        if (over.aborted) break;
        void notifier.look();
        void notices.look();
      }
      await notifier.close();
      notifier = undefined;
    },
  };
}
