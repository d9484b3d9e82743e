import { Failure } from '../../src/contract/failures.ts';
import type { Finding } from '../../src/contract/target.ts';
import { accountIn, accountNames } from './accounts.ts';
import { type Api, metadataOnly } from './api.ts';
import { choose, isOptedOut } from './choice.ts';
import { type Leftover, leftoverOf } from './left-behind.ts';
import { list } from './list.ts';
import { metaOf } from './objects.ts';
import { podIn, podsPage } from './pods.ts';
import { podsRight } from './rights.ts';
import { type Lack, type Right, ruleOf } from './rules.ts';
import { askedFor, foundIn } from './secrets.ts';
import { type Means, pathOf, type Settings } from './settings.ts';
import { addPod, type Stream, type View, within } from './view.ts';

/** A view under construction. refused: lists that the server denied, without which the rest can be served. */
export type Draft = { -readonly [K in keyof View]: View[K] } & {
  streams: Stream[];
  findings: Finding[];
  unseen: string[];
  refused: Lack[];
  /** Secrets that a target of this name has written, by namespace. */
  readonly made: Map<string, Leftover>;
  /** Namespaces that are being deleted, and those that every courier leaves alone. */
  readonly ending: Set<string>;
  readonly optedOut: Set<string>;
};

export const emptyView = (scope: View['scope'], { onlyWithImages }: Pick<Settings, 'onlyWithImages'>): Draft => ({
  scope,
  namespaces: new Map(),
  secrets: new Map(),
  left: new Set(),
  accounts: new Map(),
  pods: onlyWithImages ? new Map() : undefined,
  asked: new Map(),
  streams: [],
  findings: [],
  unseen: [],
  refused: [],
  made: new Map(),
  ending: new Set(),
  optedOut: new Set(),
  cluster: undefined,
});

const listRight = (resource: string, names?: readonly string[]): Right => ({ verbs: ['list'], resource, ...(names && { names }) });
export const secretsRight = ({ secret }: Pick<Settings, 'secret'>): Right => listRight('secrets', [secret]);

/** Reads lists into a view. */
interface Takers {
  /** Reads the Secret of a namespace that is not served. */
  secret(view: Draft, namespace: string, signal: AbortSignal): Promise<unknown>;
  namespaces(view: Draft, signal: AbortSignal): Promise<void>;
  /** Reads all but the namespaces themselves, in one namespace or in the whole cluster. */
  rest(view: Draft, namespace: string | undefined, signal: AbortSignal): Promise<void>;
}

export function makeTakers(api: Api, settings: Settings, means: Means): Takers {
  const { secret, onlyWithImages, serviceAccounts, namespaceSelector } = settings;
  const names = accountNames(settings);
  const takers: Readonly<Record<Stream['kind'], (view: Draft, object: unknown) => undefined>> = {
    namespaces(view, object) {
      const meta = metaOf(object);
      const chosen = meta && choose(meta, settings);
      if (chosen) view.namespaces.set(meta.name, chosen);
      else if (meta?.isEnding) view.ending.add(meta.name);
      else if (meta && isOptedOut(meta)) view.optedOut.add(meta.name);
      if (meta?.name === 'kube-system') view.cluster = meta.uid;
    },
    secrets(view, object) {
      const meta = metaOf(object);
      if (meta?.name !== secret) return undefined;
      view.secrets.set(meta.namespace, foundIn(meta, settings));
      const leftover = leftoverOf(meta, settings);
      if (leftover) view.made.set(meta.namespace, leftover);
    },
    serviceaccounts(view, object) {
      const account = accountIn(object, settings);
      if (account) within(view.accounts, account.namespace).set(account.name, account.isAttached);
    },
    pods(view, object) {
      const pod = podIn(object, means);
      if (pod) addPod(view, pod);
    },
  };

  async function take(view: Draft, kind: Stream['kind'], path: string, right: Right, namespace: string | undefined, signal: AbortSignal) {
    const form = kind === 'namespaces' || kind === 'secrets' ? metadataOnly : undefined;
    const asked = { what: right.resource, right, ...(namespace !== undefined && { namespace }) };
    const listing = { path, asked, ...(kind === 'pods' && { size: podsPage }), ...(form && { accept: form.list }) };
    const { version } = await list(api, listing, object => takers[kind](view, object), signal);
    view.streams.push({ kind, path, namespace, name: right.names?.[0], version, ...(form && { accept: form.one }) });
  }

  /** Handles a forbidden list without which the rest can be served. The missing right becomes a finding. */
  const unlessRefused = (view: Draft, say: (view: Draft) => unknown) => (error: unknown) => {
    if (!(error instanceof Failure) || error.code !== 'FORBIDDEN') throw error;
    say(view);
  };

  function podsUnknown(view: Draft): void {
    const remedy = `Add this rule to the ClusterRole of the courier: ${ruleOf(podsRight)}`;
    view.findings.push(means.finding('PODS_UNKNOWN', 'The courier may not see pods.', remedy));
  }

  return {
    namespaces(view, signal) {
      const path = pathOf('namespaces', namespaceSelector === undefined ? {} : { labels: namespaceSelector });
      return take(view, 'namespaces', path, listRight('namespaces'), undefined, signal);
    },
    secret(view, namespace, signal) {
      const request = { path: pathOf('secrets', { namespace, name: secret }), asked: askedFor(namespace, settings, 'list') };
      return list(api, { ...request, accept: metadataOnly.list }, object => takers.secrets(view, object), signal);
    },
    async rest(view, namespace, signal) {
      const place = namespace === undefined ? {} : { namespace };
      const accounts = serviceAccounts.length === 0 ? [] : (names?.map(name => [name]) ?? [undefined]);
      await Promise.all([
        take(view, 'secrets', pathOf('secrets', { ...place, name: secret }), secretsRight(settings), namespace, signal),
        ...accounts.map(named => {
          const path = pathOf('serviceaccounts', { ...place, ...(named?.[0] !== undefined && { name: named[0] }) });
          const work = take(view, 'serviceaccounts', path, listRight('serviceaccounts', named), namespace, signal);
          return work.catch(unlessRefused(view, () => view.refused.push({ namespace, right: listRight('serviceaccounts', named) })));
        }),
        ...(onlyWithImages
          ? [take(view, 'pods', pathOf('pods', place), listRight('pods'), namespace, signal).catch(unlessRefused(view, podsUnknown))]
          : []),
      ]);
    },
  };
}
