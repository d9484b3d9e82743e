import type { Clock } from '../../../src/contract/clock.ts';
import { goQuote } from '../go-quote.ts';
import { type ApiAnswer, ClusterError, errorOf } from './client-go.ts';
import { effectiveLogin } from './ecr-token.ts';
import { messageOf } from './refusal.ts';
import type { PortainerState, Row } from './state.ts';

/** A request from Portainer to a cluster. */
export interface ClusterCall {
  method: string;
  path: string;
  dockerconfigjson?: object;
  imagePullSecrets?: object[] | null;
}

const contentOf = ({ URL }: Row, { username, password }: { username: string; password: string }): object => ({
  auths: { [URL]: { username, password, email: '' } },
});
const nameOf = (row: Row): string => `registry-${row.Id}`;

export type Cluster = ReturnType<typeof makeCluster>;

/**
 * The cluster behind the agent: pull secrets named `registry-<id>`, and the default service account of each namespace.
 */
export function makeCluster(state: PortainerState, clock: Clock, signal: AbortSignal, agent: string) {
  const calls: ClusterCall[] = [];
  /** The contents of Secrets by namespace/name. */
  const secrets = new Map<string, object>();
  for (const name of state.upstream.kubernetes?.secrets ?? []) {
    const row = state.registries.find(({ Id }) => name.endsWith(`/registry-${Id}`));
    if (row) secrets.set(name, contentOf(row, { username: row.Username, password: row.Password }));
  }
  const attached = new Set<string>();
  function loginOf(row: Row) {
    try {
      return effectiveLogin(row, state, clock);
    } catch (error) {
      const name = goQuote(row.Name);
      throw new Error(`ECR registry ${name} credentials are invalid or expired. Error: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Sends one request. It is delayed and fails according to the cluster's state when it is sent. */
  async function send(call: ClusterCall): Promise<void> {
    const cluster = state.upstream.kubernetes;
    if (cluster && cluster.mode !== 'down') calls.push(call);
    if (cluster && cluster.delayMs > 0) await clock.sleep(cluster.delayMs, signal);
    signal.throwIfAborted();
    if (!cluster || cluster.mode === 'down') {
      const verb = call.method.charAt(0) + call.method.slice(1).toLowerCase();
      const url = `https://${agent}/kubernetes${call.path}`;
      throw new ClusterError(0, `${verb} "${url}": dial tcp ${agent}: connect: connection refused`);
    }
    if (cluster.mode === 'ok') return;
    const answer: ApiAnswer = typeof cluster.mode === 'number' ? { status: cluster.mode } : cluster.mode;
    throw errorOf(answer, call.method, call.path);
  }
  const exists = (namespace: string): boolean => state.upstream.kubernetes?.namespaces.includes(namespace) ?? false;
  const pathOf = (namespace: string, rest: string): string => `/api/v1/namespaces/${namespace}/${rest}`;

  async function remove(row: Row, namespace: string): Promise<void> {
    const call = { method: 'DELETE', path: pathOf(namespace, `secrets/${nameOf(row)}`) };
    await send(call).catch(tolerate(404)).catch(within('failed removing secret'));
    secrets.delete(`${namespace}/${nameOf(row)}`);
  }

  /** Creates a Secret. An existing one, perhaps created meanwhile, is kept: "already exists" is not an error. */
  async function create(row: Row, namespace: string): Promise<void> {
    const content = contentOf(row, loginOf(row));
    const call = { method: 'POST', path: pathOf(namespace, 'secrets'), dockerconfigjson: content };
    await send(call).catch(tolerate(409)).catch(within('failed saving secret'));
    if (!exists(namespace)) throw new ClusterError(404, `failed saving secret: namespaces "${namespace}" not found`);
    const key = `${namespace}/${nameOf(row)}`;
    if (!secrets.has(key)) secrets.set(key, content);
  }

  /** Adds the Secret to the service account. Errors about the account get no prefix. */
  async function attach(row: Row, namespace: string): Promise<void> {
    await send({ method: 'GET', path: pathOf(namespace, 'serviceaccounts/default') });
    if (!exists(namespace)) throw new ClusterError(404, 'serviceaccounts "default" not found');
    const key = `${namespace}/${nameOf(row)}`;
    if (!attached.has(key)) await putAccount(namespace, () => attached.add(key));
  }

  async function detach(row: Row, namespace: string): Promise<void> {
    await send({ method: 'GET', path: pathOf(namespace, 'serviceaccounts/default') }).catch(tolerate(404));
    const key = `${namespace}/${nameOf(row)}`;
    const wasAttached = attached.has(key) || secrets.has(key);
    if (exists(namespace) && wasAttached) await putAccount(namespace, () => attached.delete(key));
  }

  async function putAccount(namespace: string, change: () => unknown): Promise<void> {
    const before = new Set(attached);
    change();
    const left = [...attached].filter(one => one.startsWith(`${namespace}/`)).map(one => ({ name: one.slice(namespace.length + 1) }));
    const path = pathOf(namespace, 'serviceaccounts/default');
    await send({ method: 'PUT', path, imagePullSecrets: left.length > 0 ? left : null }).catch((error: unknown) => {
      attached.clear();
      for (const one of before) attached.add(one);
      throw error;
    });
  }

  return {
    calls,
    secrets,
    /**
     * Replaces a Secret after a change of credentials. It deletes first, so a failure in between leaves the namespace
     * without its Secret.
     */
    async rewrite(row: Row, namespace: string): Promise<void> {
      await remove(row, namespace);
      await create(row, namespace);
    },
    async grant(row: Row, namespace: string): Promise<void> {
      await create(row, namespace);
      await attach(row, namespace);
    },
    async revoke(row: Row, namespace: string): Promise<void> {
      await detach(row, namespace);
      await remove(row, namespace);
    },
  };
}

/** Returns a handler that ignores a cluster error with this status. */
const tolerate =
  (status: number) =>
  (error: unknown): void => {
    if (!(error instanceof ClusterError) || error.status !== status) throw error;
  };

const within =
  (doing: string) =>
  (error: unknown): never => {
    throw error instanceof ClusterError ? new ClusterError(error.status, `${doing}: ${error.message}`) : error;
  };
