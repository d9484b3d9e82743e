import type { Clock } from '../contract/clock.ts';
import type { Ledger, Scope, TargetRecord } from '../courier/ledger.ts';
import type { Sink } from '../io/log.ts';

/** A command that has said nothing for so long says what it waits for, and then each time. */
const everyMs = 5_000;

/** Says what is waited for, until the signal is aborted. */
export async function sayWaiting(ledger: Ledger, to: Sink, clock: Clock, ended: AbortSignal): Promise<void> {
  const began = clock.mono();
  for (;;) {
    await clock.sleep(everyMs, ended);
    if (ended.aborted) return;
    const what = waitingFor(ledger);
    if (what.length > 0) to.write(`waiting (${Math.round((clock.mono() - began) / 1000)} s): ${what.join('; ')}\n`);
  }
}

const most = 3;

/** What is under way, for people; a few of many. */
export function waitingFor({ scopes, targets }: Pick<Ledger, 'scopes' | 'targets'>): string[] {
  const all = [...[...scopes.values()].flatMap(ofScope), ...[...targets.values()].flatMap(ofTarget)];
  return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;
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
