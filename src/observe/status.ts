import type { FindingSpecs } from '../contract/target.ts';
import type { Ledger } from '../courier/ledger.ts';
import { readinessOf } from './readiness.ts';
import { type ReceiverState, receiverView } from './receiver-view.ts';
import type { LeaseView, Overview, Status } from './status-view.ts';
import { credentialView, targetOverview } from './views.ts';

export interface StatusAbout {
  readonly version: string;
  /** The engine's findings. Those of an adapter come with its target. */
  readonly findings: FindingSpecs;
  /** How often the engine steps; 15 s unless said. */
  readonly tickMs?: number;
  /** Of several couriers with one Lease: who leads. */
  readonly lease?: (() => LeaseView) | undefined;
  /** Whether the process works; what the ledger says unless given. */
  readonly live?: (() => boolean) | undefined;
  /** Of those who are told; none unless given. */
  readonly receivers?: () => readonly ReceiverState[];
}

/** The engine has stepped within its last four ticks. */
export function isLive({ sinceStepMs }: Pick<Ledger, 'sinceStepMs'>, tickMs = 15_000): boolean {
  return sinceStepMs <= 4 * tickMs;
}

/** All that the ledger knows, as plain data. Changes nothing, asks nobody. */
export function statusOf(ledger: Ledger, about: StatusAbout): Status {
  const overview = overviewOf(ledger, about);
  return { ...overview, targets: overview.targets.map(target => ({ ...target, slots: Array.from(target.slots, slot => ({ ...slot })) })) };
}

/** The same for those who walk over the slots and keep none. Good for this moment only. */
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
