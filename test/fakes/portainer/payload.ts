import { malformed, prefix, skipBlanks, valueEnd } from './json-scanner.ts';

/** The Go types of the members that a handler knows. */
export type Shape = Readonly<Record<string, GoType>>;
type GoType = 'string' | 'bool' | 'int' | '[]string' | Struct;
/** Without `fields`, the members of the object are not checked. */
interface Struct {
  readonly go: string;
  readonly fields?: Shape;
}
type Value<T> = T extends 'string'
  ? string
  : T extends 'bool'
    ? boolean
    : T extends 'int'
      ? number
      : T extends '[]string'
        ? string[]
        : T extends { fields: infer S extends Shape }
          ? Payload<S>
          : Record<string, unknown>;
export type Payload<S extends Shape> = { [K in keyof S]?: Value<S[K]> };

/**
 * Decodes a request body like Portainer's JSON decoder: names match in any case, unknown members are ignored, the last
 * duplicate wins, null counts as absent, and text behind the first value is ignored. Throws 400 with details that quote
 * up to 32 bytes of the body, perhaps with a password.
 */
export function decode<S extends Shape>(body: Buffer, goType: string, fields: S): Payload<S> {
  const text = body.toString('latin1');
  const start = skipBlanks(text, 0);
  if (start === text.length) malformed('EOF');
  const value = text.slice(start, valueEnd(text, start));
  if (value === 'null') return {};
  if (!value.startsWith('{')) mistyped(quoted(value), { goType, path: [] }, goType);
  return structOf(value, 0, fields, { goType, path: [] }) as Payload<S>;
}

/** The position of a value: the types and names around it. */
interface Place {
  readonly goType: string;
  readonly path: readonly string[];
}
const quoted = (rest: string): string => JSON.stringify(prefix(rest));
function mistyped(value: string, { goType, path }: Place, type: string): never {
  const where = path.length === 0 ? 'value' : `struct field ${goType}.${path.join('.')}`;
  return malformed(`json: cannot unmarshal ${value} into Go ${where} of type ${type}`);
}
const jsonAt = (text: string, at: number): string => Buffer.from(text.slice(at, valueEnd(text, at)), 'latin1').toString();

/** Returns the value at a position of well-formed JSON, or undefined for null. */
function valueOf(text: string, at: number, type: GoType, place: Place): unknown {
  if (text.startsWith('null', at)) return undefined;
  const first = text.charAt(at);
  if (typeof type === 'object') {
    if (first !== '{') return mistyped(quoted(text.slice(at)), place, type.go);
    if (!type.fields) return JSON.parse(jsonAt(text, at));
    return structOf(text, at, type.fields, { ...place, goType: place.goType + type.go });
  }
  if (type === '[]string') return listOf(text, at, place);
  if (type === 'int') return intOf(text, at, place);
  const isRight = type === 'string' ? first === '"' : 'tf'.includes(first);
  return isRight ? JSON.parse(jsonAt(text, at)) : mistyped(quoted(text.slice(at)), place, type);
}

function structOf(text: string, start: number, fields: Shape, place: Place): Record<string, unknown> {
  const names = new Map(Object.keys(fields).map(name => [name.toLowerCase(), name]));
  const found: Record<string, unknown> = {};
  for (let at = skipBlanks(text, start + 1); text[at] !== '}'; ) {
    const sent = JSON.parse(jsonAt(text, at)) as string;
    at = skipBlanks(text, skipBlanks(text, valueEnd(text, at)) + 1);
    const name = names.get(sent.toLowerCase());
    const type = fields[name ?? ''];
    const value = type && valueOf(text, at, type, { ...place, path: [...place.path, sent] });
    if (name !== undefined && value !== undefined) found[name] = value;
    at = skipBlanks(text, valueEnd(text, at));
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return found;
}

function listOf(text: string, start: number, place: Place): unknown[] {
  if (text[start] !== '[') mistyped(quoted(text.slice(start)), place, '[]string');
  const found: unknown[] = [];
  for (let at = skipBlanks(text, start + 1); text[at] !== ']'; ) {
    const inner = { goType: `${place.goType}[]string`, path: [...place.path, String(found.length)] };
    found.push(valueOf(text, at, 'string', inner) ?? '');
    at = skipBlanks(text, valueEnd(text, at));
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return found;
}

function intOf(text: string, at: number, place: Place): number {
  const number = text.slice(at, valueEnd(text, at));
  const isNumber = /^[-\d]/.test(number);
  if (!isNumber || /[.eE]/.test(number)) return mistyped(quoted(isNumber ? number : text.slice(at)), place, 'int');
  if (BigInt.asIntN(64, BigInt(number)) !== BigInt(number)) mistyped(`number ${prefix(text.slice(at))} overflows`, place, 'int');
  return Number(number);
}
