import { isDeepStrictEqual } from 'node:util';
import { adapters } from '../adapters/index.ts';
import { withoutOurs } from '../config/env.ts';
import type { Config } from '../config/load.ts';
import { readSecret } from '../config/secrets.ts';
import type { Log } from './contract/adapter.ts';
import type { Clock } from './contract/clock.ts';
import { addressReader, type Registry } from './contract/registry.ts';
import type { Prove, Source, Sources } from './contract/source.ts';
import { type Courier, createCourier } from './courier/courier.ts';
import type { CourierEvent } from './courier/events.ts';
import { engineFindings } from './courier/findings.ts';
import type { Ledger } from './courier/ledger.ts';
import { cronSchedule } from './courier/schedule.ts';
import { makeProve } from './ecr/prove.ts';
import { makeSources } from './ecr/source.ts';
import type { Dispatcher } from './io/connect.ts';
import { awsDispatcher, openHttp } from './io/http.ts';
import { proxiesOf } from './io/proxies.ts';
import { createFindingLog } from './observe/finding-log.ts';
import { createJournal } from './observe/journal.ts';
import { createMetrics, type Metrics } from './observe/metrics.ts';
import { overviewOf, statusOf } from './observe/status.ts';
import type { Overview, Status } from './observe/status-view.ts';
import { manageTarget, type OpenableTarget } from './target.ts';
import { version } from './version.ts';

const keysLookedAtEvery = 15_000;

export interface AppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: NodeJS.ProcessEnv;
  /** `check`: nothing is written anywhere. */
  readonly rehearse?: boolean;
  /** Where a registry is asked whether it accepts a credential; https://HOST unless said. */
  readonly registryEndpoint?: (registry: Registry) => string;
  /** The sources instead of those of the configuration, made from them. */
  readonly sources?: (sources: Sources) => Sources;
  /** Counts what happens; an own one unless given. */
  readonly metrics?: Metrics;
  /** Hears of everything that happens, after log and metrics. */
  readonly heard?: (event: CourierEvent, ledger: Ledger) => void;
}

/** The whole program without its doors: sources and targets of a configuration, the courier, and what it shows. */
export interface App {
  readonly courier: Courier;
  readonly metrics: Metrics;
  status(): Status;
  overview(): Overview;
  /** Another configuration from now on. What is known of a target that stays is kept. */
  use(config: Config): void;
  /** Works until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Works until every slot was tried. */
  once(signal: AbortSignal): Promise<void>;
}

export function createApp(config: Config, options: AppOptions): App {
  const { clock, log, env, rehearse = false } = options;
  const metrics = options.metrics ?? appMetrics(clock);
  const journal = createJournal(log);
  const findingLog = createFindingLog(log, engineFindings);
  const dispatcher = awsDispatcher({ env });
  const tickMs = config.engine.tickSeconds * 1000;
  let targets: readonly OpenableTarget[] = [];
  let sources: Sources | undefined;
  let current = config;
  const listeners: ((event: CourierEvent) => void)[] = [metrics.observe, journal];

  const courier = createCourier({
    clock,
    rehearse,
    tickMs,
    nextDiscovery: (wall, second) => cronSchedule(current.discovery.cron)(wall, second),
    prove: proveBy(
      env,
      waysTo(env, dispatcher, name => sources?.all.find(source => source.name === name)),
      options.registryEndpoint,
    ),
    emit(event) {
      for (const listener of listeners) listener(event);
    },
  });
  const { ledger } = courier;
  listeners.push(event => {
    if (event.kind === 'discovered') findingLog(ledger, event.target);
    options.heard?.(event, ledger);
  });

  function use(next: Config): void {
    for (const warning of next.warnings) if (!next.dangers.includes(warning)) log.warn('configuration', { warning });
    const commandEnv = withoutOurs(env, [...adapters, ...next.targets.map(target => target.adapter)]);
    const made = makeSources(next.sources, { dispatcher, clock, env, commandEnv, tells: rehearse ? 'principal' : 'place' });
    const registry = addressReader(next.aliases);
    const former = isDeepStrictEqual(next.aliases, current.aliases) ? targets : [];
    targets = next.targets.map(target =>
      manageTarget(
        target,
        { clock, log, env, registry, readonly: rehearse },
        former.find(({ name }) => name === target.name),
      ),
    );
    current = next;
    sources = made;
    courier.use(options.sources?.(made) ?? made, targets);
  }

  /** A rotated key is taken up at once, not only after the pause that the old one's refusal has brought. */
  async function lookAtKeys(signal: AbortSignal): Promise<void> {
    const lookAt = async (target: OpenableTarget) => void ((await target.changed()) && !signal.aborted && courier.look(target.name));
    for (;;) {
      await clock.sleep(keysLookedAtEvery, signal);
      if (signal.aborted) return;
      // Not waited for: one of them may lie on a share that does not answer.
      for (const target of targets) void lookAt(target);
    }
  }

  /** Receipts and the engine find something between two discoveries as well. */
  async function lookAtFindings(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      findingLog(ledger);
      await clock.sleep(tickMs, signal);
    }
  }

  use(config);
  const about = { version, findings: engineFindings, tickMs };
  return {
    courier,
    metrics,
    use,
    status: () => statusOf(ledger, about),
    overview: () => overviewOf(ledger, about),
    async run(signal) {
      await Promise.all([courier.run(signal), lookAtKeys(signal), lookAtFindings(signal)]);
    },
    async once(signal) {
      await courier.once(signal);
      findingLog(ledger);
    },
  };
}

