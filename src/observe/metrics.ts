import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../contract/clock.ts';
import { failures } from '../contract/failures.ts';
import type { Receipt } from '../contract/target.ts';
import type { CourierEvent, FailedAttempt } from '../courier/events.ts';
import { type Label, type MetricSpec, metricTable, prefix } from './metric-table.ts';
import {
  type CredentialView,
  type HoldingView,
  type Overview,
  owedTo,
  type ReceiverView,
  type SlotView,
  type TargetOverview,
} from './status-view.ts';

export { metricList } from './metric-table.ts';

/** Counts events, and adds the present state at each scrape. */
export interface Metrics {
  observe(event: CourierEvent): void;
  /** Counts a line of the log. */
  logged(level: string): void;
  /** Records whether a configuration was taken up or refused. */
  reloaded(outcome: 'taken up' | 'refused'): void;
  /** Renders text format 0.0.4. */
  render(status: Overview): Promise<string>;
}
interface MetricsOptions {
  readonly version: string;
  readonly clock: Pick<Clock, 'wall'>;
  /** Also exports process_* and nodejs_*. Once per process, since their collectors are never removed. */
  readonly process?: boolean;
}

type Labels = Partial<Record<Label, string>>;
type Table = typeof metricTable;
type Instrument<T> = T extends 'counter' ? Counter<Label> : T extends 'gauge' ? Gauge<Label> : Histogram<Label>;
type Instruments = { readonly [K in keyof Table]: Instrument<Table[K]['type']> };
/** The label values that identify one target, or one source and region. */
type Subject = { readonly target: string } | { readonly source: string; readonly ecr_region: string };

const codes = Object.keys(failures);
const changes: readonly Receipt['change'][] = ['created', 'updated', 'unchanged'];
const states: readonly SlotView['state'][] = ['ok', 'waiting', 'unconfirmed', 'failing', 'absent'];
const severities = ['info', 'warning', 'error'];
/** In seconds: from a local write to a deadline of 75 s. */
const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 75];
/** Gauges with names of counters, which promtool rejects. */
const misnamed = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const metrics = instruments(registry);
  const subjects = new Map<string, Subject>();
  const now = () => options.clock.wall() / 1000;
  if (options.process) {
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
  }
  metrics.buildInfo.set({ version: options.version, node: process.version }, 1);
  for (const level of ['debug', 'info', 'warn', 'error']) metrics.logMessages.inc({ level }, 0);

  /** Initializes all series of a subject with zero, so that a rate includes the first failure. */
  function know(subject: Subject): void {
    const name = JSON.stringify(subject);
    if (subjects.has(name)) return;
    subjects.set(name, subject);
    eachSeries(metrics, subject, (instrument, labels) => {
      if (instrument instanceof Histogram) instrument.zero(labels);
      else instrument.inc(labels, 0);
    });
  }
  function forgetAllBut(kept: ReadonlySet<string>): void {
    for (const [name, subject] of subjects) {
      if (kept.has(name)) continue;
      subjects.delete(name);
      eachSeries(metrics, subject, (instrument, labels) => instrument.remove(labels));
    }
  }

  return {
    observe(event) {
      // The state of images is exported at each scrape.
      if (event.kind === 'verified') return;
      know('target' in event ? { target: event.target } : { source: event.source, ecr_region: event.region });
      count(metrics, event, now());
    },
    logged: level => metrics.logMessages.inc({ level }),
    reloaded(outcome) {
      metrics.reloadOk.set(outcome === 'taken up' ? 1 : 0);
      if (outcome === 'taken up') metrics.reloadSuccess.set(now());
    },
    render(status) {
      const standing = [...status.targets.map(subjectOf), ...status.credentials.map(subjectOf)];
      forgetAllBut(new Set(standing.map(subject => JSON.stringify(subject))));
      for (const subject of standing) know(subject);
      // Images and receivers change with the configuration.
      for (const gauge of [metrics.imagePullable, metrics.imageProven, metrics.receiverUp, metrics.receiverSuccess]) gauge.reset();
      for (const receiver of status.receivers) showReceiver(metrics, receiver);
      for (const target of status.targets) showTarget(metrics, target);
      for (const alike of Map.groupBy(status.credentials, one => JSON.stringify(subjectOf(one))).values()) showCredential(metrics, alike);
      metrics.ready.set(Number(status.ready));
      if (status.lease) metrics.leading.set({ lease: status.lease.name }, Number(status.lease.state === 'leading'));
      metrics.clockSkew.set(status.clockSkewSeconds ?? 0);
      return registry.metrics();
    },
  };
}

function instruments(registry: Registry): Instruments {
  const make = { counter: Counter, gauge: Gauge, histogram: Histogram };
  const made = Object.entries(metricTable).map(([key, { type, name, help, labels }]) => {
    const about = { name: prefix + name, help, labelNames: labels, registers: [registry] };
    return [key, type === 'histogram' ? new Histogram({ ...about, buckets }) : new make[type](about)];
  });
  return Object.fromEntries(made) as Instruments;
}

function subjectOf(view: TargetOverview | CredentialView): Subject {
  return 'kind' in view ? { target: view.name } : { source: view.source, ecr_region: view.region };
}

/** Visits every series of one subject, with all values of its other labels. */
function eachSeries(
  metrics: Instruments,
  subject: Subject,
  visit: (instrument: Instrument<MetricSpec['type']>, labels: Labels) => void,
): void {
  const values: Partial<Record<Label, readonly string[]>> = { code: codes, change: changes, state: states, severity: severities };
  const own = Object.keys(subject);
  for (const [key, { labels }] of Object.entries(metricTable)) {
    if (!own.every(name => labels.some(label => label === name))) continue;
    const [left] = labels.filter(label => !own.includes(label));
    const instrument = metrics[key as keyof Table];
    if (left === undefined) visit(instrument, subject);
    else for (const value of values[left] ?? []) visit(instrument, { ...subject, [left]: value });
  }
}

