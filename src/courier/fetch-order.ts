import { isAlwaysEnabled } from '../contract/regions.ts';
import type { Moment, Scope } from './ledger.ts';
import { second } from './timing.ts';

/**
 * How many fetches run at a time. After `ms` a fetch no longer counts as prompt, and leaves its place to another: it
 * only waits for an answer that may never come.
 */
const prompt = { most: 8, ms: second } as const;
/** A name that nobody resolves occupies a thread. Half of Node's 64 serve lookups, also those of managers. */
const most = 24;
/** Scopes whose last fetch failed leave the other half to those that may be well. */
const mostFailed = most / 2;

type Result = 'failed' | 'none';
/** Whether the last fetch of the scope failed. */
export const resultOf = ({ trouble }: Scope): Result => (trouble ? 'failed' : 'none');

/** The places for concurrent fetches. */
interface FetchPlaces {
  take(scope: Scope): void;
  leave(scope: Scope): void;
  /** From when on a place is free for a scope with this result; Infinity: once another fetch has ended. */
  freeAt(last: Result): Moment;
}

export function createFetchPlaces(now: () => Moment): FetchPlaces {
  const running = new Map<Scope, { readonly began: Moment; readonly last: Result }>();

  return {
    take(scope) {
      running.set(scope, { began: now(), last: resultOf(scope) });
    },
    leave: scope => void running.delete(scope),
    freeAt(last) {
      const all = [...running.values()];
      const failed = all.filter(one => one.last === 'failed').length;
      if (all.length >= most || (last === 'failed' && failed >= mostFailed)) return Number.POSITIVE_INFINITY;
      const promptOnes = all.filter(({ began }) => now() < began + prompt.ms);
      return promptOnes.length < prompt.most ? now() : Math.min(...promptOnes.map(({ began }) => began)) + prompt.ms;
    },
  };
}

/**
 * The rank of a scope among those whose fetch is due: first renewals, then what was never tried, then what has always
 * failed. Regions come from what managers say, so somebody can make up hundreds whose address hangs. Of those never
 * tried, regions that every account has come first.
 */
function rankOf({ trouble, kept, registry: { region } }: Scope): number {
  if (kept) return trouble ? 1 : 0;
  if (trouble) return 4;
  return isAlwaysEnabled(region) ? 2 : 3;
}

/** The scopes in the order in which they are fetched. Failed ones in the order in which their pauses ended. */
export const inOrder = (due: readonly Scope[]): Scope[] =>
  due.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.trouble ? a.notBefore - b.notBefore : 0));
