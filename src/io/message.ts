import type { IncomingHttpHeaders } from 'node:http';
import { Failure } from '../contract/failures.ts';
import type { Answer, HttpRequest } from '../contract/http.ts';
import type { Secret } from '../contract/secret.ts';
import { userAgent } from '../version.ts';
import type { Call } from './meaning.ts';
import { standing } from './page.ts';
import { named } from './unconnected.ts';

type Headers = Readonly<Record<string, string>>;

const contentType = { 'content-type': 'application/json' };

/** A header that the configuration asks for. */
export interface Header {
  readonly name: string;
  readonly value: Secret;
}

/** The sources of a client's headers. `sets`: the names of headers that individual requests set. */
interface HeaderOptions {
  readonly headers?: Headers | undefined;
  readonly sets?: readonly string[] | undefined;
  readonly configured?: readonly Header[] | undefined;
  readonly names?: { readonly headers?: string | undefined } | undefined;
}

/**
 * Returns a function that builds the headers of a request, with names in lower case. Headers that are the same for all
 * requests are built once.
 * Throws MISCONFIGURED for a configured header that another header would replace. The returned function throws it for
 * the same reason, and, without quoting it, for a value that HTTP cannot carry (such as a key file with two lines).
 */
export function headerWriter({
  headers: fixed,
  sets = [],
  configured = [],
  names,
}: HeaderOptions): (more: Pick<HttpRequest, 'headers' | 'body' | 'json'>) => Headers {
  const refuseTaken = (ours: readonly string[]): void => {
    const taken = configured.find(({ name }) => ours.includes(name.toLowerCase()));
    if (taken) throw nameTaken(taken.name, names?.headers ?? 'headers');
  };
  refuseTaken([...Object.keys(fixed ?? {}), ...sets].map(name => name.toLowerCase()));
  const write = (type: Headers, more?: Headers): Headers => {
    const ours = { ...type, ...lowerCased(fixed), ...lowerCased(more) };
    refuseTaken(Object.keys(ours));
    const asked = Object.fromEntries(configured.map(({ name, value }) => [name, value.reveal()]));
    return Object.freeze({ 'user-agent': userAgent, ...lowerCased(asked), ...ours });
  };
  const none: Headers = Object.freeze({});
  /** Built headers by the frozen headers of a request: with a body, and without. */
  const written = { with: new WeakMap<Headers, Headers>(), without: new WeakMap<Headers, Headers>() };
  return ({ headers = none, body, json }) => {
    const isEmpty = body === undefined && json === undefined;
    const known = isEmpty ? written.without : written.with;
    const before = known.get(headers);
    if (before) return before;
    const made = write(isEmpty ? {} : contentType, headers);
    if (Object.isFrozen(headers)) known.set(headers, made);
    return made;
  };
}

function nameTaken(name: string, option: string): Failure {
  return new Failure('MISCONFIGURED', `${option} names ${name}, which the courier sends to this manager itself.`, {
    remedy: `Take ${name} out of ${option}. What stands in front of the manager must take another header.`,
  });
}

function lowerCased(headers: Headers = {}): Headers {
  const entries = Object.entries(headers).map(([name, value]) => {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new Failure('MISCONFIGURED', `The value for the header ${name} holds a line break or a character that HTTP cannot carry.`);
    return [name.toLowerCase(), value] as const;
  });
  return Object.fromEntries(entries);
}

const encoded = new WeakMap<object, Buffer>();

/** Throws UNEXPECTED for what JSON cannot represent: a cycle, a bigint or a function. */
function encode(body: unknown): Buffer {
  try {
    return Buffer.from(JSON.stringify(body));
  } catch (cause) {
    throw new Failure('UNEXPECTED', 'The body of a request cannot be written as JSON. Nothing was sent.', {
      remedy: 'Report this to those who wrote the adapter.',
      cause,
    });
  }
}

/** The encoded body. A frozen body is encoded once; the result is cached for as long as the body lives. */
export function bodyOf({ body, json }: Pick<HttpRequest, 'body' | 'json'>): Buffer | null {
  if (json !== undefined) return Buffer.from(json);
  if (body === undefined) return null;
  if (typeof body !== 'object' || body === null || !Object.isFrozen(body)) return encode(body);
  const known = encoded.get(body);
  if (known) return known;
  const bytes = encode(body);
  encoded.set(body, bytes);
  return bytes;
}

/** A class with a private member: a WeakMap from answers to calls took longer than all other work on an answer. */
class Received implements Answer {
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly text: string;
  readonly #call: Call;

  constructor(call: Call, status: number, headers: IncomingHttpHeaders, text: string) {
    this.#call = call;
    this.status = status;
    this.headers = flattened(headers);
    this.text = text;
  }

  // An own property, so that it survives a copy of the answer.
  readonly json = <T>(): T => parse(this, this.#call) as T;

  static callOf(answer: Answer): Call | undefined {
    return #call in answer ? answer.#call : undefined;
  }
}

/** The call that an answer belongs to; undefined when the answer did not come from one of our clients. */
export const { callOf } = Received;

export function toAnswer(call: Call, status: number, headers: IncomingHttpHeaders, text: string): Answer {
  return new Received(call, status, headers, text);
}

function flattened(headers: IncomingHttpHeaders): Answer['headers'] {
  const flat = new Map<string, string>();
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    flat.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''));
  }
  return flat;
}

function parse(answer: Answer, { asked, route }: Call) {
  try {
    return JSON.parse(answer.text);
  } catch {
    const failure = new Failure('UNEXPECTED', `${asked} was answered ${answer.status} with ${standing(answer)} instead of JSON.`, {
      remedy: 'Check that the address is the manager itself, and that nothing in front of it asks for a login.',
    });
    throw named(failure, route.proxy);
  }
}

/** Reads the whole body as UTF-8. Throws TOO_LARGE. */
export async function readAll(body: AsyncIterable<Buffer>, maxBytes: number, asked: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes, asked);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Yields the lines of a body as they arrive. Throws TOO_LARGE for a line that does not end. */
export async function* linesOf(body: AsyncIterable<Buffer>, maxBytes: number, asked: string): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
    if (rest.length > maxBytes) throw tooLarge(maxBytes, asked);
  }
  if (rest) yield rest;
}

export function tooLarge(maxBytes: number, asked: string): Failure {
  return new Failure('TOO_LARGE', `${asked}: the answer is larger than ${maxBytes} bytes.`, {
    remedy: 'Check that the address is the manager itself.',
  });
}
