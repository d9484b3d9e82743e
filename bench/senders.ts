import { Pool } from 'undici';
import { portainer } from '../adapters/portainer.ts';
import { Secret } from '../src/contract/secret.ts';
import { hour } from '../src/courier/timing.ts';
import { manageTarget } from '../src/target.ts';
import { leapingClock, newPassword, startEngine, surroundings } from './engine.ts';
import type { Portainers } from './portainers.ts';

/** Writes a new password of 2,000 characters into every row. */
export interface Sender extends AsyncDisposable {
  /** Resolves with the milliseconds from when the password exists until the last response. */
  send(): Promise<number>;
  /** The last password sent. */
  readonly password: string;
}

const { concurrency } = portainer.limits;

/**
 * Opens the engine, the Portainer adapter and the HTTP client as in the daemon, without proofs, and without discovery
 * after the first one.
 */
export async function openCourier({ urls, rows, key }: Portainers): Promise<Sender> {
  const clock = leapingClock();
  const targets = urls.map((url, at) => manageTarget(configured(`portainer-${at}`, url, key), { ...surroundings, clock }));
  const engine = startEngine(targets, clock);
  const slots = urls.length * rows;
  await engine.delivered(slots);
  return {
    send() {
      clock.leap(7 * hour);
      return engine.delivered(slots);
    },
    get password() {
      return engine.password;
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

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

/** undici alone: per Portainer, as many loops and connections as the courier has writes in flight. */
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
 * The ids 1 to `rows` in random order, like that of the courier: a server is slower when its rows are scattered in
 * memory.
 */
function shuffled(rows: number): number[] {
  const drawn = Array.from({ length: rows }, (_, at) => ({ id: at + 1, at: Math.random() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ id }) => id);
}
