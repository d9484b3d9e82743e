import { bodyOf, partsOf } from '../adapters/kubernetes/body.ts';
import { kubernetes } from '../adapters/kubernetes.ts';
import { Secret } from '../src/contract/secret.ts';
import { hour } from '../src/courier/timing.ts';
import { type Cluster, host, inLoops } from './clusters.ts';
import { newPassword } from './engine.ts';

/** Writes a new password into a Secret of every namespace. */
export interface Way extends AsyncDisposable {
  /** Resolves with the duration in milliseconds. */
  send(): Promise<number>;
}

/** The body that every way writes, always of the same size. */
function bodyFor(name: string): object {
  const password = new Secret(newPassword());
  const issuedAt = new Date();
  const expiresAt = new Date(issuedAt.getTime() + 12 * hour);
  const credential = { username: 'AWS', password, issuedAt, expiresAt, source: 'default', scope: 'default' };
  return bodyOf({ secret: name, target: 'bench' }, partsOf(new Map([[host, credential]])));
}

/** undici alone: server-side apply, with as many requests at a time as the adapter has. */
export function bareWay(cluster: Cluster): Way {
  const { concurrency } = kubernetes.limits;
  const ask = cluster.open(concurrency);
  const name = 'bench-bare';
  return {
    async send() {
      const body = JSON.stringify(bodyFor(name));
      const began = performance.now();
      await inLoops(cluster.namespaces, concurrency, async namespace => {
        const path = `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=bench&force=true`;
        const { status, text } = await ask('PATCH', path, body, 'application/apply-patch+yaml');
        if (status !== 200 && status !== 201) throw new Error(`answered ${status}: ${text}`);
      });
      return performance.now() - began;
    },
    [Symbol.asyncDispose]: () => ask[Symbol.asyncDispose](),
  };
}

/** The way of k8s-ecr-login-renew: one namespace after the other, with a GET and a PUT each. */
export function peerWay(cluster: Cluster): Way {
  const ask = cluster.open(1);
  const name = 'bench-peer';

  async function renew(namespace: string, made: { readonly data?: object }): Promise<void> {
    const all = `/api/v1/namespaces/${namespace}/secrets`;
    const found = await ask('GET', `${all}/${name}`);
    const written =
      found.status === 404
        ? await ask('POST', all, JSON.stringify(made))
        : await ask('PUT', `${all}/${name}`, JSON.stringify({ ...(JSON.parse(found.text) as object), data: made.data }));
    if (written.status !== 200 && written.status !== 201) throw new Error(`answered ${written.status}: ${written.text}`);
  }

  return {
    async send() {
      const made = bodyFor(name);
      const began = performance.now();
      await inLoops(cluster.namespaces, 1, namespace => renew(namespace, made));
      return performance.now() - began;
    },
    [Symbol.asyncDispose]: () => ask[Symbol.asyncDispose](),
  };
}
