import type { Deps } from '../../src/contract/adapter.ts';
import type { HttpBase } from '../../src/contract/http.ts';
import type { Secret } from '../../src/contract/secret.ts';

/** Where a cluster is and how it lets us in, as it is now. Another server is another object. */
export interface Papers {
  readonly server: HttpBase;
  /** undefined: the certificate of the client is the login. */
  readonly token: Secret | undefined;
  /** When it must be renewed, on the engine's time line in milliseconds; undefined: nobody says. */
  readonly until?: number;
}
/** Reads them anew, as it is time for that, or as the cluster refuses the former ones. Throws a Failure. */
export type ReadPapers = (signal: AbortSignal, why: 'due' | 'refused') => Promise<Papers>;
/** Those of now; unlike: these are no longer good. */
export type Show = (signal: AbortSignal, unlike?: Papers) => Promise<Papers>;

/** The kubelet replaces a token when a fifth of its life is left; client-go reads it as often. In milliseconds. */
const everyMs = 60_000;
/** Who could not renew them is not asked by each request. In milliseconds. */
const leastMs = 10_000;

/**
 * Reads at most once a minute, and anew when somebody says that the papers are no longer good. A file that cannot be
 * read for a moment does no harm.
 */
export function keepPapers(read: ReadPapers, { clock }: Pick<Deps, 'clock'>): Show {
  let known: Papers | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: { readonly papers: Promise<Papers>; readonly by: AbortSignal } | undefined;

  async function readAnew(signal: AbortSignal, why: 'due' | 'refused'): Promise<Papers> {
    try {
      const papers = await read(signal, why);
      known = known && isSame(known, papers) ? known : withSameServer(papers, known?.server);
    } catch (error) {
      if (!known || why === 'refused' || signal.aborted) throw error;
    }
    readAt = clock.mono();
    return known;
  }

  const begin = (signal: AbortSignal, why: 'due' | 'refused'): Promise<Papers> =>
    readAnew(signal, why).finally(() => {
      reading = undefined;
    });

  async function show(signal: AbortSignal, unlike?: Papers): Promise<Papers> {
    const now = clock.mono();
    const until = Math.min(readAt + everyMs, Math.max(known?.until ?? Number.POSITIVE_INFINITY, readAt + leastMs));
    if (known && now < until && known !== unlike) return known;
    // One at a time for all that ask.
    reading ??= { papers: begin(signal, known !== undefined && known === unlike ? 'refused' : 'due'), by: signal };
    const { papers, by } = reading;
    try {
      return await papers;
    } catch (error) {
      // It ended with somebody else's deadline.
      if (by.aborted && !signal.aborted) return await show(signal, unlike);
      throw error;
    }
  }

  return show;
}

const isSame = (one: Papers, other: Papers): boolean =>
  one.token?.reveal() === other.token?.reveal() && one.until === other.until && isSameServer(one.server, other.server);

const isSameServer = (one: HttpBase, other: HttpBase): boolean =>
  one.url === other.url &&
  one.authorities === other.authorities &&
  one.serverName === other.serverName &&
  one.proxy?.address === other.proxy?.address &&
  one.proxy?.login?.reveal() === other.proxy?.login?.reveal() &&
  one.certificate?.chain === other.certificate?.chain &&
  one.certificate?.key.reveal() === other.certificate?.key.reveal();

/** The connections to a server are kept for as long as it is the same. */
const withSameServer = (papers: Papers, former: HttpBase | undefined): Papers =>
  former && isSameServer(former, papers.server) ? { ...papers, server: former } : papers;
