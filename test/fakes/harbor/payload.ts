import { decodeGo } from '../go-json.ts';
import type { Seen } from '../server.ts';

/** The Go types of the members that a handler knows; `object` is looked into by the handler. */
export type Shape = Readonly<Record<string, 'string' | 'bool' | 'int64' | 'object' | 'list'>>;
export type Body = Readonly<Record<string, unknown>>;
/** A body as it came, and what validation has to say of it. */
export interface Read {
  readonly body: Body;
  readonly flaws: readonly string[];
}

/**
 * How go-swagger reads a JSON body: names in any case, unknown ones ignored, null as absent. `parameter` and `model`
 * appear in what it refuses.
 */
export function readBody({ headers, body }: Seen, parameter: string, model: string, shape: Shape): Read {
  if (body.toString().trim() === '') return flawed(`${parameter} in body is required`);
  const type = headers['content-type'] ?? 'application/octet-stream';
  if (!/^application\/json\s*(;|$)/i.test(type)) return flawed(`unsupported media type "${type}", only [application/json] are allowed`);
  const failed = (why: string): Read => flawed(`parsing ${parameter} body from "" failed, because ${why}`);
  const decoded = decodeGo(body.toString());
  if (!('value' in decoded)) return failed('flaw' in decoded ? decoded.flaw : 'unexpected EOF');
  const { value } = decoded;
  if (value === null) return { body: {}, flaws: [] };
  if (typeof value !== 'object' || Array.isArray(value))
    return failed(`json: cannot unmarshal ${jsonType(value)} into Go value of type models.${model}`);
  const names = new Map(Object.keys(shape).map(name => [name.toLowerCase(), name]));
  const found: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const name = names.get(key.toLowerCase());
    if (name === undefined || member === null) continue;
    const wanted = shape[name] ?? 'string';
    if (!fits(member, wanted))
      return failed(`json: cannot unmarshal ${jsonType(member)} into Go struct field ${model}.${name} of type ${wanted}`);
    found[name] = member;
  }
  return { body: found, flaws: [] };
}

const flawed = (flaw: string): Read => ({ body: {}, flaws: [flaw] });

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function fits(value: unknown, type: Shape[string]): boolean {
  if (type === 'int64') return Number.isInteger(value);
  if (type === 'object' || type === 'list') return typeof value === 'object' && Array.isArray(value) === (type === 'list');
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}

/** A number in a path or query; what is none, or none that 64 bits hold, joins `flaws`. */
export function integerOf(text: string, where: string, flaws: string[]): number {
  if (/^[+-]?\d+$/.test(text) && isInt64(BigInt(text.replace('+', '')))) return Number(text);
  flaws.push(`${where} must be of type int64: "${text}"`);
  return 0;
}

const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
