import type { Clock } from '../../../src/contract/clock.ts';
import type { PortainerState, Row } from './state.ts';

/** A call that Portainer made to a cluster. */
export interface ClusterCall {
  method: string;
  path: string;
  dockerconfigjson?: object;
  imagePullSecrets?: object[] | null;
}

const contentOf = (row: Row): object => ({ auths: { [row.URL]: { username: row.Username, password: row.Password, email: '' } } });

export type Cluster = ReturnType<typeof makeCluster>;

/** The cluster behind the agent: pull secrets named `registry-<id>` and the default service account of each namespace. */
export function makeCluster(state: PortainerState, clock: Clock, signal: AbortSignal, agent: string) {
  const calls: ClusterCall[] = [];
  /** namespace/name to what is in it. */
  const secrets = new Map<string, object>();
  for (const name of state.upstream.kubernetes?.secrets ?? []) {
    const row = state.registries.find(({ Id }) => name.endsWith(`/registry-${Id}`));
    if (row) secrets.set(name, contentOf(row));
  }
  const attached = new Set<string>();

  /** One call on the way: it is held back, and fails, as the cluster does at the moment when it is sent. */
  async function send(call: ClusterCall, doing: string): Promise<void> {
    const cluster = state.upstream.kubernetes;
    if (cluster && cluster.mode !== 'down') calls.push(call);
    if (cluster && cluster.delayMs > 0) await clock.sleep(cluster.delayMs, signal);
    signal.throwIfAborted();
    if (!cluster || cluster.mode === 'down') {
      const verb = call.method.charAt(0) + call.method.slice(1).toLowerCase();
      throw new Error(`${doing}: ${verb} "https://${agent}/kubernetes${call.path}": dial tcp ${agent}: connect: connection refused`);
    }
    if (cluster.mode !== 'ok') {
      const [what, name = ''] = call.path.split('/').slice(5);
      const request = `${call.method.toLowerCase()} ${what} ${name}`.trim();
      throw new Error(`${doing}: an error on the server ("unknown") has prevented the request from succeeding (${request})`);
    }
  }
  const exists = (namespace: string): boolean => state.upstream.kubernetes?.namespaces.includes(namespace) ?? false;
  const pathOf = (namespace: string, rest: string): string => `/api/v1/namespaces/${namespace}/${rest}`;

  async function remove(row: Row, namespace: string): Promise<void> {
    const name = `registry-${row.Id}`;
    await send({ method: 'DELETE', path: pathOf(namespace, `secrets/${name}`) }, 'failed removing secret');
    secrets.delete(`${namespace}/${name}`);
  }

  async function create(row: Row, namespace: string): Promise<void> {
    const name = `registry-${row.Id}`;
    const content = contentOf(row);
    await send({ method: 'POST', path: pathOf(namespace, 'secrets'), dockerconfigjson: content }, 'failed saving secret');
    if (!exists(namespace)) throw new Error(`failed saving secret: namespaces "${namespace}" not found`);
    // A secret that another one made meanwhile is left as it is: "already exists" is no error.
    if (!secrets.has(`${namespace}/${name}`)) secrets.set(`${namespace}/${name}`, content);
  }

  async function attach(row: Row, namespace: string, wanted: boolean): Promise<void> {
    const name = `registry-${row.Id}`;
    const path = pathOf(namespace, 'serviceaccounts/default');
    await send({ method: 'GET', path }, 'failed reading service account');
    if (!exists(namespace)) return;
    if (wanted) attached.add(`${namespace}/${name}`);
    else attached.delete(`${namespace}/${name}`);
    const left = [...attached].filter(one => one.startsWith(`${namespace}/`)).map(one => ({ name: one.slice(namespace.length + 1) }));
    await send({ method: 'PUT', path, imagePullSecrets: left.length > 0 ? left : null }, 'failed updating service account');
  }

  return {
    calls,
    secrets,
    /** After a change of credentials: deletes first, so that a failure in between leaves a namespace without its secret. */
    async rewrite(row: Row, namespace: string): Promise<void> {
      await remove(row, namespace);
      await create(row, namespace);
    },
    async grant(row: Row, namespace: string): Promise<void> {
      await create(row, namespace);
      await attach(row, namespace, true);
    },
    async revoke(row: Row, namespace: string): Promise<void> {
      await attach(row, namespace, false);
      await remove(row, namespace);
    },
  };
}
