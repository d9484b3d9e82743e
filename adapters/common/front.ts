import { Failure, type FailureFacts } from '../../src/contract/failures.ts';

/**
 * For a 401 or 403 in a form that the manager itself never gives: what stands in front of it refused the request, and
 * neither key nor rights are at fault. `said`: the usual sentence about the answer.
 */
export function refusedInFront(code: 'AUTH' | 'FORBIDDEN', manager: string, said: string, facts: FailureFacts = {}): Failure {
  return new Failure(code, `Something in front of ${manager} refused the request, not ${manager} itself: ${said}`, {
    ...facts,
    remedy: `Give the proxy or access gateway in front of ${manager} what it asks for (\`headers\` or \`clientCertFile\` of the target), make it let requests of the courier through unchanged, without cookies and an Origin header of its own, or use an address behind it.`,
  });
}

/** The last sentence of a remedy for a missing right: nobody should wait for half an hour after granting it. */
export const thenRefresh = 'Then `ecr-courier refresh` ends the pause.';
