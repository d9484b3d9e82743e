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
  /** Namespaces in addition to those of a fresh cluster. */
  readonly namespaces?: readonly string[];
  /** Objects that an administrator has made, created in this order after the namespaces. */
  readonly objects?: readonly object[];
  /** The rules of the user of `courierToken`. Defaults to none. */
  readonly rules?: readonly Rule[];
  /** Users by bearer token, with '' for requests without one. Replaces `adminToken` and `courierToken`. */
  readonly users?: Readonly<Record<string, User>>;
  readonly policies?: readonly Policy[];
  /**
   * Whether controllers run: they create the ServiceAccount of a new namespace, and empty and remove a deleted one.
   * Defaults to false.
   */
  readonly controllers?: boolean;
  readonly maxRequestBytes?: number;
  readonly clock?: Clock;
}

export const adminToken = 'admin-token';
export const courierToken = 'courier-token';
const courierName = 'system:serviceaccount:ecr-courier:ecr-courier';
const own = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The minimal rules that a courier needs, for Secrets of this name. */
export const leastRules = (secret = 'ecr-courier'): Rule[] => [
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'patch', 'list', 'watch'], resourceNames: [secret] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
];

/** How the server stops. */
export interface Stop {
  /**
   * How long watches stay open and silent before they end, in milliseconds. Defaults to 60 s, as recorded with default
   * flags.
   */
  readonly silentMs?: number;
}

/**
 * A fake API server of Kubernetes 1.36 with state, checked against recordings. It has namespaces, Secrets,
 * ServiceAccounts, ConfigMaps, pods, events, leases, quotas and reviews, with field owners, rights by name, pages and
 * watches.
 */
export interface FakeKubernetes extends FakeServer, Backdoor {
  readonly store: Store;
  /** Users by token. May be changed while the server runs: a removed token is refused. */
  readonly tokens: Map<string, User>;
  readonly policies: Policy[];
  readonly manners: WatchManners;
  /** The open watches. */
  readonly watches: ReadonlySet<Watch>;
  /** Removes the finalizer of a namespace, and with it the namespace. */
  finalize(namespace: string): void;
  /** Replaces a token. The old one is refused from then on. */
  rotate(token: string, next: string): void;
  /** Refuses connections and keeps watches open but silent, then ends them. */
  stop(how?: Stop): Promise<void>;
  /** Starts the server after a stop. Versions from before cannot be watched any more. */
  start(): Promise<void>;
}

/** Starts a fake API server, by default on a free port of 127.0.0.1. */
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
