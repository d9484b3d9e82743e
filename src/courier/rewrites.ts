import type { Moment, TargetRecord } from './ledger.ts';
import type { Supply } from './supply.ts';

/** Writing every slot of a target anew because somebody asked, those included that the next look finds. */
export interface Rewrites {
  ask(): void;
  /** After a look: slots that it found are given what was fetched after somebody asked, as all others are. */
  extend(): void;
}

export interface RewritesDeps {
  readonly now: () => Moment;
  readonly supply: Pick<Supply, 'refetch'>;
}

export function createRewrites(record: TargetRecord, { now, supply }: RewritesDeps): Rewrites {
  /** When somebody asked, and no look has begun since. */
  let askedAt: Moment | undefined;

  function ask(): void {
    askedAt = now();
    for (const entry of record.entries.values()) entry.rewriteAskedAt = askedAt;
  }

  function extend(): void {
    const asked = askedAt;
    if (asked === undefined || (record.discoveredAt ?? Number.NEGATIVE_INFINITY) < asked) return;
    askedAt = undefined;
    const found = [...record.entries.values()].filter(entry => entry.rewriteAskedAt === undefined && entry.wroteAt < asked);
    for (const entry of found) entry.rewriteAskedAt = asked;
    const scopes = new Set(found.flatMap(entry => entry.scopes).filter(scope => scope !== undefined));
    supply.refetch([...scopes].filter(({ answeredAt, fetchedAt, fetching }) => answeredAt < asked && !(fetching && fetchedAt >= asked)));
  }

  return { ask, extend };
}
