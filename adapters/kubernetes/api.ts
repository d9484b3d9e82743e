import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http, HttpBase } from '../../src/contract/http.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { againSoon, type Papers, type Show } from './papers.ts';
import { type Asked, refusal } from './refusal.ts';

/** A request to the API server, like `HttpRequest`. accept: the wanted form of the response. */
interface Request {
  readonly signal: AbortSignal;
  readonly body?: unknown;
  readonly type?: 'application/apply-patch+yaml' | 'application/merge-patch+json';
  readonly reads?: boolean;
  readonly accept?: string;
}

/** The API of one cluster. Its token may change between requests. */
export interface Api {
  /** The address for messages. */
  readonly address: string;
  ask(method: string, path: string, request: Request): Promise<Answer>;
  /** Like `ask`, but throws unless the response has one of the `hoped` statuses. */
  demand(method: string, path: string, request: Request & { readonly hoped?: readonly number[]; readonly asked: Asked }): Promise<Answer>;
  refusal(answer: Answer, asked: Asked): Failure;
  /** The lines of a streamed response. pool: streams with the same number share connections. */
  lines(
    path: string,
    request: { readonly signal: AbortSignal; readonly idleMs: number; readonly pool: number; readonly accept?: string },
  ): AsyncIterable<string>;
}

/**
 * Accept headers that request the metadata of objects without their contents, so that no password is sent to the
 * courier. A server that does not know this form sends whole objects.
 */
export const metadataOnly = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  one: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
} as const;

/** Also a certificate of the server that nobody trusts, since its authorities are read again with the papers. */
function unsent(error: unknown): never {
  throw error instanceof Failure ? againSoon(error) : error;
}

const sets = ['authorization', 'accept', 'content-type'];

/**
 * Creates the client of one cluster. first: the server, where it is known before any file is read, so that an invalid
 * address is reported immediately.
 */
export function makeApi(papers: Show, deps: Pick<Deps, 'http'>, address: string, first?: HttpBase): Api {
  /** Clients by pool. All of them are replaced when the server or its certificate changes. */
  let clients = { server: first, pools: new Map<number, Http>() };
  /** The newest client. Any client can turn any response into a Failure. */
  let latest = first && deps.http({ ...first, sets });

  function clientOf({ server }: Papers, pool: number): Http {
    if (clients.server !== server) clients = { server, pools: new Map() };
    const made = clients.pools.get(pool) ?? deps.http({ ...server, sets });
    clients.pools.set(pool, made);
    latest = made;
    return made;
  }

  /** Headers by kind of request. Writes to all namespaces share one frozen object, so it is built and checked once. */
  let kept = { token: undefined as Secret | undefined, headers: new Map<string, Record<string, string>>() };

  function headersOf({ token }: Papers, { type, accept = 'application/json', body }: Partial<Request>): Record<string, string> {
    if (kept.token !== token) kept = { token, headers: new Map() };
    const content = body === undefined ? undefined : (type ?? 'application/json');
    const key = `${accept} ${content ?? ''}`;
    const known = kept.headers.get(key);
    if (known) return known;
    const made = Object.freeze({
      ...(token && { authorization: `Bearer ${token.reveal()}` }),
      accept,
      ...(content !== undefined && { 'content-type': content }),
    });
    kept.headers.set(key, made);
    return made;
  }

  async function ask(method: string, path: string, request: Request): Promise<Answer> {
    const shown = await papers(request.signal);
    const answer = await send(shown, method, path, request);
    if (answer.status !== 401) return answer;
    const renewed = await papers(request.signal, shown);
    return renewed === shown ? answer : await send(renewed, method, path, request);
  }

  function send(shown: Papers, method: string, path: string, request: Request): Promise<Answer> {
    const { signal, body, reads } = request;
    const headers = headersOf(shown, request);
    return clientOf(shown, 0)(method, path, { signal, headers, ...(body !== undefined && { body }), ...(reads && { reads }) }).catch(
      unsent,
    );
  }

  function refused(answer: Answer, asked: Asked): Failure {
    return latest ? refusal(latest, answer, asked) : new Failure('UNEXPECTED', `${asked.what} was answered before it was asked for.`);
  }

  return {
    address,
    ask,
    async demand(method, path, { hoped = [200], asked, ...request }) {
      const answer = await ask(method, path, request);
      if (!hoped.includes(answer.status)) throw refused(answer, asked);
      return answer;
    },
    refusal: refused,
    async *lines(path, { signal, idleMs, pool, accept }) {
      const shown = await papers(signal);
      yield* clientOf(shown, pool).lines(path, { signal, idleMs, headers: headersOf(shown, { ...(accept !== undefined && { accept }) }) });
    },
  };
}
