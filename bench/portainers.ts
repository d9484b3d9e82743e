import { adminKey } from '../test/fakes/portainer.ts';
import { startServer } from './processes.ts';

/**
 * `fake`: that of the tests, which decodes and checks a PUT, compares it with all rows, as Portainer does, and stores
 * it. `lean`: that of lean-portainer.ts.
 */
type Kind = 'fake' | 'lean';
/**
 * An order to the process of fakes.ts: start this many Portainers with this many rows each; or return the number of
 * rows that hold this password; or return the number of PUTs.
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

/** Portainers in a process of their own, with an ECR. */
export interface Portainers extends Disposable {
  readonly urls: readonly string[];
  readonly ecr: string;
  /** The registry, which accepts the ECR's tokens and stands for all hosts. */
  readonly registry: string;
  /** The number of rows of each Portainer. Ids start at 1. */
  readonly rows: number;
  readonly key: string;
  /** Resolves with the number of rows, over all Portainers, that hold the password. */
  holding(password: string): Promise<number>;
  /** Resolves with the number of writes so far; a row counts each time. */
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

/** The environment for an executable that serves the first Portainer. */
export function environmentOf({ urls: [url = ''], ecr, key }: Portainers): Record<string, string> {
  return { ...environment(ecr), PORTAINER_URL: url, PORTAINER_API_KEY: key, PORTAINER_ALLOW_HTTP: 'true' };
}

/** The environment for any kind of manager, with this ECR. Proofs fail immediately, as there is no registry. */
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
