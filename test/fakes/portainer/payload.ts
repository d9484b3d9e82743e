import { refuse } from './refusal.ts';

/** The Go types of the members that a handler knows. */
export type Shape = Readonly<Record<string, 'string' | 'bool' | 'int' | 'object' | 'list'>>;
type Value<T> = T extends 'string'
  ? string
  : T extends 'bool'
    ? boolean
    : T extends 'int'
      ? number
      : T extends 'list'
        ? unknown[]
        : Record<string, unknown>;
const goTypes: Readonly<Record<string, string>> = { object: 'struct', list: '[]string' };
export type Payload<S extends Shape> = { [K in keyof S]?: Value<S[K]> };

/**
 * A request body as Portainer's JSON decoder takes it: names in any case, unknown ones ignored, of doubled ones the
 * last, null as absent, anything after the first value. What it refuses is 400, and the details quote up to 32 bytes of
 * the body: a password may be among them.
 */
export function decode<S extends Shape>(body: Buffer, goType: string, shape: S): Payload<S> {
  const text = body.toString();
  const start = skipBlanks(text, 0);
  if (start === text.length) malformed('EOF');
  const end = valueEnd(text, start);
  const value = text.slice(start, end);
  if (value === 'null') return {};
  if (!value.startsWith('{')) mistyped(value, `value of type ${goType}`);
  const names = new Map(Object.keys(shape).map(name => [name.toLowerCase(), name]));
  const found: Record<string, unknown> = {};
  for (const { key, at } of members(value)) {
    const name = names.get(key.toLowerCase());
    const raw = value.slice(at, valueEnd(value, at));
    if (name === undefined || raw === 'null') continue;
    const parsed: unknown = JSON.parse(raw);
    const type = shape[name] ?? 'string';
    if (!fits(parsed, type)) mistyped(value.slice(at), `struct field ${goType}.${name} of type ${goTypes[type] ?? type}`);
    found[name] = parsed;
  }
  return found as Payload<S>;
}

const malformed = (details: string): never => refuse(400, 'Invalid request payload', details);
const mistyped = (rest: string, what: string): never => malformed(`json: cannot unmarshal ${JSON.stringify(prefix(rest))} into Go ${what}`);

function prefix(rest: string): string {
  const bytes = Buffer.from(rest);
  return bytes.length < 32 ? rest : `${bytes.subarray(0, 32).toString()}...`;
}

function fits(value: unknown, type: Shape[string]): boolean {
  if (type === 'int') return Number.isInteger(value);
  if (type === 'object' || type === 'list') return typeof value === 'object' && Array.isArray(value) === (type === 'list');
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return at;
}

/** Each member of an object that is known to be well formed: its key and where its value begins. */
function* members(object: string): Iterable<{ key: string; at: number }> {
  let at = skipBlanks(object, 1);
  while (object[at] !== '}') {
    const keyEnd = valueEnd(object, at);
    const key = JSON.parse(object.slice(at, keyEnd)) as string;
    at = skipBlanks(object, skipBlanks(object, keyEnd) + 1);
    yield { key, at };
    at = skipBlanks(object, valueEnd(object, at));
    if (object[at] === ',') at = skipBlanks(object, at + 1);
  }
}

/** Where the value that begins at `start` ends. Refuses what is no JSON in the decoder's words. */
function valueEnd(text: string, start: number): number {
  const rest = text.slice(start);
  if (rest === '') malformed('unexpected EOF');
  if (rest.startsWith('"')) return stringEnd(text, start);
  const scalar = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/.exec(rest);
  if (scalar) return start + scalar[0].length;
  const open = text.charAt(start);
  const word = { n: 'null', t: 'true', f: 'false' }[open];
  if (word !== undefined) malformed(`json: expected '${word}' but found invalid token: ${prefix(rest)}`);
  if (open !== '{' && open !== '[') {
    // Go prints the first byte, not the first character.
    const byte = String.fromCharCode(Buffer.from(rest)[0] ?? 0);
    malformed(`json: invalid character '${byte}' looking for beginning of value: ${prefix(rest)}`);
  }
  return compoundEnd(text, start, open === '{');
}

function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text[quote - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
  return malformed('unexpected EOF');
}

function compoundEnd(text: string, start: number, isObject: boolean): number {
  const close = isObject ? '}' : ']';
  let at = skipBlanks(text, start + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    if (isObject) {
      at = skipBlanks(text, valueEnd(text, at));
      if (at >= text.length) malformed('unexpected EOF');
      if (text[at] !== ':') malformed(`json: expected ':' after object field key but found '${text[at]}': ${prefix(text.slice(at))}`);
      at = skipBlanks(text, at + 1);
    }
    at = skipBlanks(text, valueEnd(text, at));
    if (at >= text.length) malformed('unexpected EOF');
    if (text[at] === close) return at + 1;
    const what = isObject ? 'object field value' : 'array element';
    if (text[at] !== ',') malformed(`json: expected ',' after ${what} but found '${text[at]}': ${prefix(text.slice(at))}`);
    at = skipBlanks(text, at + 1);
  }
}
