import { asFailure, type Failure } from '../contract/failures.ts';
import type { Discovery } from '../contract/target.ts';
import type { Clients } from './clients.ts';
import type { Condition } from './condition.ts';
import type { CourierEvent } from './events.ts';
import type { Moment, TargetRecord } from './ledger.ts';
import { type Changes, forgetAll, mergeReport, type ReportDeps } from './reports.ts';
import { minute } from './timing.ts';
import type { Watch } from './watch.ts';
import type { Work } from './work.ts';

/** The interval of discoveries of a target that is also watched. */
const watchedEvery = 30 * minute;

export interface DiscoveryDeps extends ReportDeps {
  readonly now: () => Moment;
  readonly work: Work;
  /** The moment of the next regular discovery; `second` as in schedule.ts. */
  nextDiscovery(second: number): Moment;
  emit(event: CourierEvent): void;
  /** Called when the target works again as a whole. */
  recovered(): void;
  /** Called after a report was merged into the record. */
  reported(): void;
  /** Called when the target has another address, so that everything known of it was dropped. */
  forgotten(): void;
}

/** What a discovery reads and changes. */
interface Scene {
  readonly record: TargetRecord;
  readonly deps: DiscoveryDeps;
  readonly clients: Clients;
  readonly condition: Condition;
  readonly watch: Watch;
}

/**
 * Discovers a target once and merges the report into its record. `second`: as in schedule.ts, for the next regular
 * discovery. The result is discarded once `cut` is aborted.
 */
export async function discover(scene: Scene, second: number, cut: AbortSignal): Promise<void> {
  const { record, deps } = scene;
  const began = deps.now();
  try {
    const { discoverMs } = record.managed.limits;
    const report = await deps.work.bounded(discoverMs, signal => askFor(scene, AbortSignal.any([signal, cut]), cut));
    if (report && !cut.aborted) discovered(scene, report, began, second);
  } catch (error) {
    if (!cut.aborted) failed(scene, asFailure(error), began);
  }
}

/** Asks the manager; undefined if the look was discarded, or if a Retry-After is in force. */
async function askFor(scene: Scene, signal: AbortSignal, cut: AbortSignal): Promise<Discovery | undefined> {
  const { record, deps, clients, condition, watch } = scene;
  const before = clients.current;
  const client = await clients.open(cut);
  if (cut.aborted) return undefined;
  if (client !== before) watch.end();
  if (record.address !== undefined && client.address !== record.address) {
    forgetAll(record);
    deps.forgotten();
  }
  record.address = client.address;
  return condition.mustWait(client.address) ? undefined : await client.discover(signal);
}

function discovered(scene: Scene, report: Discovery, began: Moment, second: number): void {
  const { record, deps, condition } = scene;
  const first = record.discoveredAt === undefined;
  const found = whatWasFound(record, mergeReport(record, report, began, deps));
  const downMs = condition.stoppedSince(began) ? undefined : works(scene, second);
  const ms = deps.now() - began;
  deps.emit({ kind: 'discovered', target: record.name, ...found, first, ms, ...(downMs !== undefined && { downMs }) });
  deps.reported();
}

/** Records a successful discovery. Returns for how many milliseconds the target did not work; undefined if it did. */
function works({ record, deps, clients, condition, watch }: Scene, second: number): number | undefined {
  if (record.trouble?.failure.stops === 'target' || condition.takes === 'healthy') deps.recovered();
  const downMs = condition.works();
  if (clients.current) watch.begin(clients.current);
  condition.lookAt(watch.underWay ? deps.now() + watchedEvery : deps.nextDiscovery(second));
  return downMs;
}

function failed({ record, deps, condition }: Scene, failure: Failure, began: Moment): void {
  const repeat = condition.failed(failure, began) === 'as before';
  const ms = deps.now() - began;
  deps.emit({ kind: 'discovery-failed', target: record.name, ms, failure, count: record.trouble?.count ?? 1, repeat });
}

function whatWasFound(record: TargetRecord, changes: Changes) {
  let findings = record.findings.length;
  for (const entry of record.entries.values()) findings += entry.slot.findings?.length ?? 0;
  return { slots: record.entries.size, findings, ...changes };
}
