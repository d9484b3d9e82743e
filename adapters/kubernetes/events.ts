import { inTime } from '../../src/contract/in-time.ts';
import type { Sighting, Slot } from '../../src/contract/target.ts';
import { accountIn } from './accounts.ts';
import type { Api } from './api.ts';
import { choose } from './choice.ts';
import { accountId } from './names.ts';
import { type Meta, metaOf } from './objects.ts';
import type { OwnWrites } from './own-writes.ts';
import { podIn } from './pods.ts';
import { foundIn, lookInside, readSecret, wantsLook } from './secrets.ts';
import type { Served } from './served.ts';
import type { Means, Settings } from './settings.ts';
import type { Ref } from './slots.ts';
import { addPod, type Stream, type View, within } from './view.ts';

/** An event of a watch, with the object as it is now, or as it last was before it was deleted. */
export interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: unknown;
}
type Told = readonly Sighting<Ref>[];

/**
 * How long a Secret may take to be read again, in milliseconds. A watch has no deadline, and no further event of it is
 * taken meanwhile.
 */
const readMs = 15_000;

/** Returns a function that applies an event of a watch to the view, and returns what it changes for the slots. */
export function makeEvents(
  api: Api,
  settings: Settings,
  means: Means,
  slotsOf: (namespace: string, view: View) => Slot<Ref>[],
  own: OwnWrites,
  served: Served,
) {
  const { secret } = settings;
  const told = (slots: readonly Slot<Ref>[]): Told => slots.map(slot => ({ slot }));
  /** Makes the change, and returns the slots that are there now and those that have gone. */
  const changed = (namespace: string, view: View, change: () => void): Told => {
    const before = slotsOf(namespace, view);
    change();
    const now = slotsOf(namespace, view);
    const left = new Set(now.map(({ id }) => id));
    return [...told(now), ...before.filter(({ id }) => !left.has(id)).map(({ id }) => ({ gone: id }))];
  };

  async function namespaceEvent(view: View, { type }: Event, meta: Meta, signal: AbortSignal): Promise<Told> {
    const before = view.namespaces.get(meta.name);
    const chosen = type === 'DELETED' ? undefined : choose(meta, settings);
    if (before === chosen) return [];
    const news = changed(meta.name, view, () => {
      if (chosen) view.namespaces.set(meta.name, chosen);
      else for (const known of [view.namespaces, view.asked]) known.delete(meta.name);
    });
    // The Secret of a namespace that was not chosen has not been read yet.
    const found = before ? undefined : view.secrets.get(meta.name);
    return chosen && found && wantsLook(found) ? await lookAgain(view, meta.name, signal) : news;
  }

  async function secretEvent(view: View, { type }: Event, meta: Meta, signal: AbortSignal): Promise<Told> {
    const { namespace } = meta;
    if (meta.name !== secret) return [];
    const known = view.secrets.get(namespace);
    const whose = own.see(type, meta);
    if (known?.version === meta.version && type !== 'DELETED') return [];
    if (whose === 'past') return [];
    if (type === 'DELETED') return changed(namespace, view, () => view.secrets.delete(namespace));
    const found = foundIn(meta, settings);
    if (wantsLook(found) && view.namespaces.has(namespace)) return await lookAgain(view, namespace, signal);
    view.secrets.set(namespace, found);
    // The engine knows of our own writes, unless the Secret needed a look before. The event of a write mostly comes
    // before its response.
    const isExpected = whose !== 'news' && (!known || !wantsLook(known));
    return isExpected ? [] : told(slotsOf(namespace, view).slice(0, 1));
  }

  async function lookAgain(view: View, namespace: string, signal: AbortSignal): Promise<Told> {
    const stored = await inTime({ clock: means.clock, ms: readMs, signal }, cut => readSecret(api, settings, namespace, cut));
    const hosts = served(namespace, view);
    return changed(namespace, view, () => {
      if (stored) view.secrets.set(namespace, lookInside(stored, hosts ?? [], settings, means));
      else view.secrets.delete(namespace);
    });
  }

  function accountEvent(view: View, { type, object }: Event, meta: Meta): Told {
    const account = type === 'DELETED' ? undefined : accountIn(object, settings);
    const ofNamespace = within(view.accounts, meta.namespace);
    if (account?.isAttached === ofNamespace.get(meta.name)) return [];
    if (account) ofNamespace.set(meta.name, account.isAttached);
    else ofNamespace.delete(meta.name);
    if (ofNamespace.size === 0) view.accounts.delete(meta.namespace);
    const id = accountId(meta.namespace, meta.name);
    return account ? told(slotsOf(meta.namespace, view).filter(slot => slot.id === id)) : [{ gone: id }];
  }

  function podEvent(view: View, { type, object }: Event, meta: Meta): Told {
    const { pods } = view;
    if (!pods) return [];
    const pod = type === 'DELETED' ? undefined : podIn(object, means);
    // A deleted pod changes no slot, as other pods may follow it.
    if (!pod) pods.get(meta.namespace)?.delete(meta.name);
    const before = hostsOf(pods.get(meta.namespace));
    if (pod) addPod(view, pod);
    return pod?.hosts.some(host => !before.has(host)) ? told(slotsOf(meta.namespace, view)) : [];
  }

  return async (view: View, kind: Stream['kind'], event: Event, signal: AbortSignal): Promise<Told> => {
    const meta = metaOf(event.object);
    if (!meta) return [];
    if (kind === 'namespaces') return await namespaceEvent(view, event, meta, signal);
    if (kind === 'secrets') return await secretEvent(view, event, meta, signal);
    return kind === 'serviceaccounts' ? accountEvent(view, event, meta) : podEvent(view, event, meta);
  };
}

const hostsOf = (pods: ReadonlyMap<string, readonly string[]> | undefined): ReadonlySet<string> =>
  new Set([...(pods?.values() ?? [])].flat());
