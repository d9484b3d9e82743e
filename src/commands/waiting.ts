import type { Clock } from '../contract/clock.ts';
import type { Ledger, Scope, TargetRecord } from '../courier/ledger.ts';
import type { StatusLine } from './terminal.ts';

/** A command that has said nothing for so long says what it waits for. */
const firstMs = 2_000;
/** How soon a line is replaced. */
const replacedMs = 1_000;
/** Lines that stay come ever later, up to this: a log of hours is a few hundred lines. */
const mostMs = 60_000;

/** Says what is waited for, until the signal is aborted. what: as it is now; empty while nothing is waited for. */
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

/** What is under way, for people. */
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
