import type { Failure } from './failures.ts';
import type { Secret } from './secret.ts';

export interface Answer {
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** Parses the text. Throws UNEXPECTED, quoting only the status, when the text is not JSON. */
  json<T>(): T;
}

export interface HttpRequest {
  readonly signal: AbortSignal;
  /**
   * Sent as JSON. A frozen object is encoded only once, however often it is sent, so nothing inside it may change
   * either.
   */
  readonly body?: unknown;
  /**
   * A text that is sent verbatim in place of `body`: for what must go back as it came, and for a body that is not JSON
   * and has a `content-type` header that says so.
   */
  readonly json?: string;
  /** Frozen headers are validated and merged with the client's own only once. */
  readonly headers?: Record<string, string>;
  /** Marks a request that is not a GET but changes nothing (login, ping, access review, dry run). */
  readonly reads?: boolean;
  /**
   * Receives the elements of a JSON list in a response with status 200 as they arrive, so neither the text nor the rows
   * of a long list are held in memory as a whole. The answer then holds an empty list. When the response is not a list
   * or is truncated, the request fails with UNEXPECTED, possibly after some elements.
   */
  readonly each?: (element: unknown) => void;
}

/**
 * A client bound to one target: base URL, CA, proxy, pool, body limit, redaction. It follows no redirects, keeps no
 * cookies and retries nothing. Every status resolves to an answer; a Failure is thrown when no response arrived.
 */
export interface Http {
  (method: string, path: string, more: HttpRequest): Promise<Answer>;
  /** Streams the lines of a response. Ends with the response, or throws TIMEOUT after `idleMs` of silence. */
  lines(path: string, more: { signal: AbortSignal; idleMs: number; headers?: Record<string, string> }): AsyncIterable<string>;
  /** The default interpretation of a status, with a short, redacted quotation of the response. */
  failure(answer: Answer, message?: string): Failure;
}

/** One server, as the adapter knows it. The certificate settings in the configuration of the target take precedence. */
export interface HttpBase {
  /**
   * https://HOST:PORT/PATH, http://HOST:PORT/PATH where the target allows it, or unix:///PATH: a socket on this
   * machine, which uses no proxy and needs no certificate. The socket is looked up again for each connection.
   */
  readonly url: string;
  /** Sent with every request. */
  readonly headers?: Record<string, string>;
  /** Names of the headers that individual requests set. */
  readonly sets?: readonly string[];
  /** Certificates in PEM that are trusted in addition to the configured ones. */
  readonly authorities?: string | undefined;
  /**
   * Presented when the server asks for a client certificate. Both are PEM; the chain begins with the client's own
   * certificate.
   */
  readonly certificate?: { readonly chain: string; readonly key: Secret } | undefined;
  /** The name in the server's certificate, where it differs from the name in the address. */
  readonly serverName?: string | undefined;
  /**
   * Marks a server other than the manager, such as one that issues logins. The configuration for the manager (headers,
   * certificates, plain HTTP) does not apply to it.
   */
  readonly elsewhere?: true | undefined;
  /** The HTTP proxy for this server, in place of the proxies in the environment. */
  readonly proxy?: NamedProxy | undefined;
}

/**
 * address: http://HOST:PORT, which messages may show. login: USER:PASSWORD, as an address has it. named: how sentences
 * refer to the setting that it comes from.
 */
export interface NamedProxy {
  readonly address: string;
  readonly login?: Secret | undefined;
  readonly named: string;
}
