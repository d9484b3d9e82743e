import { EventEmitter, on } from 'node:events';
import { adapters } from '../../adapters/index.ts';
import { load } from '../../config/load.ts';
import { startEcr } from '../../test/fakes/ecr.ts';
import { adminKey, startFakePortainer } from '../../test/fakes/portainer.ts';
import { startRegistry } from '../../test/fakes/registry.ts';
import { createApp } from '../app.ts';
import { clock } from '../contract/clock.ts';
import type { CourierEvent } from '../courier/events.ts';
import { createLog } from '../io/log.ts';
import { createServer } from '../observe/server.ts';
import { refreshBy } from './actions.ts';
import { exit, type Io, readArgs, UsageError } from './io.ts';

const tokenLife = 60_000;
const region = 'eu-west-1';
/** Three accounts: a token serves every registry of its region that its principal may read. */
const registries = [
  { name: 'ecr-shop', host: `111111111111.dkr.ecr.${region}.amazonaws.com` },
  { name: 'ecr-billing', host: `222222222222.dkr.ecr.${region}.amazonaws.com` },
  { name: 'ecr-shared', host: `333333333333.dkr.ecr.${region}.amazonaws.com` },
] as const;

type Delivered = Extract<CourierEvent, { kind: 'delivered' }>;
type Heard = AsyncIterator<CourierEvent>;

/**
 * The real daemon against an embedded ECR, whose tokens live a minute, and an embedded Portainer, or a real one. Tells
 * what happens in plain lines.
 */
export async function demo(args: string[], io: Io): Promise<number> {
  const options = {
    once: { type: 'boolean' },
    portainer: { type: 'string' },
    'api-key-file': { type: 'string' },
    'log-level': { type: 'string' },
  } as const;
  const { values } = readArgs(args, options);
  if ((values.portainer === undefined) !== (values['api-key-file'] === undefined))
    throw new UsageError('--portainer and --api-key-file go together');
  const say = (line: string): void => void io.stdout.write(`${line}\n`);

  await using parts = await startParts(values.portainer === undefined);
  const { ecr, door, portainer } = parts;
  // The AWS client reads the process's own variables. Nothing of the user's identity takes part.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const aws = {
    AWS_ACCESS_KEY_ID: 'AKIDEMODEMODEMODEMO1',
    AWS_SECRET_ACCESS_KEY: 'demo-secret',
    AWS_ENDPOINT_URL_ECR: ecr.url,
  };
  Object.assign(process.env, aws);

  const env = portainer
    ? { PORTAINER_URL: portainer.url, PORTAINER_API_KEY: adminKey, PORTAINER_ALLOW_HTTP: 'true' }
    : realPortainer(io.env, values.portainer ?? '', values['api-key-file'] ?? '');
  const fast = { ECR_COURIER_TICK_SECONDS: '1', ECR_COURIER_DISCOVERY_CRON: '*/5 * * * * *', ECR_COURIER_LISTEN: '127.0.0.1:0' };
  const config = await load({ env: { ...fast, ...env }, adapters });
  const log = createLog({ to: io.stderr, level: values['log-level'] === undefined ? 'error' : 'info' });
  const events = new EventEmitter();
  const app = createApp(config, {
    clock,
    log,
    env: aws,
    registryEndpoint: () => door.url,
    // A real Portainer may hold registries of real accounts: this token is not for them.
    sources: made => ({
      ...made,
      choose: (registry, slot) => (registries.some(({ host }) => host === registry.host) ? made.choose(registry, slot) : undefined),
    }),
    heard: event => void events.emit('event', event),
  });
  app.metrics.reloaded('taken up');
  const actions = { refresh: refreshBy(app), reload: async () => ({ ok: false, message: 'The demo has no configuration to reload.' }) };
  const metrics = () => app.metrics.render(app.status());
  const doors = await createServer(
    { clock, log, status: app.status, metrics, actions, adminToken: async () => undefined },
    { host: '127.0.0.1', port: 0 },
  );

  say(`ECR (embedded): ${ecr.url}, tokens live ${tokenLife / 1000} s, only the newest opens a registry`);
  say(portainer ? `Portainer (embedded): ${portainer.url}` : `Portainer: ${values.portainer}`);
  say(`Status page: ${doors.url}    Metrics: ${doors.url.replace(/\/$/, '')}/metrics`);
  say('');
  const ended = new AbortController();
  const stop = AbortSignal.any([io.signal, ended.signal]);
  const running = app.run(stop);
  try {
    await story({ heard: listen(events, stop), say, parts });
    if (!values.once && !io.signal.aborted) {
      say('It goes on like this. Look at the status page; Ctrl-C ends it.');
      await new Promise(resolve => io.signal.addEventListener('abort', resolve));
    }
  } catch (error) {
    if (!io.signal.aborted) throw error; // Ctrl-C in the middle of the story
  } finally {
    ended.abort();
    await running;
    await doors.close();
  }
  if (!portainer)
    say(`Left in this Portainer: ${registries.map(({ host }) => host).join(', ')}. These accounts are made up; remove the rows there.`);
  if (!values.once) return exit.ok;
  if (io.signal.aborted) return exit.failed;
  say('demo: rotation proven');
  return exit.ok;
}

interface Telling {
  readonly heard: Heard;
  readonly say: (line: string) => void;
  readonly parts: Parts;
}

