import type { Reply } from '../server.ts';

/** An answer that a handler throws: Portainer's way to say no. */
export class Refusal extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(`status ${reply.status}`);
    this.reply = reply;
  }
}

/**
 * The error body of Portainer's API. `details` is a Go error, and begins with a capital on the wire; without one it
 * repeats the message.
 */
export function refuse(status: number, message: string, details: string = message): never {
  throw new Refusal({ status, json: { message, details: details.charAt(0).toUpperCase() + details.slice(1) } });
}

export const plain = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  text,
});

/** The number in a path. */
export function idOf(text: string, what: 'registry' | 'environment' | 'user' | 'resource pool' | 'api-key'): number {
  const id = atoi(text);
  return typeof id === 'number' ? id : refuse(400, `Invalid ${what} identifier route variable`, id);
}

/** A number, or what is wrong with it. */
export function atoi(text: string): number | string {
  const flaw = (what: string): string => `strconv.Atoi: parsing ${JSON.stringify(text)}: ${what}`;
  if (!/^[+-]?\d+$/.test(text)) return flaw('invalid syntax');
  const id = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, id) === id ? Number(id) : flaw('value out of range');
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * What the database says of a key that it does not hold. A negative one shows as the eight bytes of its key, which are
 * no UTF-8.
 */
export function notFound(bucket: 'registries' | 'endpoints' | 'users' | 'api_key', id: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(id));
  return `object not found inside the database (bucket=${bucket}, key=${id < 0 ? bytes.toString() : id})`;
}
