import type { FindingSpecs } from '../contract/target.ts';
import type { Ledger } from '../courier/ledger.ts';
import { readinessOf } from './readiness.ts';
import { type ReceiverState, receiverView } from './receiver-view.ts';
import type { LeaseView, Overview, Status } from './status-view.ts';
import { credentialView, targetOverview } from './views.ts';

interface StatusAbout {
  readonly version: string;
  /** The engine's findings. The findings of an adapter come with its target. */
  readonly findings: FindingSpecs;
  /** How often the engine steps; 15 s by default. */
  readonly tickMs?: number;
  /** The state of this courier among several with one Lease. */
  readonly lease?: (() => LeaseView) | undefined;
  /** Whether the process works; taken from the ledger by default. */
  readonly live?: (() => boolean) | undefined;
  /** The states of the receivers; none by default. */
  readonly receivers?: () => readonly ReceiverState[];
}

/** Whether the engine has stepped within its last four ticks. */
export function isLive({ sinceStepMs }: Pick<Ledger, 'sinceStepMs'>, tickMs = 15_000): boolean {
  return sinceStepMs <= 4 * tickMs;
}

/** Everything that the ledger knows, as plain data. Has no side effects and does no I/O. */
export function statusOf(ledger: Ledger, about: StatusAbout): Status {
  const overview = overviewOf(ledger, about);
  return { ...overview, targets: overview.targets.map(target => ({ ...target, slots: Array.from(target.slots, slot => ({ ...slot })) })) };
}

/** The same for callers that iterate over the slots and keep none. Valid only until the ledger changes. */
export function overviewOf(ledger: Ledger, about: StatusAbout): Overview {
  const now = ledger.now();
  const targets = [...ledger.targets.values()].map(record => targetOverview(ledger, record, about.findings));
  const lease = about.lease?.() ?? null;
  return {
    schema: 1,
    version: about.version,
    now: ledger.date(now).toISOString(),
    startedAt: ledger.date(ledger.startedAt).toISOString(),
    live: about.live?.() ?? isLive(ledger, about.tickMs),
    ...readinessOf({ targets, lease }),
    clockSkewSeconds: ledger.clockSkewMs === undefined ? null : Math.round(ledger.clockSkewMs / 1000),
    lease,
    credentials: [...ledger.scopes.values()].map(record => credentialView(ledger, record, about.findings)),
    targets,
    receivers: (about.receivers?.() ?? []).map(state => receiverView(ledger, state)),
  };
}
