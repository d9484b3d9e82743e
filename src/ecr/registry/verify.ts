import type { Verify } from '../../contract/source.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';
import { isStale, stopOf } from './checked-pull.ts';
import type { Step } from './judged.ts';
import type { Pull } from './pull.ts';

/** Walks a pull for regular verification: one sentence says what stops it, another what to do. */
export function makeVerify(pull: Pull): Verify {
  return async (image, credential, signal) => {
    const steps = await pull({ image, credential, source: credential?.source ?? '' }, signal);
    const stop = stopOf(steps);
    if (!stop) return { ok: true };
    const stale = isStale(steps);
    return {
      ok: false,
      refused: !stale && stop.verdict !== 'unreachable',
      read: steps.some(({ name, verdict, hasRead }) => name === 'manifest' && (verdict === 'ok' || hasRead)),
      stale,
      ...(stale
        ? { message: `${stop.text}.`, remedy: 'Nothing: another token is fetched, and the pull is walked again as soon as it is there.' }
        : wordsOn(stop)),
    };
  };
}

function wordsOn({ diagnosis, text = '', verdict }: Step): { readonly message: string; readonly remedy: string } {
  if (!diagnosis) return { message: text, remedy: '' };
  return { message: diagnosis.sentence, remedy: [diagnosis.remedy, ...(verdict === 'refused' ? pasted(diagnosis) : [])].join(' ') };
}

/**
 * The policies to paste, each in one line, as a finding is. For a missing image they are left out: there each policy is
 * only one of several things that may be missing.
 */
const pasted = ({ paste = [] }: Diagnosis): string[] => paste.map(({ what, text }) => `${what}: ${compact(text)}`);

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
