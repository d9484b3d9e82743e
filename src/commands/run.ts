import type { Config } from '../../config/load.ts';
import { type App, appMetrics, createApp } from '../app.ts';
import { clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { type AppLog, createLog } from '../io/log.ts';
import { createTail, type Tail } from '../io/tail.ts';
import { type ActionResult, createServer } from '../observe/server.ts';
import { version } from '../version.ts';
import { adminTokenReader, refreshBy } from './actions.ts';
import { socketPath } from './daemon.ts';
import { configOptions, exit, type Io, readArgs, readConfigWithTargets } from './io.ts';
import { openLease } from './lease.ts';
import { notesInLog } from './notes.ts';
import { daemonSections, logSection, ownSections, render } from './report.ts';
import { strayLog } from './stray.ts';
import { colors } from './terminal.ts';

/** Runs the daemon. It listens before its first request to AWS, and ends within 8 s of SIGTERM. */
export async function run(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, configOptions);
  const config = await readConfigWithTargets(values, io);
  const metrics = appMetrics(clock);
  const tail = createTail();
  const log = createLog({
    to: io.stdout,
    ...config.log,
    color: colors(io.stdout, io.env),
    counted: metrics.logged,
    kept: tail.add,
  });
  io.onWarning(({ name, message }) => log.warn('Node warns', { warning: `${name}: ${message}` }));
  io.onStray(strayLog(log, clock));
  log.info('started', { version, node: process.versions.node, targets: config.targets.map(target => target.name) });
  await using election = await openLease(config, io, log);
  const app = createApp(config, { clock, log, env: io.env, metrics, election });
  metrics.reloaded('taken up');

  const note = notesInLog(log, io.env);
  // Not awaited: ~/.aws may be on a share that hangs.
  void note(config);
  const reload = reloader(app, config, log, async () => {
    const next = await readConfigWithTargets(values, io);
    void note(next);
    return next;
  });
  io.onReload(() => void reload.now());
  const doors = await openDoors({ app, env: io.env, log, tail, reload });
  log.info('listening', { url: doors.url });
  try {
    await clock.sleep(config.engine.startSpreadSeconds * 1000 * Math.random(), io.signal);
    await app.run(io.signal);
  } finally {
    await doors.close();
  }
  log.info('stopped');
  return exit.ok;
}

interface DoorsDeps {
  readonly app: App;
  readonly env: Io['env'];
  readonly log: AppLog;
  readonly tail: Tail;
  readonly reload: Reloader;
}

/** Opens the HTTP server and the owner's unix socket. Throws MISCONFIGURED if the port is in use. */
async function openDoors({ app, env, log, tail, reload }: DoorsDeps) {
  // These options only change with a restart.
  const { server } = reload.config();
  const metrics = () => app.metrics.render(app.overview());
  const doors = {
    clock,
    log,
    adminToken: adminTokenReader(reload.config, log),
    status: app.status,
    overview: app.overview,
    live: app.live,
    metrics,
    async bundle() {
      const own = await ownSections(env, reload.config());
      return redact(render([...own, ...daemonSections(app.status(), await metrics()), logSection(tail.lines())]));
    },
    actions: { refresh: refreshBy(app), reload: reload.now },
  };
  return await createServer(doors, { ...server.listen, socket: socketPath(server, env) });
}

interface Reloader {
  /** The effective configuration. */
  config(): Config;
  /** Reloads the configuration; one with mistakes changes nothing. Concurrent calls run one after the other. */
  now(): Promise<ActionResult>;
}

function reloader(app: App, first: Config, log: AppLog, read: () => Promise<Config>): Reloader {
  let config = first;
  let last: Promise<unknown> = Promise.resolve();

  async function reload(): Promise<ActionResult> {
    try {
      const next = await read();
      demandSameShare(first, next);
      app.use(next);
      log.setLevel(next.log.level);
      config = next;
    } catch (error) {
      app.metrics.reloaded('refused');
      const message = error instanceof Error ? error.message : String(error);
      log.error('configuration not reloaded', { error: `${message}\nThe former configuration stays in force.` });
      return { ok: false, message };
    }
    app.metrics.reloaded('taken up');
    const later = needRestart(first, config);
    log.info('configuration reloaded', later.length > 0 ? { needs_restart: later } : {});
    const rest = later.length > 0 ? ` For ${later.join(', ')} a restart is needed.` : '';
    return { ok: true, message: `The new configuration is in force.${rest}` };
  }

  return {
    config: () => config,
    now() {
      const mine = last.then(reload);
      last = mine;
      return mine;
    },
  };
}

/** Throws if the share changes, because the Lease that was taken at the start belongs to the former share. */
function demandSameShare(running: Config, next: Config): void {
  if (running.lease.name === undefined || running.engine.shard === next.engine.shard) return;
  throw new Failure('MISCONFIGURED', 'engine.shard has changed, and each share has a Lease of its own.', {
    remedy: 'Start the courier anew: only then it takes the other Lease.',
  });
}

/** Changed options that only take effect after a restart. */
function needRestart(running: Config, next: Config): string[] {
  const fixed = (config: Config): Record<string, unknown> => ({
    'server.listen': config.server.listen,
    'server.socket': config.server.socket,
    'log.format': config.log.format,
    'engine.tickSeconds': config.engine.tickSeconds,
    lease: config.lease,
  });
  const before = fixed(running);
  return Object.entries(fixed(next)).flatMap(([name, value]) => (JSON.stringify(value) === JSON.stringify(before[name]) ? [] : [name]));
}
