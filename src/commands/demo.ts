import { EventEmitter } from 'node:events';
import { adapters } from '../../adapters/index.ts';
import { type Config, load } from '../../config/load.ts';
import { adminKey } from '../../test/fakes/portainer.ts';
import { type App, createApp } from '../app.ts';
import type { Log } from '../contract/adapter.ts';
import { clock } from '../contract/clock.ts';
import type { CourierEvent } from '../courier/events.ts';
import { createLog, levels } from '../io/log.ts';
import { createServer } from '../observe/server.ts';
import { refreshBy } from './actions.ts';
import { type Parts, registries, startParts, tokenLife } from './demo/parts.ts';
import { listen, story } from './demo/story.ts';
import { oneOf } from './given.ts';
import { exit, type Io, readArgs, UsageError } from './io.ts';

/**
 * Runs the real daemon against an embedded ECR, whose tokens live for a minute, and an embedded or real Portainer.
 * Prints what happens, line by line.
 */
export async function demo(args: string[], io: Io): Promise<number> {
  const options = {
    once: { type: 'boolean' },
    portainer: { type: 'string' },
    'api-key-file': { type: 'string' },
    'log-level': { type: 'string' },
  } as const;
  const { values } = readArgs(args, options);
  const level = oneOf(values['log-level'] ?? 'error', levels, 'level of the log');
  if ((values.portainer === undefined) !== (values['api-key-file'] === undefined))
    throw new UsageError('--portainer and --api-key-file go together');
  const say = (line: string): void => void io.stdout.write(`${line}\n`);

  await using parts = await startParts(values.portainer === undefined ? 'embedded' : 'real');
  const { ecr, portainer } = parts;
  const aws = onlyIdentity(ecr.url);
  const env = portainer
    ? { PORTAINER_URL: portainer.url, PORTAINER_API_KEY: adminKey, PORTAINER_ALLOW_HTTP: 'true' }
    : realPortainer(io.env, values.portainer ?? '', values['api-key-file'] ?? '');
  const config = await load({ env: { ...fast, ...env }, adapters });
  const log = createLog({ to: io.stderr, level });
  const { app, events } = openApp(config, log, parts, aws);
  const doors = await openDoors(app, log);

  say(`ECR (embedded): ${ecr.url}, tokens live ${tokenLife / 1000} s, only the newest opens a registry`);
  say(portainer ? `Portainer (embedded): ${portainer.url}` : `Portainer: ${values.portainer}`);
  say(`Status page: ${doors.url}    Metrics: ${doors.url.replace(/\/$/, '')}/metrics`);
  say('');
  const tell = async (stop: AbortSignal): Promise<void> => {
    await story({ heard: listen(events, stop), say, parts });
    if (values.once || io.signal.aborted) return;
    say('It goes on like this. Look at the status page; Ctrl-C ends it.');
    await new Promise(resolve => io.signal.addEventListener('abort', resolve));
  };
  try {
    await whileRunning(app, io.signal, tell);
  } finally {
    await doors.close();
  }
  if (!portainer)
    say(`Left in this Portainer: ${registries.map(({ host }) => host).join(', ')}. These accounts are made up; remove the rows there.`);
  if (!values.once) return exit.ok;
  if (io.signal.aborted) return exit.failed;
  say('demo: rotation proven');
  return exit.ok;
}

const fast = { ECR_COURIER_TICK_SECONDS: '1', ECR_COURIER_DISCOVERY_CRON: '*/5 * * * * *', ECR_COURIER_LISTEN: '127.0.0.1:0' };

/** An AWS environment without the user's own identity. */
const onlyIdentity = (ecrUrl: string): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: 'AKIDEMODEMODEMODEMO1',
  AWS_SECRET_ACCESS_KEY: 'demo-secret',
  AWS_ENDPOINT_URL_ECR: ecrUrl,
});

function openApp(config: Config, log: Log, { door }: Parts, env: Record<string, string>) {
  const events = new EventEmitter();
  const app = createApp(config, {
    clock,
    log,
    env,
    registryEndpoint: () => door.url,
    // A real Portainer may hold registries of real accounts, which must not get the demo's token.
    sources: made => ({
      ...made,
      choose: (registry, slot) => (registries.some(({ host }) => host === registry.host) ? made.choose(registry, slot) : undefined),
    }),
    heard: (event: CourierEvent) => void events.emit('event', event),
  });
  app.metrics.reloaded('taken up');
  return { app, events };
}

async function openDoors(app: App, log: Log) {
  const actions = { refresh: refreshBy(app), reload: async () => ({ ok: false, message: 'The demo has no configuration to reload.' }) };
  const metrics = () => app.metrics.render(app.status());
  const doors = { clock, log, status: app.status, metrics, actions, adminToken: async () => undefined };
  return await createServer(doors, { host: '127.0.0.1', port: 0 });
}

/** Runs the app until `tell` returns. Ctrl-C meanwhile is not an error. */
async function whileRunning(app: App, signal: AbortSignal, tell: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const running = app.run(stop);
  try {
    await tell(stop);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ended.abort();
    await running;
  }
}

/** The environment for a real Portainer. The demo creates its own registries there and touches nothing else. */
function realPortainer(env: NodeJS.ProcessEnv, url: string, keyFile: string): Record<string, string> {
  const tls = Object.entries(env).filter(([name]) => /^PORTAINER_(CA_FILE|TLS_|INSECURE_|ALLOW_HTTP)/.test(name));
  const wanted = { PORTAINER_REGISTRIES: registries.map(({ host }) => host).join(','), PORTAINER_CREATE: 'true' };
  return { ...(Object.fromEntries(tls) as Record<string, string>), ...wanted, PORTAINER_URL: url, PORTAINER_API_KEY_FILE: keyFile };
}
