import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Pool } from 'undici';
import { parse } from 'yaml';
import { fromKubeconfig } from '../adapters/kubernetes/context.ts';
import { clock } from '../src/contract/clock.ts';
import { startServer } from './processes.ts';

/** The number of requests, by kind. aside: access reviews, versions and liveness checks. */
export interface Counts {
  readonly applies: number;
  /** Writes other than applies. */
  readonly writes: number;
  /** Reads of one object. */
  readonly reads: number;
  readonly lists: number;
  readonly watches: number;
  readonly aside: number;
}
/**
 * An order to the process of cluster-fakes.ts: start with these namespaces; or return the requests counted since the
 * last such order.
 */
export type Order = { readonly namespaces: readonly string[] } | { readonly counts: true };
export interface Started {
  readonly url: string;
  /** The token of the courier, with the least rights. `admin` is one with all rights. */
  readonly token: string;
  readonly admin: string;
  readonly ecr: string;
}

/** A cluster, accessed with all rights. */
export interface Cluster extends AsyncDisposable {
  /** The options of a target for this cluster. */
  readonly target: object;
  readonly namespaces: readonly string[];
  /** Undefined for a real cluster. */
  readonly ecr: string | undefined;
  /** Opens a pool with this many connections. */
  open(connections: number): Asking;
  /** Undefined for a real cluster, which does not count. */
  counts(): Promise<Counts> | undefined;
}
export interface Asking extends AsyncDisposable {
  (method: string, path: string, body?: string, type?: string): Promise<{ readonly status: number; readonly text: string }>;
}

const named = (count: number): string[] => Array.from({ length: count }, (_, at) => `bench-${String(at).padStart(5, '0')}`);

/** Starts a fake in another process, with this many namespaces. */
export async function startCluster(count: number): Promise<Cluster> {
  const server = startServer('cluster-fakes');
  const namespaces = named(count);
  const { url, token, admin, ecr } = await server.ask<Started>({ namespaces } satisfies Order);
  const file = await fileWith(token);
  return {
    namespaces,
    ecr,
    target: { ...served, url, tokenFile: file.path, allowHttp: true },
    open: connections => opened(poolTo(url, connections), admin),
    counts: () => server.ask<Counts>({ counts: true } satisfies Order),
    async [Symbol.asyncDispose]() {
      server[Symbol.dispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

/** The access to a cluster with all rights. */
interface Access {
  readonly url: string;
  readonly token?: string | undefined;
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined };
  /** The options of a target for this cluster. */
  readonly target: object;
}

/**
 * Opens a real API server: that of KUBECONFIG, or of TEST_KUBERNETES_URL with TEST_KUBERNETES_TOKEN and, for its
 * certificate, TEST_KUBERNETES_CA_FILE. Creates the namespaces there, and removes them at the end. Resolves with
 * undefined where no server is configured. Throws if one of the namespaces still exists or is terminating, as nothing
 * could be written into it.
 */
export async function realCluster(count: number): Promise<Cluster | undefined> {
  const { KUBECONFIG: kubeconfig, TEST_KUBERNETES_URL: url, TEST_KUBERNETES_TOKEN: token, TEST_KUBERNETES_CA_FILE: caFile } = process.env;
  if (kubeconfig) return await madeIn(count, await accessOf(kubeconfig));
  if (!url || !token) return undefined;
  const file = await fileWith(token);
  const tls = caFile ? { tls: { ca: await readFile(caFile, 'utf8') } } : {};
  return await madeIn(count, { url, token, ...tls, target: { url, tokenFile: file.path, ...(caFile && { caFile }) } }, file);
}

async function accessOf(kubeconfig: string): Promise<Access> {
  const path = resolve(kubeconfig);
  const means = {
    clock,
    yaml: (text: string): unknown => parse(text),
    files: { read: (file: string) => readFile(file, 'utf8') },
    run: () => Promise.reject(new Error('the bench runs no program of a kubeconfig')),
  };
  const read = fromKubeconfig({ path, context: undefined }, means as unknown as Parameters<typeof fromKubeconfig>[1]);
  const { server, token } = await read(new AbortController().signal, 'due');
  const { authorities: ca, certificate } = server;
  const tls = { ca, cert: certificate?.chain, key: certificate?.key.reveal() };
  return { url: server.url, token: token?.reveal(), tls, target: { kubeconfig: path } };
}

async function madeIn(count: number, access: Access, file?: AsyncDisposable): Promise<Cluster> {
  const open = (connections: number): Asking => opened(poolTo(access.url, connections, access.tls), access.token);
  const namespaces = named(count);
  const ask = open(16);
  await inLoops(namespaces, 16, async name => {
    const { status, text } = await ask('POST', '/api/v1/namespaces', namespaceBody(name));
    if (status !== 201) throw new Error(`${name} was not made: ${status} ${text}`);
  });
  return {
    namespaces,
    ecr: undefined,
    target: { ...served, ...access.target, ...(access.url.startsWith('http:') && { allowHttp: true }) },
    open,
    counts: () => undefined,
    async [Symbol.asyncDispose]() {
      await inLoops(namespaces, 16, name => ask('DELETE', `/api/v1/namespaces/${name}`));
      await ask[Symbol.asyncDispose]();
      await file?.[Symbol.asyncDispose]();
    },
  };
}

export const namespaceBody = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

export const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

const served = { kind: 'kubernetes', registries: [host], namespaces: ['bench-*'] };

/** Runs `act` on all items in this many loops, each with one at a time. */
export async function inLoops<T>(items: readonly T[], loops: number, act: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const loop = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await act(item);
  };
  await Promise.all(Array.from({ length: loops }, loop));
}

/** A pool of HTTP/1 connections, as the courier uses it. */
const poolTo = (url: string, connections: number, tls: Access['tls'] = {}): Pool =>
  new Pool(url, { connections, allowH2: false, connect: tls });

function opened(pool: Pool, token: string | undefined): Asking {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), accept: 'application/json' };
  const ask = async (method: string, path: string, body?: string, type = 'application/json') => {
    const sent = body === undefined ? { headers } : { headers: { ...headers, 'content-type': type }, body };
    const { statusCode, body: answer } = await pool.request({ method, path, ...sent });
    return { status: statusCode, text: await answer.text() };
  };
  return Object.assign(ask, { [Symbol.asyncDispose]: () => pool.close() });
}

async function fileWith(text: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'ecr-courier-cluster-'));
  const path = join(folder, 'token');
  await writeFile(path, text, { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
