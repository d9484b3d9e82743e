import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { adminKey, startFakePortainer } from '../test/fakes/portainer.ts';
import { startLeanPortainer } from './lean-portainer.ts';

/** `fake`: those of the tests; they decode and check a PUT, compare it with all rows, as Portainer does, and store it. `lean`: in lean-portainer.ts. */
type Kind = 'fake' | 'lean';
/** What is asked of the process: start so many Portainers with so many rows each; or: in how many rows does this password lie? */
type Order = { readonly kind: Kind; readonly portainers: number; readonly rows: number } | { readonly password: string };

/** Portainers in a process of their own. */
export interface Portainers extends Disposable {
  readonly urls: readonly string[];
  /** Of each. Ids from 1 on. */
  readonly rows: number;
  readonly key: string;
  /** How many rows, of all Portainers, hold the password. */
  holding(password: string): Promise<number>;
}

export async function startPortainers(kind: Kind, portainers: number, rows: number): Promise<Portainers> {
  const child = fork(import.meta.filename);
  const urls = await ask<string[]>(child, { kind, portainers, rows });
  return {
    urls,
    rows,
    key: adminKey,
    holding: password => ask<number>(child, { password }),
    [Symbol.dispose]: () => child.disconnect(),
  };
}

async function ask<T>(child: ChildProcess, order: Order): Promise<T> {
  const answer = once(child, 'message');
  child.send(order);
  const [message] = (await answer) as [T];
  return message;
}

interface Running {
  readonly url: string;
  holding(password: string): number;
}

async function startFake(rows: number): Promise<Running> {
  const registries = Array.from({ length: rows }, (_, at) => {
    const host = hostOf(at + 1);
    return { Name: host, URL: host, Authentication: true, Username: 'AWS', Password: 'none yet', TLS: true };
  });
  const portainer = await startFakePortainer({ registries });
  // It keeps every request for the tests; here they would fill the memory.
  portainer.fault = () => void (portainer.requests.length = 0);
  return { url: portainer.url, holding: password => portainer.rows().filter(row => row.Password === password).length };
}

/** Of a row: an account each, so that no two rows are alike. */
function hostOf(id: number): string {
  return `${String(id).padStart(12, '0')}.dkr.ecr.eu-west-1.amazonaws.com`;
}

async function serve(): Promise<void> {
  let running: Running[] = [];
  for await (const [order] of on(process, 'message') as AsyncIterable<[Order]>) {
    if ('password' in order) {
      process.send?.(running.reduce((sum, portainer) => sum + portainer.holding(order.password), 0));
      continue;
    }
    const start = order.kind === 'lean' ? (rows: number) => startLeanPortainer(rows, hostOf) : startFake;
    running = await Promise.all(Array.from({ length: order.portainers }, () => start(order.rows)));
    process.send?.(running.map(({ url }) => url));
  }
}

if (process.send) {
  process.on('disconnect', () => process.exit());
  await serve();
}
