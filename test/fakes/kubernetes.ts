import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import { admin, everybody, type Rule, type User } from './kubernetes/access.ts';
import type { Policy } from './kubernetes/admission.ts';
import { type Backdoor, createBackdoor } from './kubernetes/backdoor.ts';
import { finalize, runControllers } from './kubernetes/controllers.ts';
import { answer } from './kubernetes/routes.ts';
import { createStore, type Store } from './kubernetes/store.ts';
import { createWatches, type Watch } from './kubernetes/watch.ts';
import type { WatchManners } from './kubernetes/watch-begin.ts';
import { type FakeServer, type ServerOptions, startServer } from './server.ts';

export interface KubernetesOptions extends ServerOptions, Partial<WatchManners> {
  /** Beside those of a fresh cluster. */
  readonly namespaces?: readonly string[];
  /** What an administrator has made, in this order, after the namespaces. */
  readonly objects?: readonly object[];
  /** Rules of the user of `courierToken`. None unless said. */
  readonly rules?: readonly Rule[];
  /** By bearer token, '' for nobody's; instead of `adminToken` and `courierToken`. */
  readonly users?: Readonly<Record<string, User>>;
  readonly policies?: readonly Policy[];
  /** Controllers run: a new namespace gets its ServiceAccount, a deleted one is emptied and goes. False unless said. */
  readonly controllers?: boolean;
  readonly maxRequestBytes?: number;
  readonly clock?: Clock;
}

export const adminToken = 'admin-token';
export const courierToken = 'courier-token';
const courierName = 'system:serviceaccount:ecr-courier:ecr-courier';
const own = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** What rules a courier needs at least, for Secrets of this name. */
export const leastRules = (secret = 'ecr-courier'): Rule[] => [
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'patch', 'list', 'watch'], resourceNames: [secret] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
];

/** How a stop passes, in milliseconds. */
export interface Stop {
  /** Watches stay open and silent so long (60 s with default flags, recorded), then they end. */
  readonly silentMs?: number;
}

/**
 * An API server of Kubernetes 1.36 with state, held to recordings: namespaces, Secrets, ServiceAccounts, ConfigMaps,
 * pods, events, leases, quotas and reviews, with field owners, rights by name, pages and watches.
 */
export interface FakeKubernetes extends FakeServer, Backdoor {
  readonly store: Store;
  /** May be changed while it runs: a token that is gone is refused from now on. */
  readonly tokens: Map<string, User>;
  readonly policies: Policy[];
  readonly manners: WatchManners;
  /** Streams that are open. */
  readonly watches: ReadonlySet<Watch>;
  /** Takes the finalizer of a namespace, and with it the namespace. */
  finalize(namespace: string): void;
  /** A new token for the user of an old one, which is refused from now on. */
  rotate(token: string, next: string): void;
  /** Refuses connections, keeps watches open and silent, then ends them. */
  stop(how?: Stop): Promise<void>;
  /** Starts again after a stop: no version from before can be watched. */
  start(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1, unless the options say otherwise. */
export async function startFakeKubernetes(options: KubernetesOptions = {}): Promise<FakeKubernetes> {
  const { clock = machineClock, controllers = false, maxRequestBytes = 3 * 1024 * 1024 } = options;
  const store = createStore();
  const policies = [...(options.policies ?? [])];
  const manners = { watchProgress: options.watchProgress ?? false, watchCacheBehind: options.watchCacheBehind ?? false };
  const watches = createWatches(store, clock, manners);
  const courier: User = {
    name: courierName,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:ecr-courier', 'system:authenticated'],
    rules: [...(options.rules ?? []), ...everybody],
  };
  const tokens = new Map(Object.entries(options.users ?? { [adminToken]: admin, [courierToken]: courier }));
  const cluster = { store, policies, now: () => clock.wall() };
  const backdoor = createBackdoor(cluster);
  const namespace = (name: string): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  if (controllers) runControllers(store, backdoor.make);
  for (const name of own) backdoor.make(namespace(name), 'kube-apiserver');
  for (const name of options.namespaces ?? []) backdoor.make(namespace(name));
  for (const object of options.objects ?? []) backdoor.make(object);

  const closing = new AbortController();
  const served = { cluster, watches, clock, tokens, maxRequestBytes };
  const server = await startServer((request, signal) => answer(served, request, signal), options);
  const dispose = server[Symbol.asyncDispose].bind(server);
  return Object.assign(server, {
    store,
    tokens,
    policies,
    manners,
    watches: watches.open,
    ...backdoor,
    finalize: (name: string) => finalize(store, name, controllers ? 'emptied' : 'left'),
    rotate(token: string, next: string) {
      const user = tokens.get(token);
      if (!user) throw new Error('nobody has that token');
      tokens.delete(token);
      tokens.set(next, user);
    },
    async stop({ silentMs = 60_000 }: Stop = {}) {
      server.deafen();
      const left = [...watches.open];
      for (const watch of left) watch.silence();
      await clock.sleep(silentMs, closing.signal);
      for (const watch of left) watch.end();
    },
    async start() {
      store.forget();
      await server.listen();
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await dispose();
    },
  });
}
