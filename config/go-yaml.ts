/**
 * Differences between YAML as Kubernetes reads it and YAML elsewhere. The readers of Kubernetes use go.yaml.in/yaml/v2
 * (2.4.4, its readerc.go and resolve.go). The functions here were compared with the running library.
 */

export type Plain = string | number | boolean | null;

/** A scalar as it is written. */
interface Written {
  /** Its text without quotes and escapes. */
  readonly source: string;
  readonly style: 'plain' | 'quoted';
  /** The whole tag. undefined: there is none. */
  readonly tag: string | undefined;
}

/**
 * Replaces characters that end a line for Go alone by line feeds. A carriage return, NEL and the separators of Unicode
 * end a line, and with it a comment. Inside a value they stay, as they are read like any other character there. All
 * offsets stay the same.
 */
export function withGoLines(text: string): string {
  if (!text.includes('\n')) return text.replaceAll(/[\r\u0085\u2028\u2029]/g, '\n');
  return text.replaceAll(/[^\n]+/g, line => {
    const comment = line.search(/(^|[ \t])#/);
    const isEnd = (offset: number): boolean =>
      offset === 0 || (comment >= 0 && offset > comment) || /^[\s#\u0085]?$/.test(line.slice(offset + 1, offset + 2));
    return line.replaceAll(/[\r\u0085\u2028\u2029]/g, (found, offset: number) => (isEnd(offset) ? '\n' : found));
  });
}

/** Finds what stops the reader anywhere in a text, even in a comment or in quotes. */
export function refusedAt(text: string): { readonly offset: number; readonly message: string }[] {
  // Two blanks for one character, as only characters beyond U+FFFF take two places.
  const character = /[^\t\n\r\x20-\x7e\u0085\u00a0-\ufffd]/.exec(text.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '  '));
  const directives = [...(text.split(/^(?:---|\.\.\.)/m)[0] ?? '').matchAll(/^%YAML[ \t]+(\S+)/gm)];
  const [first, second] = directives;
  const directive = first?.[1] === '1.1' ? second : first;
  return [
    ...(character
      ? [{ offset: character.index, message: `a control character stands here (${codeOf(character[0])}): YAML has none` }]
      : []),
    ...(directive ? [{ offset: directive.index, message: '%YAML is read once, and with 1.1 alone: leave the line out' }] : []),
  ];
}

/**
 * Whether a text in double quotes, as it is written, has an escape that YAML 1.1 lacks: for a slash, or for half of a
 * surrogate pair.
 */
export const isBadEscape = (quoted: string): boolean => /(?<!\\)(?:\\\\)*\\(?:\/|u[dD][89a-fA-F])/.test(quoted);

const codeOf = (character: string): string => `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(word => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(word => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map(word => [word, null] as const),
]);

/** The value of a scalar. undefined: its tag forbids the value. A time is a text, and so is a number in base 60. */
export function goScalar({ source, style, tag }: Written): Plain | undefined {
  if (tag === undefined) return style === 'quoted' ? source : untagged(source);
  const short = tag.replace(/^tag:yaml\.org,2002:/, '');
  if (short === 'binary') return bytesOf(source);
  const fits = fitting[short];
  if (!fits) return source;
  const value = untagged(source);
  return fits(value) ? value : undefined;
}

const fitting: Readonly<Record<string, (value: Plain) => boolean>> = {
  bool: value => typeof value === 'boolean',
  null: value => value === null,
  int: Number.isSafeInteger,
  float: value => typeof value === 'number',
  timestamp: value => typeof value === 'string' && /^\d{4}-\d/.test(value),
};

function untagged(source: string): Plain {
  const word = words.get(source);
  return word === undefined ? (numberOf(source) ?? source) : word;
}

/**
 * The number that Go's ParseInt reads with base 0 (017, 0o17, 0x1f and 0b1 are integers), or else ParseFloat.
 * undefined: none.
 */
function numberOf(source: string): number | undefined {
  if (/^([+-]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/.test(source)) return /nan/i.test(source) ? Number.NaN : Number.POSITIVE_INFINITY;
  if (!/^[-+.\d]/.test(source)) return undefined;
  const digits = source.startsWith('.') ? source.replaceAll(/(?<=\d)_(?=\d)/g, '') : source.replaceAll('_', '');
  const [, sign, whole = ''] = /^([-+]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+)$/.exec(digits) ?? [];
  if (sign !== undefined) {
    const value = BigInt(whole.replace(/^0[oO]?(?=\d)/, '0o'));
    if (value < (sign === '-' ? 2n ** 63n + 1n : sign === '+' ? 2n ** 63n : 2n ** 64n)) return Number(`${sign === '-' ? '-' : ''}${value}`);
  }
  if (!/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isFinite(value) ? value : undefined;
}

function bytesOf(source: string): string | undefined {
  const text = source.replaceAll(/[\r\n]/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64').toString() : undefined;
}
