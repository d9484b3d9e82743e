import type { Credential } from '../../contract/credential.ts';
import { asFailure, type Failure, type FailureCode } from '../../contract/failures.ts';
import { readDenial } from '../../refusals/denial.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';
import { explainDenial } from '../../refusals/gates.ts';
import { freshTokenRefused } from '../../refusals/unanswered.ts';
import type { Pull, Step, Verdict, Wish } from './pull.ts';

/** What a pull came to as a whole; otherwise the verdict of the step that stopped it. */
export type Outcome = 'would pull' | Exclude<Verdict, 'ok' | 'skipped'>;

/** A pull from its token on. `credential`: the newest one that was tried. */
export interface CheckedPull {
  readonly outcome: Outcome;
  readonly steps: readonly Step[];
  readonly credential?: Credential;
}

/** The step that stops a pull; undefined when nothing does. */
export const stopOf = (steps: readonly Step[]): Step | undefined => steps.find(({ verdict }) => verdict !== 'ok' && verdict !== 'skipped');

export const outcomeOf = (steps: readonly Step[]): Outcome => (stopOf(steps)?.verdict as Exclude<Outcome, 'would pull'>) ?? 'would pull';

/** The credential itself is not accepted: another one may be. It is told in three forms, and as a 401 by others. */
export function isStale(steps: readonly Step[]): boolean {
  const { status, text = '' } = stopOf(steps) ?? {};
  return status === 401 || (status === 403 && /authorization token has expired/i.test(text));
}

/**
 * Fetches a token and walks the pull with it; once more with a newer token when the registry does not take the first
 * one. `fetch`: one credential, another one than `stale`; undefined without a source, where a pull needs no login.
 */
export async function checkPull(
  wish: Omit<Wish, 'credential'>,
  { fetch, pull }: { readonly fetch: ((stale?: Credential) => Promise<Credential>) | undefined; readonly pull: Pull },
  signal: AbortSignal,
): Promise<CheckedPull> {
  const action = `${wish.image.registry.service}:GetAuthorizationToken`;
  if (!fetch) {
    const token: Step = { name: 'token', action, verdict: 'skipped', text: 'No source serves it: pulled without a login.' };
    return checked([token, ...(await pull({ ...wish, credential: undefined }, signal))]);
  }
  let credential: Credential | undefined;
  for (let attempts = 0; ; attempts++) {
    try {
      credential = await fetch(credential);
    } catch (error) {
      return checked([tokenStep(action, asFailure(error), wish.source)], credential);
    }
    const steps: Step[] = [{ name: 'token', action, verdict: 'ok' }, ...(await pull({ ...wish, credential }, signal))];
    if (!isStale(steps)) return checked(steps, credential);
    if (attempts > 0) return checked(steps.map(asFresh(wish.image.registry.host)), credential);
  }
}

/** What is said of passwords that lie somewhere is not true of a token that has just come. */
const asFresh =
  (host: string) =>
  (step: Step): Step =>
    step.verdict === 'refused' ? { ...step, diagnosis: freshTokenRefused({ host, said: step.text ?? 'it answered nothing' }) } : step;

const checked = (steps: readonly Step[], credential?: Credential): CheckedPull => ({
  outcome: outcomeOf(steps),
  steps,
  ...(credential && { credential }),
});

const silent: readonly FailureCode[] = ['UNREACHABLE', 'TIMEOUT', 'BUSY', 'UNEXPECTED'];

function tokenStep(action: string, failure: Failure, source: string): Step {
  const { code, message, remedy } = failure;
  const denial = readDenial(message);
  const own: Diagnosis = {
    id: `token-${code.toLowerCase().replaceAll('_', '-')}`,
    sentence: message,
    side: `source ${source}, and whoever it asks for tokens`,
    remedy,
  };
  const verdict = silent.includes(code) ? 'unreachable' : 'refused';
  return { name: 'token', action: denial?.action ?? action, verdict, text: message, diagnosis: denial ? explainDenial(denial) : own };
}
