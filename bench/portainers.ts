import { adminKey } from '../test/fakes/portainer.ts';
import { startServer } from './processes.ts';

/**
 * `fake`: those of the tests; they decode and check a PUT, compare it with all rows, as Portainer does, and store it.
 * `lean`: in lean-portainer.ts.
 */
type Kind = 'fake' | 'lean';
/**
 * What is asked of the process of fakes.ts: start so many Portainers with so many rows each; in how many rows does this
 * password lie; how many PUTs came?
 */
export type Order =
  | { readonly kind: Kind; readonly portainers: number; readonly rows: number }
  | { readonly password: string }
  | { readonly writes: true };
export interface Started {
  readonly urls: readonly string[];
  readonly ecr: string;
  readonly registry: string;
}

/** Portainers in a process of their own, and an ECR beside them. */
export interface Portainers extends Disposable {
  readonly urls: readonly string[];
  readonly ecr: string;
  /** Takes what the ECR gave out; it stands for all hosts. */
  readonly registry: string;
  /** Of each. Ids from 1 on. */
  readonly rows: number;
  readonly key: string;
  /** How many rows, of all Portainers, hold the password. */
  holding(password: string): Promise<number>;
  /** How many rows were written so far, again and again counted. */
  writes(): Promise<number>;
}

export async function startPortainers(kind: Kind, portainers: number, rows: number): Promise<Portainers> {
  const server = startServer('fakes');
  const { urls, ecr, registry } = await server.ask<Started>({ kind, portainers, rows } satisfies Order);
  return {
    urls,
    ecr,
    registry,
    rows,
    key: adminKey,
    holding: password => server.ask<number>({ password } satisfies Order),
    writes: () => server.ask<number>({ writes: true } satisfies Order),
    [Symbol.dispose]: server[Symbol.dispose],
  };
}

/** The environment in which the executable finds them. */
export function environmentOf({ urls: [url = ''], ecr, key }: Portainers): Record<string, string> {
  return { ...environment(ecr), PORTAINER_URL: url, PORTAINER_API_KEY: key, PORTAINER_ALLOW_HTTP: 'true' };
}

/**
 * The environment for any kind of manager, with an ECR that is there. What it would prove at a registry is refused at
 * once: there is none.
 */
export function environment(ecr: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    ECR_COURIER_LISTEN: '127.0.0.1:0',
    ECR_COURIER_START_SPREAD_SECONDS: '0',
    AWS_ENDPOINT_URL: ecr,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'the-key-of-a-bench',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  };
}
