import type { Answer, Deps, Http } from '../../src/contract/adapter.ts';
import { type Asked, refusal } from './refusal.ts';
import type { Papers } from './token.ts';

/** As `HttpRequest`; accept: which form of an answer. */
export interface Request {
  readonly signal: AbortSignal;
  readonly body?: unknown;
  readonly type?: 'application/apply-patch+yaml' | 'application/merge-patch+json';
  readonly reads?: boolean;
  readonly accept?: string;
}

/** The API of one cluster, asked with a token that may change. */
export interface Api {
  readonly address: string;
  ask(method: string, path: string, request: Request): Promise<Answer>;
  /** As `ask`; throws unless the answer has one of these statuses. */
  demand(method: string, path: string, request: Request & { readonly hoped?: readonly number[]; readonly asked: Asked }): Promise<Answer>;
  refusal(answer: Answer, asked: Asked): Failure;
  /** The lines of an answer that goes on. pool: those with the same number share connections. */
  lines(
    path: string,
    request: { readonly signal: AbortSignal; readonly idleMs: number; readonly pool: number; readonly accept?: string },
  ): AsyncIterable<string>;
}
type Failure = ReturnType<typeof refusal>;

/**
 * Only what the object is, not what is in it: so no password is sent to us. A server that knows no such form sends all.
 */
export const metadataOnly = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  one: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
} as const;

const sets = ['authorization', 'accept', 'content-type'];

export function makeApi(address: string, papers: (signal: AbortSignal, unlike?: Papers) => Promise<Papers>, deps: Pick<Deps, 'http'>): Api {
  /** Made at once, as the address may be none. */
  const first = deps.http({ url: address, sets });
  /** Clients by pool; others when the certificate of the cluster has changed. */
  let clients = { authorities: undefined as string | undefined, pools: new Map([[0, first]]) };

  function clientOf({ authorities }: Papers, pool: number): Http {
    if (clients.authorities !== authorities) clients = { authorities, pools: new Map() };
    const made = clients.pools.get(pool) ?? deps.http({ url: address, sets, ...(authorities !== undefined && { authorities }) });
    clients.pools.set(pool, made);
    return made;
  }

  const headersOf = ({ token }: Papers, { type, accept = 'application/json', body }: Partial<Request>): Record<string, string> => ({
    authorization: `Bearer ${token.reveal()}`,
    accept,
    ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
  });

  async function ask(method: string, path: string, request: Request): Promise<Answer> {
    const shown = await papers(request.signal);
    const answer = await send(shown, method, path, request);
    if (answer.status !== 401) return answer;
    const renewed = await papers(request.signal, shown);
    return renewed === shown ? answer : await send(renewed, method, path, request);
  }

  function send(shown: Papers, method: string, path: string, request: Request): Promise<Answer> {
    const { signal, body, reads } = request;
    return clientOf(shown, 0)(method, path, {
      signal,
      headers: headersOf(shown, request),
      ...(body !== undefined && { body }),
      ...(reads && { reads }),
    });
  }

  return {
    address,
    ask,
    async demand(method, path, { hoped = [200], asked, ...request }) {
      const answer = await ask(method, path, request);
      if (!hoped.includes(answer.status)) throw refusal(first, answer, asked);
      return answer;
    },
    refusal: (answer, asked) => refusal(first, answer, asked),
    async *lines(path, { signal, idleMs, pool, accept }) {
      const shown = await papers(signal);
      yield* clientOf(shown, pool).lines(path, { signal, idleMs, headers: headersOf(shown, { ...(accept !== undefined && { accept }) }) });
    },
  };
}
