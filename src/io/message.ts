import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, HttpRequest } from '../contract/adapter.ts';
import { Failure } from '../contract/failures.ts';
import type { Secret } from '../contract/secret.ts';
import { version } from '../version.ts';
import type { Call } from './meaning.ts';
import { standing } from './page.ts';
import { named } from './unconnected.ts';

const agent = `ecr-courier/${version}`;

type Headers = Readonly<Record<string, string>>;

const contentType = { 'content-type': 'application/json' };

/** A header that the configuration asks for. */
export interface Header {
  readonly name: string;
  readonly value: Secret;
}

/**
 * The headers of a client's requests, names in lower case; what is the same for all of them is made once. `option`:
 * where the configured ones come from.
 * The returned function throws MISCONFIGURED for a value that HTTP cannot carry (a key file with two lines, say),
 * without quoting it, and for a configured header that would be replaced.
 */
export function headerWriter(
  fixed?: Headers,
  configured: readonly Header[] = [],
  option = 'headers',
): (more: Pick<HttpRequest, 'headers' | 'body'>) => Headers {
  const write = (type: Headers, more?: Headers): Headers => {
    const ours = { ...type, ...lowerCased(fixed), ...lowerCased(more) };
    const taken = configured.find(({ name }) => Object.hasOwn(ours, name.toLowerCase()));
    if (taken) throw nameTaken(taken.name, option);
    const asked = Object.fromEntries(configured.map(({ name, value }) => [name, value.reveal()]));
    return Object.freeze({ 'user-agent': agent, ...lowerCased(asked), ...ours });
  };
  let empty: Headers | undefined;
  let json: Headers | undefined;
  return ({ headers, body }) => {
    if (headers) return write(body === undefined ? {} : contentType, headers);
    return body === undefined ? (empty ??= write({})) : (json ??= write(contentType));
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

/** The body as it is sent. A frozen one is encoded once and kept for as long as it lives. */
export function bodyOf({ body }: Pick<HttpRequest, 'body'>): Buffer | null {
  if (body === undefined) return null;
  if (typeof body !== 'object' || body === null || !Object.isFrozen(body)) return Buffer.from(JSON.stringify(body));
  const known = encoded.get(body) ?? Buffer.from(JSON.stringify(body));
  encoded.set(body, known);
  return known;
}

const calls = new WeakMap<Answer, Call>();

/** The call that an answer belongs to; undefined for one that did not come from a client of ours. */
export const callOf = (answer: Answer): Call | undefined => calls.get(answer);

export function toAnswer(call: Call, status: number, headers: IncomingHttpHeaders, text: string): Answer {
  let flat: Answer['headers'] | undefined;
  const answer: Answer = {
    status,
    // Of most answers nobody reads one.
    get headers() {
      return (flat ??= flattened(headers));
    },
    text,
    json: () => parse(answer, call),
  };
  calls.set(answer, call);
  return answer;
}

function flattened(headers: IncomingHttpHeaders): Answer['headers'] {
  return new Map(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
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

/** The whole body as UTF-8. Throws TOO_LARGE. */
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

/** Line by line, as they come. Throws TOO_LARGE for a line that does not end. */
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
