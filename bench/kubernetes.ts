import { writeFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { adapters } from '../adapters/index.ts';
import { load } from '../config/load.ts';
import { hour } from '../src/courier/timing.ts';
import { manageTarget } from '../src/target.ts';
import type { Report } from './benches.ts';
import { bareWay, peerWay, type Way } from './cluster-ways.ts';
import { type Cluster, type Counts, namespaceBody, realCluster, startCluster } from './clusters.ts';
import { type Engine, leapingClock, startEngine, surroundings } from './engine.ts';
import { median, rounded } from './figures.ts';
import { environment } from './portainers.ts';
import { beside } from './processes.ts';
import { residents } from './residents.ts';

const namespaces = 1_000;
const pairs = 5;
const newcomers = 20;
/**
 * peer: how many times as fast as a GET and a PUT one by one, at least. bare: the time relative to the apply loop, at
 * most. quietMs: for a pass without changes, and for one after a restart. newMs: for a new namespace, on a real server.
 * memory: MiB.
 */
const limits = { peer: 1.4, bare: 1.15, quietMs: 250, newMs: 10, memory: 150 };

/** Unexpected requests of a part; usually empty. */
type Faults = string[];

/**
 * Runs a cluster with 1,000 namespaces through engine, adapter and HTTP: with a new token, without one, after a
 * restart, with a new namespace; and measures the memory with 10,000. ratio: the time of the peer's way relative to
 * ours.
 */
export async function kubernetes(): Promise<Report> {
  const faults: Faults = [];
  await using cluster = (await realCluster(namespaces)) ?? (await startCluster(namespaces));
  const isReal = cluster.ecr === undefined;
  const clock = leapingClock();
  const target = await targetOn(cluster);
  const start = (isTime?: () => Promise<unknown>) => startEngine([manageTarget(target, { ...surroundings, clock })], clock, isTime);
  const passes = await newTokens(cluster, start, clock, faults);
  const { quiet, newMs } = await afterRestart(cluster, start, faults);
  const memory = isReal ? undefined : await memoryOf(10_000);
  const ratio = rounded(median(passes.map(({ courier, peer }) => peer / courier)));
  const bare = rounded(median(passes.map(run => run.courier / run.bare)));
  const ms = { courier: middle(passes, 'courier'), bare: middle(passes, 'bare'), peer: middle(passes, 'peer') };
  const ok =
    faults.length === 0 &&
    ratio >= limits.peer &&
    bare <= limits.bare &&
    Object.values(quiet).every(figure => figure <= limits.quietMs) &&
    (!isReal || newMs <= limits.newMs) &&
    (memory?.peak ?? 0) <= limits.memory;
  console.log(`a new token: ${JSON.stringify(ms)} ms; ${ratio} times as fast as the peer, ${bare} of the bare loop`);
  console.log(`nothing to do: ${JSON.stringify(quiet)} ms; a new namespace: ${newMs} ms; memory: ${JSON.stringify(memory)}`);
  for (const fault of faults) console.log(fault);
  return { bench: 'kubernetes', ratio, pairs, ok, limits, server: isReal ? 'real' : 'fake', bare, ms, quiet, newMs, memory, faults };
}

type Start = (isTime?: () => Promise<unknown>) => Engine;
type Pass = Readonly<Record<'courier' | 'bare' | 'peer', number>>;

async function newTokens(cluster: Cluster, start: Start, clock: ReturnType<typeof leapingClock>, faults: Faults): Promise<Pass[]> {
  await using bare = bareWay(cluster);
  await using peer = peerWay(cluster);
  // The leap also triggers a look, as after a sleep: the token comes when that is over.
  let looked: Promise<unknown> = Promise.resolve();
  await using engine = start(() => looked);
  await engine.delivered(namespaces);
  const ours: Way['send'] = async () => {
    await counted(cluster);
    looked = engine.heard(event => event.kind === 'discovered');
    clock.leap(7 * hour);
    const ms = await engine.delivered(namespaces);
    expect(faults, 'a new token', await counted(cluster), { applies: namespaces, writes: 0, reads: 0 });
    return ms;
  };
  const passes: Pass[] = [];
  for (let warm = false; passes.length < pairs; warm = true) {
    const pass = { courier: await ours(), bare: await bare.send(), peer: await peer.send() };
    if (warm) passes.push(pass);
  }
  await counted(cluster);
  return passes;
}

/** Starts further engines, which find everything as it should be; the last one looks again, and gets new namespaces. */
async function afterRestart(cluster: Cluster, start: Start, faults: Faults) {
  await counted(cluster);
  const restarts: number[] = [];
  for (let run = 1; run < pairs; run++) await (await restarted(cluster, start, { faults, restarts }))[Symbol.asyncDispose]();
  await using engine = await restarted(cluster, start, { faults, restarts });
  const looks: number[] = [];
  for (let look = 0; look < pairs; look++) {
    const from = performance.now();
    const seen = looked(engine);
    engine.courier.look('kubernetes');
    await seen;
    looks.push(performance.now() - from);
    await quietly(cluster, 'a pass without change', faults);
  }
  await alike(cluster, engine, faults);
  const quiet = { restart: rounded(median(restarts)), look: rounded(median(looks)) };
  return { quiet, newMs: await newNamespaces(cluster, engine, faults) };
}

const looked = (engine: Engine) => engine.heard(event => event.kind === 'discovered');

async function restarted(cluster: Cluster, start: Start, { faults, restarts }: { readonly faults: Faults; readonly restarts: number[] }) {
  const began = performance.now();
  const engine = start();
  await looked(engine);
  restarts.push(performance.now() - began);
  await quietly(cluster, 'a restart', faults);
  return engine;
}

/** Checks that no writes come: an engine that finds something to write does so within this time. */
async function quietly(cluster: Cluster, what: string, faults: Faults, others: Partial<Counts> = {}): Promise<void> {
  await after(500);
  expect(faults, what, await counted(cluster), { applies: 0, writes: 0, reads: 0, ...others });
}

/** Adds the first namespace after a restart: the others then get its token, once. */
async function alike(cluster: Cluster, engine: Engine, faults: Faults): Promise<void> {
  await using ask = cluster.open(1);
  const all = engine.delivered(namespaces + 1);
  const { status, text } = await ask('POST', '/api/v1/namespaces', namespaceBody('bench-new'));
  if (status !== 201) throw new Error(`bench-new was not made: ${status} ${text}`);
  await all;
  expect(faults, 'the first new namespace', await counted(cluster), { applies: namespaces + 1, writes: 1, reads: 0, lists: 0 });
  await ask('DELETE', '/api/v1/namespaces/bench-new');
  await quietly(cluster, 'the first new namespace', faults, { writes: 1 });
}

/** The time from the response to the creation of a namespace until its Secret exists. */
async function newNamespaces(cluster: Cluster, engine: Engine, faults: Faults): Promise<number> {
  await using ask = cluster.open(1);
  const times: number[] = [];
  for (let at = 0; at < newcomers; at++) {
    const name = `bench-new-${at}`;
    const delivered = engine.heard(event => event.kind === 'delivered' && event.slot.startsWith(`${name}/`)).then(() => performance.now());
    const { status, text } = await ask('POST', '/api/v1/namespaces', namespaceBody(name));
    if (status !== 201) throw new Error(`${name} was not made: ${status} ${text}`);
    const made = performance.now();
    times.push(Math.max(0, (await delivered) - made));
    // The other write is the POST.
    expect(faults, 'a new namespace', await counted(cluster), { applies: 1, writes: 1, reads: 0, lists: 0 });
  }
  for (let at = 0; at < newcomers; at++) await ask('DELETE', `/api/v1/namespaces/bench-new-${at}`);
  return rounded(median(times));
}

async function memoryOf(count: number) {
  await using cluster = await startCluster(count);
  let applies = 0;
  const isDone = async (): Promise<boolean> => (applies += (await cluster.counts())?.applies ?? 0) >= count;
  return await residents({ targets: [cluster.target] }, environment(cluster.ecr ?? ''), isDone);
}

const counted = async (cluster: Cluster): Promise<Counts | undefined> => await cluster.counts();

function expect(faults: Faults, what: string, counts: Counts | undefined, wanted: Partial<Counts>): void {
  for (const [kind, count] of Object.entries(wanted))
    if (counts && counts[kind as keyof Counts] !== count) faults.push(`${what}: ${kind} ${counts[kind as keyof Counts]}, not ${count}`);
}

async function targetOn(cluster: Cluster) {
  const file = beside('cluster.json');
  await writeFile(file, JSON.stringify({ targets: [{ ...cluster.target, name: 'kubernetes' }] }), { mode: 0o600 });
  const { targets } = await load({ files: [file], env: {}, adapters });
  if (!targets[0]) throw new Error('the configuration has no target');
  return targets[0];
}

const middle = (passes: readonly Pass[], way: keyof Pass): number => rounded(median(passes.map(pass => pass[way])));
