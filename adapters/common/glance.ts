import type { Clock } from '../../src/contract/clock.ts';
import { inTime } from '../../src/contract/in-time.ts';

const everyMs = 600_000;
const patienceMs = 3_000;
const keptMs = 3_600_000;

type Questions = Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>>;
type Answers<Q extends Questions> = { readonly [K in keyof Q]?: Awaited<ReturnType<Q[K]>> | undefined };

/**
 * Collects what is for people only: versions, ends of keys. All questions are asked together, every ten minutes, for
 * three seconds at most. A question that fails, or is answered with undefined, does no harm: its former answer stays
 * for an hour and is then dropped, because it may no longer be true.
 */
export function makeGlance<Q extends Questions>(clock: Clock, questions: Q): (signal: AbortSignal) => Promise<Answers<Q>> {
  const seen = new Map<string, { readonly at: number; readonly answer: unknown }>();
  let last = Number.NEGATIVE_INFINITY;

  async function ask(signal: AbortSignal): Promise<void> {
    const askOne = async (name: string, question: Questions[string], ends: AbortSignal): Promise<void> => {
      const answer = await question(ends).catch(() => undefined);
      if (answer !== undefined) seen.set(name, { at: last, answer });
      else if (last - (seen.get(name)?.at ?? last) >= keptMs) seen.delete(name);
    };
    await inTime({ clock, ms: patienceMs, signal }, ends =>
      Promise.all(Object.entries(questions).map(([name, question]) => askOne(name, question, ends))),
    );
  }

  return async signal => {
    if (clock.mono() - last >= everyMs) {
      last = clock.mono();
      await ask(signal);
    }
    return Object.fromEntries([...seen].map(([name, { answer }]) => [name, answer])) as Answers<Q>;
  };
}
