import { isDeepStrictEqual } from 'node:util';
import { adapters } from '../adapters/index.ts';
import { withoutOurs } from '../config/env.ts';
import type { Config } from '../config/load.ts';
import type { Log } from './contract/adapter.ts';
import type { Clock } from './contract/clock.ts';
import { addressReader, type Registry } from './contract/registry.ts';
import { isInShard, parseShard } from './contract/shard.ts';
import type { Sources } from './contract/source.ts';
import { type Courier, createCourier } from './courier/courier.ts';
import type { CourierEvent } from './courier/events.ts';
import { engineFindings } from './courier/findings.ts';
import type { Ledger } from './courier/ledger.ts';
import { cronSchedule } from './courier/schedule.ts';
import { platformOf } from './ecr/registry/manifest.ts';
import { makePull } from './ecr/registry/pull.ts';
import { askRegistries, type DoorDeps, proveAtRegistries, rulesOfSources } from './ecr/registry/registry-door.ts';
import { makeVerify } from './ecr/registry/verify.ts';
import { makeSources } from './ecr/sources/source.ts';
import { answersDirectory } from './io/answers.ts';
import { awsDispatcher } from './io/http.ts';
import { openMemory } from './io/memory-file.ts';
import { openOnce } from './io/once.ts';
import { reachAws } from './io/reach.ts';
import type { Election, Term } from './lease/election.ts';
import { notifyConfig } from './notify/configured.ts';
import { createTelling, type Telling } from './notify/telling.ts';
import { createFindingLog } from './observe/finding-log.ts';
import { createJournal } from './observe/journal.ts';
import { createMetrics, type Metrics } from './observe/metrics.ts';
import { isLive, overviewOf, statusOf } from './observe/status.ts';
import type { LeaseView, Overview, Status } from './observe/status-view.ts';
import type { TargetDeps } from './target/deps.ts';
import { manageTarget, type OpenableTarget } from './target.ts';
import { version } from './version.ts';

const keysLookedAtEvery = 15_000;

interface AppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: NodeJS.ProcessEnv;
  /** `check`: nothing is written anywhere. */
  readonly rehearse?: boolean;
  /** The endpoint at which a registry is asked whether it accepts a credential; https://HOST by default. */
  readonly registryEndpoint?: (registry: Registry) => string;
  /** Replaces the sources of the configuration, which it receives. */
  readonly sources?: (sources: Sources) => Sources;
  /** The metrics to use; the app creates its own by default. */
  readonly metrics?: Metrics;
  /** With several couriers: this one works only while it leads. */
  readonly election?: Election | undefined;
  /** Receives every event, after log and metrics. */
  readonly heard?: (event: CourierEvent, ledger: Ledger) => void;
}

/** The whole program except its doors: sources and targets of a configuration, the courier, and its status. */
export interface App {
  /** The present courier. Each term has its own. */
  readonly courier: Courier;
  readonly metrics: Metrics;
  status(): Status;
  overview(): Overview;
  /** Same as `status().live`, at no cost. */
  live(): boolean;
  /** Replaces the configuration. What is known of the remaining targets is kept. */
  use(config: Config): void;
  /** Works until the signal is aborted; with several couriers, during the terms in which it leads. */
  run(signal: AbortSignal): Promise<void>;
  /** Works until every slot was tried. */
  once(signal: AbortSignal): Promise<void>;
}

