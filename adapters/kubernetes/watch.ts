import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import { inTime } from '../../src/contract/in-time.ts';
import type { Sighting, Slot } from '../../src/contract/target.ts';
import type { Api } from './api.ts';
import { channel } from './channel.ts';
import type { Event } from './events.ts';
import { mapOf, textOf } from './objects.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Rights } from './rights.ts';
import type { Ref } from './slots.ts';
import type { Restarts } from './stuck/restarts.ts';
import type { Stream, View } from './view.ts';

/**
 * The length of a watch in seconds: a minute or a little more. A quiet watch and a dead one both send nothing (recorded
 * on 1.36.3: no bookmark, and 60 s of silence when a server shuts down).
 */
const leastSeconds = 60;
const spreadSeconds = 15;
/** How long a watch may exceed its requested end, in milliseconds. */
const graceMs = 10_000;
/**
 * How often the server is probed, in milliseconds. A server that goes away leaves its watches open, and accepts no
 * connection.
 */
const probeMs = 10_000;
/** How often the watch checks whether other rights are missing, in milliseconds. */
const rightsMs = 60_000;
/** How often pods that may be stuck by now are looked at, in milliseconds. */
const podsMs = 20_000;
/** A watch that ends sooner than this, in milliseconds, is restarted after a pause. */
const shortMs = 1000;
/** The time by which the event of an own write has mostly come, in milliseconds. */
const eventMs = 1000;
/** How many watches share a pool of connections. */
const poolSize = 16;

/** The view of the last look, until the next look replaces it. */
export interface Current {
  readonly view: View;
  readonly replaced: AbortSignal;
}

interface WatchDeps extends Pick<Deps, 'clock'> {
  readonly api: Api;
  current(): Current | undefined;
  take(view: View, kind: Stream['kind'], event: Event, signal: AbortSignal): Promise<readonly Sighting<Ref>[]>;
  /** The slots of a namespace according to the view. */
  slotsOf(namespace: string, view: View): readonly Slot<Ref>[];
  readonly own: OwnWrites;
  readonly rights: Pick<Rights, 'haveChanged'>;
  /** undefined: stuck pods are left alone. */
  readonly restarts?: Pick<Restarts, 'lookAgain'> | undefined;
}

/**
 * Watches a cluster from where the last look ended, and starts again after each look. Any failure ends it, and so does
 * `alarm`, which reports that another request did not reach the server.
 */
export async function* watchCluster(deps: WatchDeps, alarm: AbortSignal, signal: AbortSignal): AsyncIterable<Sighting<Ref>> {
  for (let current = deps.current(); current && !signal.aborted; current = deps.current()) {
    const outcome = yield* watchFrom(current, deps, AbortSignal.any([signal, alarm]));
    if (outcome === 'other rights') return;
    if (alarm.aborted && !signal.aborted) throw new Failure('UNREACHABLE', `A request did not reach ${deps.api.address}.`);
  }
}

