import { randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { portainer } from '../adapters/portainer.ts';
import { clock } from '../src/contract/clock.ts';
import { fingerprint } from '../src/contract/credential.ts';
import { addressReader } from '../src/contract/registry.ts';
import { Secret } from '../src/contract/secret.ts';
import type { Source } from '../src/contract/source.ts';
import { createCourier } from '../src/courier/courier.ts';
import { hour } from '../src/courier/timing.ts';
import { manageTarget } from '../src/target.ts';
import type { Portainers } from './portainers.ts';

/** Brings a new password of 2,000 characters into every row. */
export interface Sender extends AsyncDisposable {
  /** Resolves with the milliseconds from the moment in which the password is there to the last answer. */
  send(): Promise<number>;
  /** The last one that was sent. */
  readonly password: string;
}

const newPassword = (): string => randomBytes(1500).toString('base64');
const { concurrency } = portainer.limits;

/**
 * The engine, the Portainer adapter and the HTTP client as the daemon has them, without proof, and without discovery
 * after the first one.
 * Everything becomes due as it does in life: the wall clock leaps, the token has lived half its life, a new one comes.
 */
export async function openCourier({ urls, rows, key }: Portainers): Promise<Sender> {
  let leapt = 0;
  let began = 0;
  let password = '';
  /** Of the newest credential: after a start, slots are also written once more with the one that they have. */
  let newest = '';
  let left = 0;
  let all = Promise.withResolvers<void>();
  const leaping = { ...clock, wall: () => clock.wall() + leapt };
  const source: Source = {
    name: 'default',
    scope: () => 'default',
    async fetch() {
      password = newPassword();
      const issuedAt = new Date(leaping.wall());
      const expiresAt = new Date(issuedAt.getTime() + 12 * hour);
      newest = fingerprint({ password: new Secret(password) });
      began = performance.now();
      return { username: 'AWS', password: new Secret(password), issuedAt, expiresAt, source: 'default', scope: 'default' };
    },
  };
  const targets = urls.map((url, at) => manageTarget(configured(`portainer-${at}`, url, key), { ...surroundings, clock: leaping }));
  const courier = createCourier({
    clock: leaping,
    tickMs: 1000,
    nextDiscovery: () => Number.POSITIVE_INFINITY,
    emit(event) {
      if (event.kind === 'delivered' && event.sent[0]?.fingerprint === newest && --left === 0) all.resolve();
      if ('failure' in event) all.reject(event.failure);
    },
  });

  /** Waits until every slot was delivered to once more. */
  async function everySlot(): Promise<number> {
    left = urls.length * rows;
    all = Promise.withResolvers();
    await all.promise;
    return performance.now() - began;
  }

  courier.use({ all: [source], choose: () => source }, targets);
  const stopping = new AbortController();
  const first = everySlot();
  const running = courier.run(stopping.signal);
  await first;
  return {
    send() {
      leapt += 7 * hour;
      return everySlot();
    },
    get password() {
      return password;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

const surroundings = {
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  registry: addressReader(new Map()),
  env: {},
  readonly: false,
};

function configured(name: string, url: string, key: string): Parameters<typeof manageTarget>[0] {
  return {
    name,
    kind: portainer.kind,
    adapter: portainer,
    required: true,
    create: false,
    paused: false,
    registries: [],
    verify: [],
    limits: portainer.limits,
    tls: { insecureSkipVerify: false },
    allowHttp: true,
    headers: [],
    origin: 'bench',
    spelling: {
      caFile: 'caFile',
      serverName: 'tlsServerName',
      fingerprint: 'tlsFingerprint',
      allowHttp: 'allowHttp',
      create: 'create',
      registries: 'registries',
      clientCertFile: 'clientCertFile',
      clientKeyFile: 'clientKeyFile',
      headers: 'headers',
    },
    options: { url, apiKey: { secret: new Secret(key) } },
  };
}

/** undici alone: as many loops a Portainer as the courier has writes in flight, over as many connections. */
export function openBare({ urls, rows, key }: Portainers): Sender {
  const pools = urls.map(url => new Pool(url, { connections: concurrency }));
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  let password = '';

  async function loop(pool: Pool, ids: number[]): Promise<void> {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const body = JSON.stringify({ Authentication: true, Username: 'AWS', Password: password });
      const answer = await pool.request({ method: 'PUT', path: `/api/registries/${id}`, headers, body });
      await answer.body.json();
      if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
    }
  }

  return {
    async send() {
      password = newPassword();
      const queues = pools.map(pool => ({ pool, ids: shuffled(rows) }));
      const began = performance.now();
      await Promise.all(queues.flatMap(({ pool, ids }) => Array.from({ length: concurrency }, () => loop(pool, ids))));
      return performance.now() - began;
    },
    get password() {
      return password;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.map(pool => pool.close()));
    },
  };
}

/**
 * 1 to `rows` in any order, as the courier draws them: the other side is slower when its rows lie scattered in memory.
 */
function shuffled(rows: number): number[] {
  const drawn = Array.from({ length: rows }, (_, at) => ({ id: at + 1, at: Math.random() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ id }) => id);
}
