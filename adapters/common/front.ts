import { Failure, type FailureFacts } from '../../src/contract/failures.ts';

/**
 * The Failure for a 401 or 403 in a form that the manager itself never uses: a proxy or gateway in front of it refused
 * the request, and neither key nor rights are at fault. `said` is the usual sentence about the response.
 */
export function refusedInFront(code: 'AUTH' | 'FORBIDDEN', manager: string, said: string, facts: FailureFacts = {}): Failure {
  return new Failure(code, `Something in front of ${manager} refused the request, not ${manager} itself: ${said}`, {
    ...facts,
    remedy: `Give the proxy or access gateway in front of ${manager} what it asks for (\`headers\` or \`clientCertFile\` of the target), make it let requests of the courier through unchanged, without cookies and an Origin header of its own, or use an address behind it.`,
  });
}

/**
 * The last sentence of a remedy for a missing right: without it, an operator may wait for half an hour after granting
 * the right.
 */
export const thenRefresh = 'Then `ecr-courier refresh` ends the pause.';
