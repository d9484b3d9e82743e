import { goQuote } from '../go-quote.ts';
import type { Reply } from '../server.ts';

/** An error response that a handler throws. */
export class Refusal extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(`status ${reply.status}`);
    this.reply = reply;
  }
}

/**
 * Throws an error of Portainer's API. `details` is a Go error, capitalized in the response. It defaults to the message.
 */
export function refuse(status: number, message: string, details: string = message): never {
  throw new Refusal({ status, json: { message, details: details.charAt(0).toUpperCase() + details.slice(1) } });
}

export const plain = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  text,
});

/** Parses the id in a path. Throws 400 if it is not a number. */
export function idOf(text: string, what: 'registry' | 'environment' | 'user' | 'api-key'): number {
  const id = atoi(text);
  return typeof id === 'number' ? id : refuse(400, `Invalid ${what} identifier route variable`, id);
}

/** Parses a number. Returns the error of Go's strconv.Atoi if that fails. */
export function atoi(text: string): number | string {
  const flaw = (what: string): string => `strconv.Atoi: parsing ${goQuote(text)}: ${what}`;
  if (!/^[+-]?\d+$/.test(text)) return flaw('invalid syntax');
  const id = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, id) === id ? Number(id) : flaw('value out of range');
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Returns the database's error for a missing key. A negative id shows as the eight bytes of its key, which are not
 * UTF-8.
 */
export function notFound(bucket: 'registries' | 'endpoints' | 'users' | 'api_key', id: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(id));
  return `object not found inside the database (bucket=${bucket}, key=${id < 0 ? bytes.toString() : id})`;
}
