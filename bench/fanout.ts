import type { Report } from './benches.ts';
import { median, rounded } from './figures.ts';
import { type Portainers, startPortainers } from './portainers.ts';
import { openBare, openCourier, type Sender } from './senders.ts';

/** The numbers of slots and of Portainers. */
const layouts = [
  [10, 1],
  [10, 10],
  [1_000, 1],
  [1_000, 10],
  [1_000, 100],
  [10_000, 1],
  [10_000, 10],
  [10_000, 100],
] as const;
const pairs = 5;
/**
 * The courier relative to the bare loop at 10,000 slots: `ratio` of the times, `processor` of the processor times.
 * growth: the time per slot with 100,000 slots relative to that with 1,000, over ten Portainers.
 */
const limits = { ratio: 1, processor: 1, growth: 1.3 };

/**
 * Medians, in milliseconds and in microseconds of this process's processor time per slot, which shows the cost of each
 * side independently of the Portainers' speed.
 */
interface Run {
  readonly slots: number;
  readonly portainers: number;
  readonly ms: readonly [courier: number, bare: number];
  readonly processorUs: readonly [courier: number, bare: number];
  readonly ratio: number;
  readonly processor: number;
}

/**
 * The time from due to all delivered, relative to a loop that sends the same bodies with the same concurrency. ratio:
 * that of the worst layout with 10,000 slots.
 */
export async function fanout(): Promise<Report> {
  const runs: Run[] = [];
  for (const [slots, portainers] of layouts) {
    const measured = await interleaved(slots, portainers);
    const run = summary(slots, portainers, measured);
    runs.push(run);
    const [courier, bare] = run.processorUs;
    const times = `courier ${run.ms[0]} ms, bare ${run.ms[1]} ms, ratio ${run.ratio}`;
    const processor = `processor time a slot ${courier} and ${bare} us, ratio ${run.processor}`;
    console.log(`${slots} slots, Portainers: ${portainers}: ${times}; ${processor}`);
  }
  const slotUs = { '1000': await timeOfSlot(1_000), '100000': await timeOfSlot(100_000) };
  const growth = rounded(slotUs['100000'] / slotUs['1000']);
  console.log(`time a slot: ${slotUs['1000']} us of 1000, ${slotUs['100000']} us of 100000, growth ${growth}`);
  const large = runs.filter(run => run.slots === 10_000);
  const ratio = Math.max(...large.map(run => run.ratio));
  const processor = Math.max(...large.map(run => run.processor));
  const ok = ratio <= limits.ratio && processor <= limits.processor && growth <= limits.growth;
  console.log(`ratio ${ratio}, of processor time ${processor}, growth ${growth}: ${ok ? 'within' : 'over'} the limits`);
  return { bench: 'fanout', ratio, processor, pairs, ok, limits, growth, slotUs, runs };
}

interface Measure {
  readonly ms: number;
  readonly processorUs: number;
}
interface Pair {
  readonly courier: Measure;
  readonly bare: Measure;
}

async function interleaved(slots: number, portainers: number): Promise<Pair[]> {
  using servers = await startPortainers('fake', portainers, slots / portainers);
  await using courier = await openCourier(servers);
  await using bare = openBare(servers);
  const measured: Pair[] = [];
  for (let warm = false; measured.length < pairs; warm = true) {
    const pair = { courier: await measure(courier, servers), bare: await measure(bare, servers) };
    if (warm) measured.push(pair);
  }
  return measured;
}

function summary(slots: number, portainers: number, measured: readonly Pair[]): Run {
  const middle = (read: (pair: Pair) => number) => rounded(median(measured.map(read)));
  return {
    slots,
    portainers,
    ms: [middle(({ courier }) => courier.ms), middle(({ bare }) => bare.ms)],
    processorUs: [middle(({ courier }) => courier.processorUs / slots), middle(({ bare }) => bare.processorUs / slots)],
    ratio: middle(({ courier, bare }) => courier.ms / bare.ms),
    processor: middle(({ courier, bare }) => courier.processorUs / bare.processorUs),
  };
}

/** The time per slot, in microseconds. */
async function timeOfSlot(slots: number): Promise<number> {
  using servers = await startPortainers('lean', 10, slots / 10);
  await using courier = await openCourier(servers);
  const times: number[] = [];
  for (let run = 0; run < pairs; run++) times.push((await measure(courier, servers)).ms);
  return rounded((median(times) * 1000) / slots);
}

/** Measures one send, and checks that every row holds the password. */
async function measure(sender: Sender, servers: Portainers): Promise<Measure> {
  const before = process.cpuUsage();
  const ms = await sender.send();
  const { user, system } = process.cpuUsage(before);
  const slots = servers.urls.length * servers.rows;
  const holding = await servers.holding(sender.password);
  if (holding !== slots) throw new Error(`${holding} of ${slots} rows hold the password`);
  return { ms, processorUs: user + system };
}
