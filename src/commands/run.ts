import type { Config } from '../../config/load.ts';
import { type App, adminTokenOf, createApp, refreshBy } from '../app.ts';
import { clock } from '../contract/clock.ts';
import { type AppLog, createLog } from '../io/log.ts';
import { type ActionResult, createServer } from '../observe/server.ts';
import { version } from '../version.ts';
import { socketPath } from './daemon.ts';
import { colors, configOptions, exit, type Io, readArgs, readConfigWithTargets } from './io.ts';

/** The daemon. Its doors open before the first word to AWS; it ends within 8 s of SIGTERM. */
export async function run(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, configOptions);
  const config = await readConfigWithTargets(values, io);
  let app: App | undefined;
  const log = createLog({ to: io.stdout, ...config.log, color: colors(io.stdout, io.env), counted: level => app?.metrics.logged(level) });
  log.info('started', {
    version,
    node: process.versions.node,
    targets: config.targets.map(target => target.name),
    listen: listenText(config),
  });
  app = await createApp(config, { clock, log, env: io.env });
  app.metrics.reloaded(true);

  const reload = () => reloadInto(app, log, () => readConfigWithTargets(values, io));
  io.onReload(() => void reload());
  const doors = await openDoors(app, config, { io, log, reload });
  try {
    await app.run(io.signal);
  } finally {
    await doors.close();
  }
  log.info('stopped');
  return exit.ok;
}

/** Opens the HTTP doors and the socket for the owner. Throws a ConfigError when the port is taken. */
async function openDoors(app: App, config: Config, { io, log, reload }: { io: Io; log: AppLog; reload: () => Promise<ActionResult> }) {
  const doors = {
    clock,
    log,
    adminToken: adminTokenOf(config),
    status: app.status,
    metrics: () => app.metrics.render(app.status()),
    actions: { refresh: refreshBy(app), reload },
  };
  return await createServer(doors, { ...config.server.listen, socket: socketPath(config, io.env) });
}

/** A configuration with mistakes changes nothing. */
async function reloadInto(app: App, log: AppLog, read: () => Promise<Config>): Promise<ActionResult> {
  try {
    await app.use(await read());
  } catch (error) {
    app.metrics.reloaded(false);
    const message = error instanceof Error ? error.message : String(error);
    log.error('configuration not reloaded', { error: `${message}\nThe former configuration stays in force.` });
    return { ok: false, message };
  }
  app.metrics.reloaded(true);
  log.info('configuration reloaded');
  return { ok: true, message: 'The new configuration is in force.' };
}

function listenText({ server: { listen } }: Config): string {
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}/`;
}
