import type { Moment, TargetRecord } from './ledger.ts';
import type { Supply } from './supply.ts';

/** Rewrites every slot of a target on request, including slots that the next look finds. */
interface Rewrites {
  ask(): void;
  /** Extends the request to the slots that a look has found. */
  extend(): void;
}

interface RewritesDeps {
  readonly now: () => Moment;
  readonly supply: Pick<Supply, 'refetch'>;
}

export function createRewrites(record: TargetRecord, { now, supply }: RewritesDeps): Rewrites {
  /** When the request came; undefined once a look has begun after it. */
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