/** The first token, its delivery and a pull; then the same once more, when the token has lived half its life. */
async function story({ heard, say, parts }: Telling): Promise<void> {
  const found = await next(heard, 'discovered');
  say(`found ${found.slots} registries in Portainer`);
  const first = await next(heard, 'fetched');
  say(`fetched a token (${first.fingerprint}): one serves all ${registries.length}, although they belong to three accounts`);
  const written = await delivered(heard, first.fingerprint);
  say(`${written[0]?.change ?? 'updated'}: ${written.map(event => event.title).join(', ')}`);
  const before = passwords(parts);
  say(await pulls(parts));
  say(`waiting for half of the token's life ...`);
  const second = await next(heard, 'fetched');
  const refused = before.every(password => parts.ecr.judge(region, password) !== 'good');
  say(`token rotated (${second.fingerprint})${refused && before.length > 0 ? ': ECR refuses the first one from now on' : ''}`);
  const again = await delivered(heard, second.fingerprint);
  say(`updated again: ${again.map(event => event.title).join(', ')}`);
  say(await pulls(parts));
}

function listen(events: EventEmitter, signal: AbortSignal): Heard {
  const iterator = on(events, 'event', { signal })[Symbol.asyncIterator]();
  return {
    async next() {
      const result = await iterator.next();
      return result.done ? { done: true, value: undefined } : { done: false, value: (result.value as CourierEvent[])[0] as CourierEvent };
    },
  };
}

/** The next event of these kinds. A failure on the way is what the demo is over with. */
async function next<K extends CourierEvent['kind']>(heard: Heard, ...kinds: K[]): Promise<Extract<CourierEvent, { kind: K }>> {
  for (;;) {
    const { value } = await heard.next();
    const event = value as CourierEvent;
    if ('failure' in event) throw event.failure;
    if ((kinds as string[]).includes(event.kind)) return event as Extract<CourierEvent, { kind: K }>;
  }
}

/** Until every registry of the demo holds this credential and was asked whether it accepts it. */
async function delivered(heard: Heard, fingerprint: string): Promise<Delivered[]> {
  const written = new Map<string, Delivered>();
  const proven = new Set<string>();
  while (written.size < registries.length || proven.size < registries.length) {
    const event = await next(heard, 'delivered', 'proved');
    if (event.kind === 'delivered') {
      if (event.sent.some(sent => sent.fingerprint === fingerprint)) written.set(event.slot, event);
    } else if (event.ok) proven.add(event.host);
    else throw new Error(event.message);
  }
  return [...written.values()];
}

function passwords({ portainer }: Parts): string[] {
  return portainer ? portainer.rows().map(row => portainer.passwordOf(row.Id)) : [];
}

/** Pulls through Portainer's Docker proxy: it puts in what it has stored, so this shows what is really there. */
async function pulls({ portainer }: Parts): Promise<string> {
  if (!portainer)
    return 'pull proven: all three registries accept the token (asked directly: the engines of this Portainer cannot reach the embedded registry)';
  for (const row of portainer.rows()) {
    const auth = Buffer.from(JSON.stringify({ registryId: row.Id })).toString('base64');
    const path = `/api/endpoints/1/docker/images/create?fromImage=${encodeURIComponent(`${row.URL}/app`)}&tag=1`;
    const answer = await fetch(`${portainer.url}${path}`, { method: 'POST', headers: { 'x-api-key': adminKey, 'x-registry-auth': auth } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the pull from ${row.URL} failed: ${answer.status} ${text.slice(0, 200)}`);
  }
  return `pull proven: Portainer opens all ${portainer.rows().length} registries with what it holds`;
}

type Parts = Awaited<ReturnType<typeof startParts>>;

async function startParts(embedded: boolean) {
  const stack = new AsyncDisposableStack();
  const ecr = stack.use(await startEcr({ ttlMs: tokenLife }));
  const door = stack.use(await startRegistry(ecr));
  const portainer = embedded ? stack.use(await startPortainer(ecr)) : undefined;
  return { ecr, door, portainer, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function startPortainer(ecr: Awaited<ReturnType<typeof startEcr>>) {
  return startFakePortainer({
    registries: registries.map(({ name, host }) => ({
      Name: name,
      URL: host,
      Authentication: true,
      Username: 'AWS',
      Password: 'expired-yesterday',
    })),
    endpoints: [{ Id: 1, Name: 'local', kind: 'docker', users: [] }],
    accepts: (host, username, password) =>
      registries.some(registry => registry.host === host) ? username === 'AWS' && ecr.judge(region, password) === 'good' : undefined,
  });
}

/** The demo's registries are made there; nothing else is touched. The TLS options are the user's own. */
function realPortainer(env: NodeJS.ProcessEnv, url: string, keyFile: string): Record<string, string> {
  const tls = Object.entries(env).filter(([name]) => /^PORTAINER_(CA_FILE|TLS_|INSECURE_|ALLOW_HTTP)/.test(name));
  const wanted = { PORTAINER_REGISTRIES: registries.map(({ host }) => host).join(','), PORTAINER_CREATE: 'true' };
  return { ...(Object.fromEntries(tls) as Record<string, string>), ...wanted, PORTAINER_URL: url, PORTAINER_API_KEY_FILE: keyFile };
}
