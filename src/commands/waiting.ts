import type { Clock } from '../contract/clock.ts';
import type { Ledger, Scope, TargetRecord } from '../courier/ledger.ts';
import type { StatusLine } from './terminal.ts';

/** Silence after which a command tells what it waits for, in milliseconds. */
const firstMs = 2_000;
/** The interval at which the line is replaced, in milliseconds. */
const replacedMs = 1_000;
/** Upper bound of the growing interval between permanent lines, so that hours of waiting log a few hundred lines. */
const mostMs = 60_000;

/** Tells what the command waits for until the signal is aborted. what: the current list, empty if there is nothing. */
export async function sayWaiting(what: () => readonly string[], line: StatusLine, clock: Clock, ended: AbortSignal): Promise<void> {
  const began = clock.mono();
  for (let pause = firstMs; ; pause = line.replaces ? replacedMs : Math.min(2 * pause, mostMs)) {
    await clock.sleep(pause, ended);
    if (ended.aborted) return line.end();
    const said = few(what());
    if (said.length > 0) line.say(`waiting (${Math.round((clock.mono() - began) / 1000)} s): ${said.join('; ')}`);
  }
}

const most = 3;

const few = (all: readonly string[]): readonly string[] =>
  all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;

/** The pending work in words. */
export function waitingFor({ scopes, targets }: Pick<Ledger, 'scopes' | 'targets'>): string[] {
  return [...[...scopes.values()].flatMap(ofScope), ...[...targets.values()].flatMap(ofTarget)];
}

function ofScope({ source, registry, fetching, proving }: Scope): string[] {
  const step = source.waitsFor?.(registry);
  const token = `AWS, for a token of the source ${source.name} in ${registry.region}${step ? `: ${step}` : ''}`;
  return [...(fetching ? [token] : []), ...[...proving].map(host => `${host}, whether it accepts the token`)];
}

function ofTarget({ name, managed, discoveredAt, trouble, entries }: TargetRecord): string[] {
  const looks = !managed.paused && discoveredAt === undefined && !trouble;
  const writing = [...entries.values()].filter(({ running }) => running).length;
  return [
    ...(looks ? [`${name}, for its registries`] : []),
    ...(writing > 0 ? [`${name}, which has ${writing === 1 ? 'a slot' : `${writing} slots`} to answer for`] : []),
  ];
}
