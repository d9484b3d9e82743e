/**
 * The first value of a text, or the error in the words of Go. `early`: the text ends before its value does, for which
 * Go has several messages.
 */
export type Decoded = { readonly value: unknown; readonly rest: string } | { readonly flaw: string } | { readonly early: true };

/**
 * Decodes like Go's stream decoder: it reads the first value and returns the remaining bytes as `rest`, unread (one
 * character a byte).
 */
export function decodeGo(text: string | Buffer): Decoded {
  try {
    return { value: JSON.parse(text.toString()), rest: '' };
  } catch {
    return firstValue((typeof text === 'string' ? Buffer.from(text) : text).toString('latin1'));
  }
}

/** Returns the error of Go's json.Unmarshal for this text, or undefined if the text is valid JSON. */
export function goJsonFlaw(text: string | Buffer): string | undefined {
  const decoded = decodeGo(text);
  if ('flaw' in decoded) return decoded.flaw;
  if ('early' in decoded) return 'unexpected end of JSON input';
  return decoded.rest === '' ? undefined : flawOf(decoded.rest.charAt(0), 'after top-level value');
}

/** The type name of a JSON value in Go's messages. */
export const goType = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);

const notMap = (value: unknown): string => `json: cannot unmarshal ${goType(value)} into Go value of type map[string]interface {}`;

/** Returns the error of Go's json.Unmarshal into a map, or undefined if the text is a map or null. */
export function goMapFlaw(text: string): string | undefined {
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) return flaw;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && !Array.isArray(value) ? undefined : notMap(value);
}

/** The number of bytes of a body that are read as a map. */
const mapBytes = 2 * 1024 * 1024;

/** Reads a body like Go's decoder into a map. Text behind the map is ignored, and null is an empty map. */
export function mapOf(body: Buffer): { readonly value: Record<string, unknown> } | { readonly flaw: string } {
  const text = body.subarray(0, mapBytes).toString();
  const decoded = decodeGo(text);
  if ('flaw' in decoded) return decoded;
  if ('early' in decoded) return { flaw: text.trim() === '' ? 'EOF' : 'unexpected EOF' };
  const { value } = decoded;
  if (value === null) return { value: {} };
  if (typeof value === 'object' && !Array.isArray(value)) return { value: value as Record<string, unknown> };
  return { flaw: notMap(value) };
}

class Stop extends Error {
  readonly why: Decoded;
  constructor(why: Decoded) {
    super();
    this.why = why;
  }
}
const refuse = (letter: string | undefined, where: string): never => {
  throw new Stop(letter === undefined ? { early: true } : { flaw: flawOf(letter, where) });
};
const flawOf = (letter: string, where: string): string => `invalid character '${escaped(letter)}' ${where}`;
function escaped(letter: string): string {
  if (letter === "'" || letter === '\\') return `\\${letter}`;
  if (/[\x80-\xa0\xad]/.test(letter)) return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  if (letter === '\x7f') return '\\x7f';
  if (letter >= ' ') return letter;
  const short = JSON.stringify(letter).slice(1, -1);
  return short.startsWith('\\u') ? `\\x${short.slice(-2)}` : short;
}

function firstValue(text: string): Decoded {
  try {
    const end = valueEnd(text, 0);
    const value: unknown = JSON.parse(Buffer.from(text.slice(0, end), 'latin1').toString());
    return { value, rest: text.slice(blanksEnd(text, end)) };
  } catch (error) {
    if (error instanceof Stop) return error.why;
    throw error;
  }
}

/** These functions take the position where an element begins and return where it ends. */
const blanksEnd = (text: string, at: number): number => after(text, at, /[ \t\r\n]*/y);

function after(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Returns the position behind blanks and one of the letters. Throws Stop if another letter follows. */
function behind(text: string, from: number, letters: RegExp, where: string): number {
  const at = blanksEnd(text, from);
  return letters.test(text[at] ?? '') ? at + 1 : refuse(text[at], where);
}

function valueEnd(text: string, from: number): number {
  const at = blanksEnd(text, from);
  const first = text[at] ?? '';
  if (first === '{') return mapEnd(text, at + 1);
  if (first === '[') return listEnd(text, at + 1);
  if (first === '"') return stringEnd(text, at + 1);
  if (/[-\d]/.test(first)) return numberEnd(text, at);
  const word = ['true', 'false', 'null'].find(word => word[0] === first) ?? refuse(text[at], 'looking for beginning of value');
  for (let index = 1; index < word.length; index++)
    if (text[at + index] !== word[index]) refuse(text[at + index], `in literal ${word} (expecting '${word[index]}')`);
  return at + word.length;
}

function mapEnd(text: string, from: number): number {
  const first = blanksEnd(text, from);
  if (text[first] === '}') return first + 1;
  for (let at = first; ; ) {
    const key = stringEnd(text, behind(text, at, /"/, 'looking for beginning of object key string'));
    const value = valueEnd(text, behind(text, key, /:/, 'after object key'));
    at = behind(text, value, /[,}]/, 'after object key:value pair');
    if (text[at - 1] === '}') return at;
  }
}

function listEnd(text: string, from: number): number {
  const first = blanksEnd(text, from);
  if (text[first] === ']') return first + 1;
  for (let at = first; ; ) {
    at = behind(text, valueEnd(text, at), /[,\]]/, 'after array element');
    if (text[at - 1] === ']') return at;
  }
}

function stringEnd(text: string, from: number): number {
  // oxlint-disable-next-line no-control-regex -- these are what JSON forbids
  const at = after(text, from, /(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/y);
  if (text[at] === '"') return at + 1;
  if (text[at] !== '\\') return refuse(text[at], 'in string literal');
  if (text[at + 1] !== 'u') return refuse(text[at + 1], 'in string escape code');
  return refuse(text[after(text, at + 2, /[\da-fA-F]*/y)], 'in \\u hexadecimal character escape');
}

function numberEnd(text: string, from: number): number {
  const digits = (start: number, pattern: RegExp, where: string): number => {
    const end = after(text, start, pattern);
    return end > start ? end : refuse(text[start], where);
  };
  let at = digits(after(text, from, /-/y), /0|[1-9]\d*/y, 'in numeric literal');
  if (text[at] === '.') at = digits(at + 1, /\d+/y, 'after decimal point in numeric literal');
  const power = after(text, at, /[eE][+-]?/y);
  return power > at ? digits(power, /\d+/y, 'in exponent of numeric literal') : at;
}
