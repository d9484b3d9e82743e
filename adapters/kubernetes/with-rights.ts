import { Failure } from '../../src/contract/failures.ts';
import { remedyFor } from './refusal.ts';
import type { Rights } from './rights.ts';
import type { Lack } from './rules.ts';

/** How long a new API server may need to read its rules, in milliseconds. */
const newMs = 30_000;

/** Waits for both. A refused look fails with all missing rights in its remedy, instead of one after the other. */
export async function withRights<T>(
  ask: () => Promise<readonly Lack[]>,
  look: Promise<T>,
  { doubt, looked: note }: Pick<Rights, 'doubt' | 'looked'>,
): Promise<readonly [readonly Lack[], T]> {
  const [asked, looked] = await Promise.allSettled([ask(), look]);
  if (looked.status === 'fulfilled') {
    note('seen');
    return [asked.status === 'fulfilled' ? asked.value : raise(asked.reason), looked.value];
  }
  const { reason } = looked as { reason: unknown };
  if (!(reason instanceof Failure) || reason.code !== 'FORBIDDEN') throw reason;
  const told = asked.status === 'fulfilled' ? asked.value : [];
  // The cached rights are out of date.
  if (told.length === 0) doubt();
  const lacks = told.length > 0 ? told : await ask().catch(() => []);
  const tryAgainMs = note('refused');
  const passes = tryAgainMs < newMs ? ' Where the API server has just started, this passes by itself.' : '';
  const remedy = `${lacks.length > 0 ? remedyFor(lacks) : reason.remedy}${passes}`;
  throw new Failure('FORBIDDEN', reason.message, { ...reason.facts, remedy, tryAgainMs });
}

function raise(reason: unknown): never {
  throw reason;
}
