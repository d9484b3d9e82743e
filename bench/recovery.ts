import { second } from '../src/courier/timing.ts';
import { failing, hours, minutes, only, registry, row, startRig, type TestTarget, testTarget } from '../test/courier/rig.ts';
import { createVirtualClock } from '../test/fakes/clock.ts';
import type { Report } from './benches.ts';

const amount = 1_000;
const rows = 3;

/**
 * The limits that follow from the engine's rules. backSeconds: the longest pause after failed discoveries is 5 min,
 * followed by one discovery and the writes, which begin within a tick. downAsks: an hour of pauses of 1, 2, 4 ... 300
 * s, each up to a quarter shorter, is at most 24 discoveries of a target; the only writes are those that met the outage
 * first. backAsks: a discovery a minute until all are back, and one write of each slot, or two where an earlier write
 * may still land.
 */
const limits = { backSeconds: 5 * 60 + 15, downAsks: 24 + rows, backAsks: 6 + 2 * rows };

/**
 * Takes 1,000 targets down for an hour of virtual time, in which the token is renewed, then brings all back together.
 * ratio: the seconds until every slot holds the newest token, relative to what the rules allow.
 */
export async function recovery(): Promise<Report> {
  const clock = createVirtualClock();
  const slots = Array.from({ length: rows }, (_, at) => row(String(at), registry(String(100_000_000_000 + at))));
  const targets = Array.from({ length: amount }, (_, at) => testTarget(clock, `target-${at}`, slots));
  await using rig = await startRig({ targets, keepsEvents: false });
  await clock.advance(5.3 * hours);
  const source = only(rig.sources);
  const before = source.issued.length;

  down(targets);
  const quiet = asked(targets);
  await clock.advance(1 * hours);
  const downAsks = asked(targets) - quiet;
  if (source.issued.length === before) throw new Error('the token was not renewed while the targets were down');

  for (const target of targets) {
    target.onDiscover = undefined;
    target.onDeliver = undefined;
  }
  const began = clock.mono();
  const since = asked(targets);
  const busiest = { second: 0, asked: 0 };
  const newest = (): string => source.issued.at(-1)?.password.reveal() ?? '';
  while (!targets.every(target => holds(target, newest()))) {
    if (clock.mono() - began > 30 * minutes) throw new Error('half an hour later some slots still lack the newest token');
    const so = asked(targets);
    await clock.advance(1 * second);
    if (asked(targets) - so > busiest.asked)
      Object.assign(busiest, { second: (clock.mono() - began) / second, asked: asked(targets) - so });
  }
  const backSeconds = (clock.mono() - began) / second;
  const backAsks = asked(targets) - since;
  const measured = { backSeconds, downAsks: downAsks / amount, backAsks: backAsks / amount };
  console.log(`all ${amount * rows} slots hold the newest token after ${backSeconds} s (at most ${limits.backSeconds})`);
  console.log(
    `requests a target: ${measured.downAsks} while down (at most ${limits.downAsks}), ${measured.backAsks} after (at most ${limits.backAsks})`,
  );
  console.log(`busiest second after the return: ${busiest.asked} requests, of ${amount} targets, in second ${busiest.second}`);
  const ratio = Math.max(...(Object.keys(limits) as (keyof typeof limits)[]).map(name => measured[name] / limits[name]));
  return {
    bench: 'recovery',
    ratio: Math.round(ratio * 1000) / 1000,
    pairs: 1,
    ok: ratio <= 1,
    limits,
    ...measured,
    busiest,
    targets: amount,
    rows,
  };
}

/** Makes the targets unreachable: every request fails immediately, and nothing is written. */
function down(targets: readonly TestTarget[]): void {
  for (const target of targets) {
    const refuse = async (): Promise<never> => {
      throw failing('UNREACHABLE');
    };
    target.onDiscover = refuse;
    target.onDeliver = refuse;
  }
}

function asked(targets: readonly TestTarget[]): number {
  return targets.reduce((sum, { discoveries, writes }) => sum + discoveries.length + writes.length, 0);
}

function holds({ rows: all, stored }: TestTarget, password: string): boolean {
  return [...all.keys()].every(id => [...(stored.get(id)?.values() ?? [])].every(held => held === password));
}
