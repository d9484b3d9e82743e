import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { HttpBase } from '../../src/contract/http.ts';
import { inTime } from '../../src/contract/in-time.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { unlessAborted } from '../../src/contract/unless.ts';

/** The present address and login of a cluster. A changed server is another object. */
export interface Papers {
  readonly server: HttpBase;
  /** undefined: the certificate of the client is the login. */
  readonly token: Secret | undefined;
  /** When they must be renewed, on the engine's time line in milliseconds. undefined: not known. */
  readonly until?: number;
}
/** Reads the papers again, because they are due or because the cluster refuses the former ones. Throws a Failure. */
export type ReadPapers = (signal: AbortSignal, why: 'due' | 'refused') => Promise<Papers>;
/** Returns the present papers. unlike: papers that are no longer valid. */
export type Show = (signal: AbortSignal, unlike?: Papers) => Promise<Papers>;

/**
 * How often papers are read, in milliseconds: as often as client-go reads a token. The kubelet replaces a token when a
 * fifth of its life is left.
 */
const everyMs = 60_000;
/**
 * The least time between two reads of papers that have ended, in milliseconds, so that a failed renewal is not repeated
 * for each request.
 */
const leastMs = 10_000;
/** How long a request waits for the papers that replace those that are due, in milliseconds. */
const patienceMs = 2000;
/**
 * The longest time that a read may take, in milliseconds, as a program or an issuer may hang. The deadlines of those
 * who wait for it do not count: some are shorter than a slow login takes, a watch has none, and an issuer that was
 * asked may have spent the refresh-token.
 */
const mostMs = 30_000;

/**
 * Caches papers. They are read once a minute, sooner if they end sooner, and when a caller reports them as no longer
 * valid. If a file cannot be read for a moment, the former papers stay in use.
 */
export function keepPapers(read: ReadPapers, { clock }: Pick<Deps, 'clock'>): Show {
  let known: Papers | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  /** The failure of a read that took too long. It stands for a while, so that not each request waits as long. */
  let hung: { readonly error: unknown; readonly until: number } | undefined;
  let reading: Promise<Papers> | undefined;

  async function readAnew(why: 'due' | 'refused'): Promise<Papers> {
    const began = clock.mono();
    try {
      const papers = await inTime({ clock, ms: mostMs }, cut => read(cut, why));
      known = known && isSame(known, papers) ? known : withSameServer(papers, known?.server);
    } catch (error) {
      if (clock.mono() - began >= mostMs) hung = { error, until: clock.mono() + leastMs };
      if (!known || why === 'refused') throw error instanceof Failure ? againSoon(error) : error;
    }
    readAt = clock.mono();
    return known;
  }

  function begin(why: 'due' | 'refused'): Promise<Papers> {
    const papers = readAnew(why).finally(() => {
      reading = undefined;
    });
    // Nobody may be left who waits for it.
    papers.catch(() => undefined);
    return papers;
  }

  return async (signal, unlike) => {
    const now = clock.mono();
    const until = Math.min(readAt + everyMs, Math.max(known?.until ?? Number.POSITIVE_INFINITY, readAt + leastMs));
    if (known && now < until && known !== unlike) return known;
    if (hung && now < hung.until) throw hung.error;
    // All callers share one read.
    reading ??= begin(known !== undefined && known === unlike ? 'refused' : 'due');
    const coming = unlessAborted(signal, reading);
    return await (known && known !== unlike ? notForLong(coming, known) : coming);
  };

  /** Waits for newer papers for a moment, as those that are due are mostly still good. If not, the cluster says so. */
  async function notForLong(coming: Promise<Papers>, former: Papers): Promise<Papers> {
    const ended = new AbortController();
    const patience = clock.sleep(patienceMs, ended.signal).then(() => former);
    return await Promise.race([coming, patience]).finally(() => ended.abort());
  }
}

/**
 * The same Failure, to be tried again when the papers are read again. Somebody may log in anew or correct a file at any
 * time, and Kubernetes locks nobody out.
 */
export function againSoon(failure: Failure): Failure {
  const { code, message, facts } = failure;
  return code === 'AUTH' || code === 'MISCONFIGURED' ? new Failure(code, message, { ...facts, tryAgainMs: everyMs }) : failure;
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

/** Keeps the object of an unchanged server, and with it the connections to the server. */
const withSameServer = (papers: Papers, former: HttpBase | undefined): Papers =>
  former && isSameServer(former, papers.server) ? { ...papers, server: former } : papers;