export function createApp(config: Config, options: AppOptions): App {
  const { clock, log, env, election, rehearse = false } = options;
  const metrics = options.metrics ?? appMetrics(clock);
  const account = accountIn(log, clock);
  const dispatcher = awsDispatcher({ env });
  const once = openOnce(reachAws({ env }));
  const tickMs = config.engine.tickSeconds * 1000;
  let targets: readonly OpenableTarget[] = [];
  let sources: Sources | undefined;
  let current = config;
  const listeners: ((event: CourierEvent) => void)[] = [metrics.observe, account.note];

  const door: DoorDeps = {
    env,
    dispatcher,
    endpoint: options.registryEndpoint,
    sourceOf: name => sources?.all.find(source => source.name === name),
  };
  const emit = (event: CourierEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const hire = (): Courier => createCourier({ ...rightHands(door, () => current), clock, rehearse, tickMs, emit });
  let courier = hire();
  /** While it stands by, a courier only keeps the configuration. */
  let works = !election;
  const telling = tellingOf(options, () => current);
  listeners.push(event => {
    if (event.kind === 'discovered') account.compare(courier.ledger, event.target);
    options.heard?.(event, courier.ledger);
  });

  function use(next: Config): void {
    for (const warning of next.warnings) if (!next.dangers.includes(warning)) log.warn('configuration', { warning });
    if (works) employ(next);
    else current = next;
  }

  function employ(next: Config): void {
    const commandEnv = withoutOurs(env, [...adapters, ...next.targets.map(target => target.adapter)]);
    const made = makeSources(next.sources, { once, clock, env, commandEnv, tells: rehearse ? 'principal' : 'place' });
    const former = isDeepStrictEqual(next.aliases, current.aliases) ? targets : [];
    targets = managedTargets(next, { clock, log, env, ...served(() => sources), readonly: rehearse, leads: election?.leads }, former);
    current = next;
    sources = made;
    courier.use(options.sources?.(made) ?? made, targets);
    telling.use(notifyConfig(next));
  }

  async function work(signal: AbortSignal, cut?: AbortSignal): Promise<void> {
    const over = cut ? AbortSignal.any([signal, cut]) : signal;
    const running = courier.run(signal, cut);
    account.tick(courier.ledger);
    // Receipts and the engine produce findings between two discoveries too.
    const accounting = every(clock, tickMs, over, () => account.tick(courier.ledger));
    const lookingAtKeys = every(clock, keysLookedAtEvery, over, () => noticeKeys(targets, courier, over));
    await Promise.all([running, accounting, lookingAtKeys, telling.tell(courier, live, over)]);
    account.end(courier.ledger);
  }

  /** Serves one term with a fresh courier: what another courier has written since is not known. */
  async function serve({ stopping, lost }: Term): Promise<void> {
    works = true;
    employ(current);
    await work(stopping, lost);
    works = false;
    targets = [];
    courier = hire();
  }

  use(config);
  const live = (): boolean => isLive(works || !election ? courier.ledger : { sinceStepMs: election.sinceRoundMs }, tickMs);
  const lease = election && (() => leaseView(election));
  const about = { version, findings: engineFindings, live, receivers: telling.states, lease };
  return {
    get courier() {
      return courier;
    },
    metrics,
    use,
    status: () => statusOf(courier.ledger, about),
    overview: () => overviewOf(courier.ledger, about),
    live,
    run: signal => (election ? election.run(serve, signal) : work(signal)),
    async once(signal) {
      await courier.once(signal);
      account.end(courier.ledger);
    },
  };
}

/** The metrics of the program and its process. Call it once per process. */
export function appMetrics(clock: Clock): Metrics {
  return createMetrics({ version, clock, process: true });
}

/** What is logged of a courier. */
function accountIn(log: Log, clock: Clock) {
  const compare = createFindingLog(log, engineFindings);
  const { note, tell, end } = createJournal(log, clock);
  return {
    note,
    compare,
    tick(ledger: Ledger): void {
      compare(ledger);
      tell();
    },
    end(ledger: Ledger): void {
      end();
      compare(ledger);
    },
  };
}

/** The dependencies of a courier other than its clock. */
function rightHands(door: DoorDeps, current: () => Config) {
  const { endpoint, sourceOf } = door;
  const pull = makePull({ ask: askRegistries(door), platform: platformOf(process), endpoint, rulesOf: rulesOfSources(sourceOf) });
  return {
    nextDiscovery: (wall: number, second: number) => cronSchedule(current().discovery.cron)(wall, second),
    prove: proveAtRegistries(door),
    verify: makeVerify(pull),
    memory: openMemory('verified.json', () => memoryDirectory(current(), door.env)),
  };
}

/** What targets may know of the present sources. */
function served(sources: () => Sources | undefined) {
  const choose = (registry: Registry) => sources()?.choose(registry);
  return {
    hasSource: (registry: Registry): boolean => choose(registry) !== undefined,
    askedAs: async (registry: Registry) => await choose(registry)?.askedAs?.(registry),
  };
}

function tellingOf({ clock, env, log }: AppOptions, current: () => Config): Telling {
  const memory = openMemory('notified.json', () => memoryDirectory(current(), env));
  return createTelling({ clock, env, log, random: Math.random, findings: engineFindings, memory });
}

function leaseView({ what, me, standing }: Election): LeaseView {
  const leader = standing.state === 'leading' ? me : standing.state === 'standing by' ? standing.leader : null;
  return { name: what, state: standing.state, me, leader, message: standing.state === 'asking' ? (standing.why?.message ?? null) : null };
}

/** Undefined unless the configuration allows state on disk: most daemons run on a read-only root. */
function memoryDirectory({ targets }: Config, env: NodeJS.ProcessEnv): string | undefined {
  const keeper = targets.find(({ kind }) => kind === 'helper-cache');
  const { directory } = keeper?.options ?? {};
  if (typeof directory === 'string') return directory;
  return keeper || env['ECR_COURIER_CACHE'] ? answersDirectory(env) : undefined;
}

/** The configured targets of this courier's share. A target that existed before may stay open. */
function managedTargets(
  config: Config,
  deps: Omit<TargetDeps, 'registry' | 'shard' | 'memory'>,
  former: readonly OpenableTarget[],
): OpenableTarget[] {
  const { aliases, targets, engine } = config;
  const registry = addressReader(aliases);
  const directory = memoryDirectory(config, deps.env);
  const memory = (name: string) => openMemory(name, () => directory);
  const formerOf = (name: string) => former.find(target => target.name === name);
  const share = engine.shard === undefined ? undefined : parseShard(engine.shard);
  const [bySlot, byTarget] = engine.shardBy === 'slot' ? [share, undefined] : [undefined, share];
  const ours = byTarget ? targets.filter(({ name }) => isInShard(byTarget, name)) : targets;
  return ours.map(target => manageTarget(target, { ...deps, registry, memory, shard: bySlot }, formerOf(target.name)));
}

async function every(clock: Clock, ms: number, signal: AbortSignal, task: () => void): Promise<void> {
  for (;;) {
    await clock.sleep(ms, signal);
    if (signal.aborted) return;
    task();
  }
}

/** Applies a rotated key immediately, without waiting for the end of the pause after the old key was refused. */
function noticeKeys(targets: readonly OpenableTarget[], courier: Courier, signal: AbortSignal): void {
  const lookAt = async (target: OpenableTarget) => void ((await target.changed()) && !signal.aborted && courier.look(target.name));
  // Not awaited: one of the files may be on a share that does not answer.
  for (const target of targets) void lookAt(target);
}
