import { decodeGo, goType } from '../go-json.ts';
import { goQuote } from '../go-quote.ts';
import type { Seen } from '../server.ts';

/** The Go types of the members that a handler knows. The handler itself checks the members of a `list`. */
export type Shape = Readonly<Record<string, Member>>;
type Member = 'string' | 'bool' | 'int64' | { readonly list: string } | { readonly model: string; readonly fields: Shape };
export type Body = Readonly<Record<string, unknown>>;
/** A parsed body and its validation errors. */
export interface Read {
  readonly body: Body;
  readonly flaws: readonly string[];
}

/**
 * Reads a JSON body like go-swagger: names match in any case, unknown members are ignored, and null counts as absent.
 * Errors mention `parameter` and `model`.
 */
export function readBody({ headers, body }: Seen, parameter: string, model: string, shape: Shape): Read {
  if (body.toString().trim() === '') return flawed(`${parameter} in body is required`);
  const type = headers['content-type'] || 'application/octet-stream';
  const [media = ''] = type.split(';');
  if (!media.includes('/'))
    return flawed(
      `parsing Content-Type header from ${goQuote(type)} failed, because mediatype: malformed: ${goQuote(media)} has no subtype`,
    );
  if (['*/*', 'application/*'].includes(media)) return flawed(`no consumer registered for ${media}`);
  if (!/^application\/json\s*(;|$)/i.test(type)) return flawed(`unsupported media type "${type}", only [application/json] are allowed`);
  const failed = (why: string): Read => flawed(`parsing ${parameter} body from "" failed, because ${why}`);
  const decoded = decodeGo(body.toString());
  if (!('value' in decoded)) return failed('flaw' in decoded ? decoded.flaw : 'unexpected EOF');
  const { value } = decoded;
  if (value === null) return { body: {}, flaws: [] };
  if (typeof value !== 'object' || Array.isArray(value))
    return failed(`json: cannot unmarshal ${goType(value)} into Go value of type models.${model}`);
  const found: Record<string, unknown> = {};
  const flaw = fill(found, value, model, shape, '');
  return flaw === undefined ? { body: found, flaws: [] } : failed(`json: cannot unmarshal ${flaw}`);
}

/** Fills `found` with the known members. `path` holds the names above `shape`. Returns the first type mismatch. */
function fill(found: Record<string, unknown>, value: object, model: string, shape: Shape, path: string): string | undefined {
  const names = new Map(Object.keys(shape).map(name => [name.toLowerCase(), name]));
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    const name = names.get(key.toLowerCase());
    const type = shape[name ?? ''];
    if (name === undefined || type === undefined || member === null) continue;
    found[name] = member;
    if (!fits(member, type)) return `${memberType(member, type)} into Go struct field ${model}.${path}${name} of type ${goName(type)}`;
    if (typeof type !== 'object' || !('fields' in type)) continue;
    const inner: Record<string, unknown> = {};
    const flaw = fill(inner, member as object, type.model, type.fields, `${path}${name}.`);
    if (flaw !== undefined) return flaw;
    found[name] = inner;
  }
  return undefined;
}

const memberType = (value: unknown, type: Member): string =>
  type === 'int64' && typeof value === 'number' ? `number ${value}` : goType(value);
function goName(type: Member): string {
  if (typeof type !== 'object') return type;
  return 'list' in type ? `[]*models.${type.list}` : `models.${type.model}`;
}

const flawed = (flaw: string): Read => ({ body: {}, flaws: [flaw] });

function fits(value: unknown, type: Member): boolean {
  if (type === 'int64') return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63;
  if (typeof type === 'object') return typeof value === 'object' && Array.isArray(value) === 'list' in type;
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}

/** Parses a number of a path or query. If it is not a 64-bit integer, adds an error to `flaws` and returns 0. */
export function integerOf(text: string, where: string, flaws: string[]): number {
  if (/^[+-]?\d+$/.test(text) && isInt64(BigInt(text.replace('+', '')))) return Number(text);
  flaws.push(`${where} must be of type int64: "${text}"`);
  return 0;
}

const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
