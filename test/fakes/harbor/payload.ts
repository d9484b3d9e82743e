import { decodeGo, goType } from '../go-json.ts';
import type { Seen } from '../server.ts';

/** The Go types of the members that a handler knows; the members of a `list` are looked into by the handler. */
export type Shape = Readonly<Record<string, Member>>;
type Member = 'string' | 'bool' | 'int64' | { readonly list: string } | { readonly model: string; readonly fields: Shape };
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
  const [media = ''] = type.split(';');
  if (!media.includes('/'))
    return flawed(`parsing Content-Type header from ${quoted(type)} failed, because mediatype: malformed: ${quoted(media)} has no subtype`);
  if (media === '*/*') return flawed('no consumer registered for */*');
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

/** `path`: the names before those of `shape`. What does not fit comes back. */
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

const quoted = (text: string): string => JSON.stringify(text);
const memberType = (value: unknown, type: Member): string =>
  type === 'int64' && typeof value === 'number' ? `number ${value}` : goType(value);
function goName(type: Member): string {
  if (typeof type !== 'object') return type;
  return 'list' in type ? `[]*models.${type.list}` : `models.${type.model}`;
}

const flawed = (flaw: string): Read => ({ body: {}, flaws: [flaw] });

function fits(value: unknown, type: Member): boolean {
  if (type === 'int64') return Number.isInteger(value);
  if (typeof type === 'object') return typeof value === 'object' && Array.isArray(value) === 'list' in type;
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