async function* watchFrom(
  { view, replaced }: Current,
  deps: WatchDeps,
  ended: AbortSignal,
): AsyncGenerator<Sighting<Ref>, 'other rights' | 'ended'> {
  const left = new AbortController();
  const signal = AbortSignal.any([ended, replaced, left.signal]);
  const told = channel<Sighting<Ref>>();
  signal.addEventListener('abort', told.end);
  // The engine ignores sightings of a slot during a write to it, so they are repeated afterwards.
  deps.own.overtaken = namespace => void tellAgain(namespace, 1);
  deps.own.wrote = namespace => void tellAgain(namespace, eventMs);
  deps.own.left = namespace => {
    const slots = deps.slotsOf(namespace, view);
    view.namespaces.delete(namespace);
    for (const { id } of slots) told.put({ gone: id });
  };
  const follows = view.streams.map((stream, at) => follow(stream, 1 + Math.floor(at / poolSize)));
  let outcome: 'other rights' | 'ended' = 'ended';
  const mindRights = async (): Promise<void> => {
    outcome = await noticeRights(deps, signal);
  };
  const work = [...follows, probe(deps, signal), mindRights(), ...(deps.restarts ? [mindPods(deps.restarts)] : [])];
  for (const one of work) one.then(told.end, told.fail);
  try {
    yield* told;
    return outcome;
  } finally {
    left.abort();
    await Promise.allSettled(work);
  }

  async function tellAgain(namespace: string, afterMs: number): Promise<void> {
    await deps.clock.sleep(afterMs, signal);
    if (signal.aborted) return;
    for (const slot of deps.slotsOf(namespace, view)) told.put({ slot });
  }

  async function mindPods(restarts: NonNullable<WatchDeps['restarts']>): Promise<void> {
    while (!signal.aborted) {
      await deps.clock.sleep(podsMs, signal);
      if (signal.aborted) return;
      for (const namespace of await restarts.lookAgain(view, signal))
        for (const slot of deps.slotsOf(namespace, view)) if (slot.ref.kind === 'pod') told.put({ slot });
    }
  }

  async function follow(stream: Stream, pool: number): Promise<void> {
    while (!signal.aborted) {
      const began = deps.clock.mono();
      const { version } = stream;
      for await (const event of eventsOf(deps.api, stream, pool, signal)) {
        if (signal.aborted) return;
        stream.version = event.version;
        if (event.type === 'BOOKMARK') continue;
        for (const sighting of await deps.take(view, stream.kind, { type: event.type, object: event.object }, signal)) told.put(sighting);
      }
      if (signal.aborted || deps.clock.mono() - began >= shortMs) continue;
      // As in client-go: such an answer is not from an API server, or from one that cannot watch.
      if (stream.version === version) throw new Failure('UNEXPECTED', `${deps.api.address} ended a watch at once, and told nothing.`);
      await deps.clock.sleep(shortMs, signal);
    }
  }
}

async function* eventsOf(api: Api, { path, version, accept }: Stream, pool: number, signal: AbortSignal): AsyncIterable<Line> {
  const seconds = leastSeconds + Math.floor(Math.random() * spreadSeconds);
  const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${encodeURIComponent(version)}`;
  const request = { signal, idleMs: seconds * 1000 + graceMs, pool, ...(accept !== undefined && { accept }) };
  for await (const line of api.lines(`${path}${path.includes('?') ? '&' : '?'}${query}`, request)) yield eventIn(line);
}

/** Fails when the server is unreachable. Any response will do, and a missing one may only be slow. */
async function probe({ api, clock }: WatchDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(probeMs, signal);
    if (!signal.aborted)
      await inTime({ clock, ms: probeMs, signal }, cut => api.ask('GET', '/livez', { signal: cut })).catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'UNREACHABLE') throw error;
      });
  }
}

/** Ends when other rights are missing than before: only a new look tells which, and what can be watched now. */
async function noticeRights({ rights, clock }: WatchDeps, signal: AbortSignal): Promise<'other rights' | 'ended'> {
  while (!signal.aborted) {
    await clock.sleep(rightsMs, signal);
    if (!signal.aborted && (await inTime({ clock, ms: rightsMs, signal }, rights.haveChanged).catch(() => false))) return 'other rights';
  }
  return 'ended';
}

interface Line {
  readonly type: Event['type'] | 'BOOKMARK';
  readonly object: unknown;
  readonly version: string;
}

/**
 * Parses a line of a watch. Throws UNEXPECTED for an error in the stream and for a malformed line. A new look is needed
 * then.
 */
function eventIn(line: string): Line {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new Failure('UNEXPECTED', 'A line of a watch is not JSON.');
  }
  const { type, object } = mapOf(parsed);
  const { code, message } = mapOf(object);
  if (type === 'ERROR') throw new Failure('UNEXPECTED', `The cluster ended a watch (${String(code)}): ${textOf(message)}`);
  const version = textOf(mapOf(mapOf(object)['metadata'])['resourceVersion']);
  const isKnown = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!isKnown || version === '') throw new Failure('UNEXPECTED', 'A line of a watch is not an event of Kubernetes.');
  return { type, object, version };
}
