import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http, HttpRequest } from '../../src/contract/http.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { nothingAt } from '../../src/contract/usual.ts';
import { type RowCount, refuseUnreadable } from '../common/unreadable.ts';
import { isOwn, lacksRole, refusal, type Session } from './session.ts';
import { isRow, type Row } from './survey.ts';

/** Requests to Portainer with the configured login. */
export interface Api {
  ask(method: string, path: string, signal: AbortSignal, more?: Omit<HttpRequest, 'signal'>): Promise<Answer>;
  /**
   * Passes all rows to `take`, one by one, because Portainer has no pages. Throws a failure that stops the target, for
   * example for a list without a readable row.
   */
  eachRow(take: (row: Row) => void, signal: AbortSignal): Promise<RowCount>;
  /** The failure for an unsuccessful response. */
  refused(answer: Answer): Failure;
  /** The same for a response that may come from an engine behind Portainer. */
  refusedBehind(answer: Answer): Failure;
}

/** The login: an access token in a header of every request, or a session. */
type Login = { readonly key: Secret } | { readonly session: Session };

const list = '/api/registries';

export function openApi(http: Http, address: string, login: Login): Api {
  const key = 'key' in login ? login.key : undefined;
  const refused = (answer: Answer): Failure => refusal(http, answer, key);

  function ask(method: string, path: string, signal: AbortSignal, more: Omit<HttpRequest, 'signal'> = {}): Promise<Answer> {
    const request = { signal, ...more };
    return 'session' in login ? askWithin(http, login.session, method, path, request) : http(method, path, request);
  }

  return {
    ask,
    refused,
    refusedBehind: answer => (isOwn(answer) ? refused(answer) : http.failure(answer)),
    async eachRow(take, signal) {
      let [read, unreadable] = [0, 0];
      const each = (element: unknown): void => {
        if (!isRow(element)) return void unreadable++;
        read++;
        take(element);
      };
      const answer = await ask('GET', list, signal, { each });
      if (lacksRole(answer)) throw stopping(refused(answer));
      if (answer.status === 404) throw nothingAt('Portainer', address, list);
      if (answer.status !== 200) throw refused(answer);
      const count = { path: list, read, unreadable };
      refuseUnreadable(count);
      return count;
    },
  };
}

/** Sends a request within a session, and logs in again once, because a restart of Portainer ends all sessions. */
async function askWithin(http: Http, session: Session, method: string, path: string, request: HttpRequest): Promise<Answer> {
  const send = (token: Secret): Promise<Answer> =>
    http(method, path, { ...request, headers: { ...request.headers, Authorization: `Bearer ${token.reveal()}` } });
  const used = session(request.signal);
  const answer = await send(await used);
  return answer.status === 401 ? send(await session(request.signal, used)) : answer;
}

const stopping = ({ code, message, facts }: Failure): Failure => new Failure(code, message, { ...facts, stops: 'target' });
