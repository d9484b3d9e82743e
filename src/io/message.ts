import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, HttpRequest } from '../contract/adapter.ts';
import { Failure } from '../contract/failures.ts';
import { version } from '../version.ts';
import type { Call } from './meaning.ts';
import { standing } from './page.ts';
import { named } from './unconnected.ts';

const agent = `ecr-courier/${version}`;

/** Names in lower case. Throws MISCONFIGURED for a value that HTTP cannot carry (a key file with two lines, say), without quoting it. */
export function headersOf(fixed: Record<string, string> | undefined, more: Pick<HttpRequest, 'headers' | 'body'>): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': agent };
  if (more.body !== undefined) headers['content-type'] = 'application/json';
  for (const given of [fixed, more.headers])
    for (const [name, value] of Object.entries(given ?? {})) {
      if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
        throw new Failure('MISCONFIGURED', `The value for the header ${name} holds a line break or a character that HTTP cannot carry.`);
      headers[name.toLowerCase()] = value;
    }
  return headers;
}

/** An answer of this client, with the call that it belongs to. */
export type Own = Answer & { readonly call: Call };

export function toAnswer(call: Call, status: number, headers: IncomingHttpHeaders, text: string): Own {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) flat.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''));
  const answer: Own = { call, status, headers: flat, text, json: () => parse(answer) };
  return answer;
}

function parse(answer: Own) {
  try {
    return JSON.parse(answer.text);
  } catch {
    const { asked, route } = answer.call;
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