/** Of the program, and of its process: once in each. */
export function appMetrics(clock: Clock): Metrics {
  return createMetrics({ version, clock, process: true });
}

/** The connections to AWS for a source: those that all share, or those that trust the authorities of its profile. */
function waysTo(env: NodeJS.ProcessEnv, shared: Dispatcher, sourceOf: (name: string) => Source | undefined) {
  const own = new Map<string, Dispatcher>();
  return (source: string): Dispatcher => {
    const trusted = sourceOf(source)?.trusts?.();
    if (!trusted) return shared;
    const { file, name } = trusted;
    const dispatcher = own.get(file) ?? awsDispatcher({ env, tls: { caFile: file }, names: { caFile: name } });
    own.set(file, dispatcher);
    return dispatcher;
  };
}

/** Registries are asked as AWS is: with its connections, and what it trusts. */
function proveBy(env: NodeJS.ProcessEnv, wayTo: (source: string) => Dispatcher, endpoint: AppOptions['registryEndpoint']): Prove {
  return makeProve(
    async (url, headers, signal, source) => {
      const { origin, pathname } = new URL(url);
      const http = openHttp({
        url: origin,
        headers: { ...headers },
        env,
        dispatcher: wayTo(source),
        names: { caFile: 'AWS_CA_BUNDLE' },
        allowHttp: endpoint !== undefined,
        maxBytes: 64 * 1024,
      });
      const { status, text } = await http('GET', pathname, { signal });
      return { status, text, proxy: proxiesOf(env).wayTo(new URL(origin)).proxy };
    },
    ...(endpoint ? [endpoint] : []),
  );
}

/** What is said to someone who asked for a refresh, of one target or of all. */
export function refreshBy({ courier }: App) {
  return async (target?: string) => {
    const { targets, date } = courier.ledger;
    const known = [...targets.keys()];
    if (target !== undefined && targets.get(target)?.managed.paused)
      return { ok: false, message: `${target} is paused in the configuration: nothing is sent to it.` };
    const postponed = courier.refresh(target);
    if (!postponed) return { ok: false, message: `There is no target ${target}. There are: ${known.join(', ')}.` };
    const working = known.filter(name => !targets.get(name)?.managed.paused);
    const later = postponed.map(({ what, why, until }) => ` Postponed until ${date(until).toISOString()}: ${what} (${why}).`);
    return {
      ok: true,
      message: `Looking at ${target ?? working.join(', ')} and writing every slot, with a new token as soon as one may be fetched.${later.join('')} \`status\` shows what comes of it.`,
    };
  };
}

/** Reads the admin token anew; undefined while there is none. */
export async function adminTokenOf({ server: { adminToken } }: Config) {
  return adminToken && (await readSecret(adminToken, 'the admin token').catch(() => undefined));
}