function count(metrics: Instruments, event: Exclude<CourierEvent, { kind: 'verified' }>, now: number): void {
  if ('target' in event) return countForTarget(metrics, event, now);
  const labels = { source: event.source, ecr_region: event.region };
  if (event.kind === 'proved') {
    metrics.proofAttempts.inc(labels);
    if (!event.ok) metrics.proofFailures.inc(labels);
    return;
  }
  metrics.fetchAttempts.inc(labels);
  metrics.fetchDuration.observe(labels, event.ms / 1000);
  if (event.kind === 'fetched') metrics.fetchSuccess.set(labels, now);
  else metrics.fetchFailures.inc({ ...labels, ...code(event) });
}

function countForTarget(metrics: Instruments, event: Extract<CourierEvent, { target: string }>, now: number): void {
  const { target } = event;
  if (event.kind === 'watch-ended') return;
  if (event.kind === 'discovered' || event.kind === 'discovery-failed') {
    metrics.discoveryAttempts.inc({ target });
    if (event.kind === 'discovered') metrics.discoverySuccess.set({ target }, now);
    else metrics.discoveryFailures.inc({ target, ...code(event) });
    return;
  }
  metrics.deliverAttempts.inc({ target });
  metrics.deliverDuration.observe({ target }, event.ms / 1000);
  if (event.kind === 'delivery-failed') return metrics.deliverFailures.inc({ target, ...code(event) });
  metrics.deliverChanges.inc({ target, change: event.change });
  metrics.deliverSuccess.set({ target }, now);
}
function code({ failure }: FailedAttempt): Labels {
  return { code: failure.code };
}

function showTarget(metrics: Instruments, view: TargetOverview): void {
  const target = view.name;
  const { slots, findings, inARow, first } = sumUp(view);
  for (const state of states) metrics.slots.set({ target, state }, slots.get(state) ?? 0);
  for (const severity of severities) metrics.findings.set({ target, severity }, findings.get(severity) ?? 0);
  metrics.targetInsecure.set({ target }, view.findings.some(one => one.code === 'TLS_UNVERIFIED') ? 1 : 0);
  for (const { image, state, succeededAt } of view.images) {
    metrics.imageProven.set({ target, image }, succeededAt === null ? 0 : seconds(succeededAt));
    if (state === 'ok' || state === 'refused') metrics.imagePullable.set({ target, image }, state === 'ok' ? 1 : 0);
  }
  setUnlessPaused(metrics.consecutiveFailures, view, inARow);
  setUnlessPaused(metrics.targetUp, view, Number(view.discoveredAt !== null && view.trouble === null));
  setUnlessPaused(metrics.targetExpiry, view, first?.expires);
  setUnlessPaused(metrics.targetIssued, view, first?.issued);
  setUnlessPaused(metrics.targetKeyExpiry, view, view.keyExpiresAt === null ? undefined : seconds(view.keyExpiresAt));
}

function showReceiver(metrics: Instruments, { name: receiver, state, succeededAt }: ReceiverView): void {
  if (state !== 'waiting') metrics.receiverUp.set({ receiver }, Number(state === 'ok'));
  metrics.receiverSuccess.set({ receiver }, seconds(succeededAt));
}

/** Sets a gauge of a target; undefined removes the series. */
function setUnlessPaused(gauge: Gauge<Label>, { name: target, paused }: TargetOverview, value: number | undefined): void {
  if (paused || value === undefined) gauge.remove({ target });
  else gauge.set({ target }, value);
}

/** In seconds since the epoch. */
interface Life {
  readonly issued: number;
  readonly expires: number;
}
const nothing: Life = { issued: 0, expires: 0 };

/**
 * Summarizes the slots in one pass. first: of all credentials that the slots hold, the life that ends first; `nothing`
 * when a slot holds none; undefined when there is nothing to hold.
 */
function sumUp(view: TargetOverview) {
  const slots = new Map<string, number>();
  const findings = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { severity } of view.findings) add(findings, severity);
  let inARow = view.trouble?.count ?? 0;
  let first: Life | undefined = view.discoveredAt === null ? nothing : undefined;
  for (const slot of view.slots) {
    add(slots, slot.state);
    for (const { severity } of slot.findings) add(findings, severity);
    inARow = Math.max(inARow, slot.trouble?.count ?? 0);
    if (slot.state === 'absent') continue;
    for (const one of owedTo(slot)) if (!(first && first.expires <= seconds(one.expiresAt))) first = lifeOf(one);
  }
  return { slots, findings, inARow, first };
}

/**
 * The start of a credential that only the manager reported is unknown. It is derived from `agesAt`, on the assumption
 * that the credential ages after half of its life.
 */
function lifeOf({ issuedAt, agesAt, expiresAt }: HoldingView): Life {
  const expires = seconds(expiresAt);
  return { expires, issued: issuedAt === null ? 2 * seconds(agesAt) - expires : seconds(issuedAt) };
}

/** Private and public ECR of one region share their series: the earliest time counts. */
function showCredential(metrics: Instruments, alike: readonly CredentialView[]): void {
  for (const { source, region } of alike) {
    const labels = { source, ecr_region: region };
    metrics.tokenExpiry.set(labels, Math.min(...alike.map(one => seconds(one.expiresAt))));
    metrics.tokenIssued.set(labels, Math.min(...alike.map(one => seconds(one.issuedAt))));
    metrics.nextFetch.set(labels, Math.min(...alike.map(one => seconds(one.nextFetchAt))));
  }
}

function seconds(time: string | null): number {
  return time === null ? 0 : Date.parse(time) / 1000;
}
