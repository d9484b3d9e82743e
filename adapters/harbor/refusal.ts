import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { refusedInFront, thenRefresh } from '../common/front.ts';

export const createKey = 'create a system robot account at Administration > Robot Accounts';

interface HarborError {
  readonly code?: unknown;
  readonly message?: unknown;
}

/**
 * The first error of a response. undefined: Harbor never gives such a response; it is a proxy's page, or JSON of
 * another product. Before 2.0 the error stands alone, and its code is the status.
 */
function errorOf(answer: Answer): HarborError | undefined {
  try {
    const body = answer.json<(HarborError & { errors?: readonly HarborError[] }) | null>();
    return body?.errors?.[0] ?? (body?.code === answer.status ? body : undefined);
  } catch {
    return undefined;
  }
}

/**
 * Whether a response is Harbor's own success, which has no body. A page with the same status comes from a login or a
 * proxy in front of Harbor.
 */
export const isDone = ({ status, text }: Answer, wanted: number): boolean => status === wanted && text.trim() === '';

/**
 * Whether Harbor tried a credential in vain. It does not say why: a wrong token, a throttled login and an unreachable
 * host look the same.
 */
function isUnhealthy(answer: Answer): boolean {
  const message = errorOf(answer)?.message;
  return answer.status === 400 && typeof message === 'string' && /\bis unhealthy\b/.test(message);
}

/** The purpose of a request. `right` is the right that it needs, `host` where a credential was tried. */
interface Asked {
  readonly right: string;
  readonly username: string;
  readonly host?: string | undefined;
}

/** The Failure for a response other than the expected one; recorded on 2.15.2. */
export function refusal(http: Http, answer: Answer, { right, username, host }: Asked): Failure {
  const usual = http.failure(answer);
  const { message, facts } = usual;
  if (isUnhealthy(answer))
    return new Failure('CREDENTIAL_REFUSED', http.failure(answer, `Harbor tried the new credential at ${host} in vain`).message, {
      remedy: `ECR refuses it, or Harbor does not reach ${host}: the log of Harbor’s core has the reason. Harbor keeps the former credential.`,
    });
  switch (answer.status) {
    case 401:
      return errorOf(answer) ? new Failure('AUTH', message, { remedy: wrongLogin(username) }) : refusedInFront('AUTH', 'Harbor', message);
    case 403:
      return denied(answer, message, right);
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

function denied(answer: Answer, message: string, right: string): Failure {
  if (errorOf(answer)?.code === 'DENIED')
    return new Failure('BUSY', message, { remedy: 'Nothing to do: it goes on when Harbor’s read-only mode is switched off again.' });
  return isMissingRight(answer) ? forbidden(message, right) : refusedInFront('FORBIDDEN', 'Harbor', message);
}

/**
 * Whether the login is valid but lacks a right. Harbor then answers with the user's name alone. It refuses cookies with
 * the same code, and a proxy in front of it may forbid requests too.
 */
export function isMissingRight(answer: Answer): boolean {
  const { code, message } = errorOf(answer) ?? {};
  // Before 2.0 the code is the status.
  return answer.status === 403 && (code === 'FORBIDDEN' || code === 403) && !String(message).includes('CSRF');
}

/** The Failure for a missing right. It stops what needs that right, and nothing else. */
function forbidden(message: string, right: string): Failure {
  return new Failure('FORBIDDEN', message, {
    remedy: `The user needs ${right}: a system robot account with registry:list, registry:read and registry:update (and registry:create for \`create\`), or an administrator. ${thenRefresh}`,
  });
}

function wrongLogin(username: string): string {
  const usual = 'Check user name and password. A robot account that has expired, was disabled or was given a new secret looks just so.';
  return `${usual} ${misspelled(username)}`.trimEnd();
}

/**
 * Explains a user name that does not look like a robot account's: compose, a shell or docker may each treat its `$`
 * differently.
 */
function misspelled(username: string): string {
  if (/^(['"]).*\1$/.test(username))
    return 'The user name begins and ends with a quotation mark: `docker run --env-file` leaves them in, so write it without.';
  if (username.includes('$$')) return 'The user name holds `$$`: the program that read it keeps both, so write one `$`.';
  if (username.includes('$')) return '';
  return 'The user name holds no `$`. If it is a robot account, compose or a shell took `$courier` for a variable: a compose file and the env_file of compose v2 want robot$$courier.';
}
