import type { Failure } from './failures.ts';
import type { Secret } from './secret.ts';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** Throws UNEXPECTED, quoting nothing but the status, when the text is not JSON. */
  json<T>(): T;
}

export interface HttpRequest {
  readonly signal: AbortSignal;
  /**
   * Sent as JSON. A frozen object is encoded once, however often it is sent: so what is in it must not change either.
   */
  readonly body?: unknown;
  /**
   * A text in the place of `body`, for what must go back as it came, or is no JSON and has a `content-type` that says
   * so: it is sent as it is.
   */
  readonly json?: string;
  /** Frozen ones are checked and put together with those of the client once. */
  readonly headers?: Record<string, string>;
  /** Not a GET, and changes nothing all the same (login, ping, access review, dry run). */
  readonly reads?: boolean;
  /**
   * Takes the elements of a JSON list that is answered with status 200, as they come, so that neither the text nor the
   * rows of a long one lie in memory as a whole. The answer then holds an empty list. The request fails with
   * UNEXPECTED, perhaps after some elements, when the answer is no list or ends too soon.
   */
  readonly each?: (element: unknown) => void;
}

/**
 * Bound to one target: base URL, CA, proxy, pool, body limit, redaction. It follows no redirects, keeps no cookies and
 * retries nothing. Every status is an answer; a Failure is thrown where no answer came.
 */
export interface Http {
  (method: string, path: string, more: HttpRequest): Promise<Answer>;
  /** Ends in order, or throws TIMEOUT after silence. */
  lines(path: string, more: { signal: AbortSignal; idleMs: number; headers?: Record<string, string> }): AsyncIterable<string>;
  /** The usual reading of a status, with a short, cleaned quotation of the answer. */
  failure(answer: Answer, message?: string): Failure;
}

/** One server, as the adapter knows it. What the configuration of the target says of certificates comes first. */
export interface HttpBase {
  /**
   * https://HOST:PORT/PATH, http://HOST:PORT/PATH where the target allows it, or unix:///PATH: a socket of this
   * machine, to which no proxy leads and which needs no certificate. It is found anew for each connection.
   */
  readonly url: string;
  /** Go with every request. */
  readonly headers?: Record<string, string>;
  /** Names of the headers that single requests bring. */
  readonly sets?: readonly string[];
  /** Certificates in PEM that are trusted beside those of the configuration. */
  readonly authorities?: string | undefined;
  /** Shown where the server asks for one. Both are PEM; the chain begins with the client's own certificate. */
  readonly certificate?: { readonly chain: string; readonly key: Secret } | undefined;
  /** The name in the server's certificate, where that is not the name in the address. */
  readonly serverName?: string | undefined;
  /**
   * Another server than the manager, such as one that gives logins: what the configuration says of the manager
   * (headers, certificates, plain HTTP) does not count there.
   */
  readonly elsewhere?: true | undefined;
  /** The HTTP proxy to this server, in the place of those of the environment. */
  readonly proxy?: NamedProxy | undefined;
}

/** address: http://USER:PASSWORD@HOST:PORT. named: what a person calls it where it was set, for sentences. */
export interface NamedProxy {
  readonly address: Secret;
  readonly named: string;
}
