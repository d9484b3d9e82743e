import type { Answer, Http } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';

export const createKey = 'create a system robot account at Administration > Robot Accounts';

/** The first error of an answer. Before 2.0 it stood alone, without a code of words; a proxy's page and a panic have none. */
export function errorOf(answer: Answer): { readonly code?: unknown; readonly message?: unknown } {
  try {
    const body = answer.json<{ errors?: readonly { code?: unknown; message?: unknown }[]; message?: unknown } | null>();
    return body?.errors?.[0] ?? body ?? {};
  } catch {
    return {};
  }
}

/** Harbor tried a credential and it did not work. Why is told to nobody: a wrong token, a throttled login and a host that is away look the same. */
export function isUnhealthy(answer: Answer): boolean {
  const { message } = errorOf(answer);
  return answer.status === 400 && typeof message === 'string' && /\bis unhealthy\b/.test(message);
}

/** What Harbor means by an answer that is none of those hoped for; recorded on 2.15.2. `right`: what the request needs. `host`: where a credential was tried. */
export function refusal(http: Http, answer: Answer, right: string, host?: string): Failure {
  const usual = http.failure(answer);
  const { message, facts } = usual;
  if (isUnhealthy(answer))
    return new Failure('CREDENTIAL_REFUSED', http.failure(answer, `Harbor tried the new credential at ${host} in vain`).message, {
      remedy: `ECR refuses it, or Harbor does not reach ${host}: the log of Harbor’s core has the reason. Harbor keeps the former credential.`,
    });
  switch (answer.status) {
    case 401:
      return new Failure('AUTH', message, {
        remedy:
          'Check user name and password. A robot account that has expired, was disabled or was given a new secret looks just so. In a compose file `$` is written as `$$`: robot$$courier.',
      });
    case 403:
      return forbidden(answer, message, right);
    case 409:
      return new Failure('CONFLICT', message, { remedy: 'An endpoint of this name is there for something else: rename one of the two.' });
    case 500:
      return new Failure('UNEXPECTED', message, {
        ...facts,
        remedy:
          'The log of Harbor’s core has the reason. When "Test Connection" works there and saving does not, Harbor’s encryption key has a wrong length.',
      });
    default:
      return usual;
  }
}

function forbidden(answer: Answer, message: string, right: string): Failure {
  const { code, message: said } = errorOf(answer);
  if (code === 'DENIED')
    return new Failure('BUSY', message, { remedy: 'Nothing to do: it goes on when Harbor’s read-only mode is switched off again.' });
  const ours = code === 'FORBIDDEN' && !(typeof said === 'string' && said.includes('CSRF'));
  return new Failure('FORBIDDEN', message, {
    stops: 'target',
    remedy: ours
      ? `The user needs ${right}: a system robot account with registry:list, registry:read and registry:update (and registry:create for \`create\`), or an administrator.`
      : 'If a proxy stands in front of Harbor, make it let these requests through unchanged, without cookies.',
  });
}
