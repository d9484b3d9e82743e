/** A parsed JSON value. Whole numbers beyond 2^53 are exact. */
export type Value = null | boolean | number | bigint | string | readonly Value[] | Members;
export interface Members {
  readonly [name: string]: Value;
}

export const isMap = (value: Value | undefined): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a member that is a map, or else an empty map. */
export const mapOf = (value: Value | undefined): Members => (isMap(value) ? value : {});

/** Returns a member that is a text, or else the default. */
export const textOf = (value: Value | undefined, otherwise = ''): string => (typeof value === 'string' ? value : otherwise);

export function parse(text: string): Value {
  const exactly = (_: string, value: unknown, ...more: readonly unknown[]): unknown => {
    const { source = '' } = (more[0] ?? {}) as { readonly source?: string };
    return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, exactly) as Value;
}

/** Serializes a value like Go: the special characters of HTML are escaped, and members without a value are left out. */
export function write(value: Value): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (!isMap(value))
    return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const members = Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : `${write(name)}:${write(member)}`));
  return `{${members.join(',')}}`;
}

/** Serializes a value with sorted members. Values that differ only in the order of members give the same text. */
export function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isMap(value)) return write(value);
  const names = Object.keys(value).toSorted();
  return `{${names.map(name => `${write(name)}:${canonical(value[name] ?? null)}`).join(',')}}`;
}
