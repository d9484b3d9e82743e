/** A text with its escapes decoded. */
interface Unescaped {
  readonly text: string;
  /**
   * Maps an index of `text` to the index in the original at which that character begins, and the end of `text` to the
   * end of the original.
   */
  at(index: number): number;
}

/**
 * One escape syntax: the character that begins an escape, the form of an escape, and the character that it stands for.
 */
interface Syntax {
  readonly mark: string;
  readonly escape: RegExp;
  character(match: readonly (string | undefined)[]): string;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const fromCode = (code: number): string => (code > 0x10_ff_ff ? '' : String.fromCodePoint(code));

const syntaxes: readonly Syntax[] = [
  {
    // JSON and JavaScript.
    mark: '\\',
    escape: /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|([^ux]))/gi,
    character: ([, braced, unicode, byte, letter]) => {
      const code = braced ?? unicode ?? byte;
      return code === undefined ? (letters[letter ?? ''] ?? letter ?? '') : fromCode(Number.parseInt(code, 16));
    },
  },
  {
    // URLs. The bytes of one character are decoded together.
    mark: '%',
    escape: /(?:%[0-7][0-9a-f])|(?:%[c-f][0-9a-f](?:%[89ab][0-9a-f]){1,3})/gi,
    character: ([bytes = '']) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
  },
  {
    // HTML and XML.
    mark: '&',
    escape: /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    character: ([, decimal, hex, name = '']) => {
      if (decimal !== undefined) return fromCode(Number(decimal));
      return hex === undefined ? (named[name.toLowerCase()] ?? '') : fromCode(Number.parseInt(hex, 16));
    },
  },
];

/** The decoded text, once for each escape syntax that occurs in it. */
export function unescaped(text: string): Unescaped[] {
  return syntaxes.flatMap(syntax => (text.includes(syntax.mark) ? (undo(text, syntax) ?? []) : []));
}

function undo(text: string, { escape, character }: Syntax): Unescaped | undefined {
  /** Where each piece (an escape, or the text between two escapes) begins in the decoded text, and in the original. */
  const made: number[] = [];
  const original: number[] = [];
  const parts: string[] = [];
  let length = 0;
  let done = 0;
  const put = (part: string, begins: number): void => {
    made.push(length);
    original.push(begins);
    parts.push(part);
    length += part.length;
  };
  for (const match of text.matchAll(escape)) {
    put(text.slice(done, match.index), done);
    put(character(match), match.index);
    done = match.index + match[0].length;
  }
  if (done === 0) return undefined;
  put(text.slice(done), done);
  return { text: parts.join(''), at: index => placeOf(index, { made, original, length, end: text.length }) };
}

function placeOf(
  index: number,
  { made, original, length, end }: { made: readonly number[]; original: readonly number[]; length: number; end: number },
): number {
  if (index >= length) return end;
  let low = 0;
  let high = made.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((made[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const next = original[low + 1] ?? end;
  return Math.min((original[low] ?? 0) + index - (made[low] ?? 0), next);
}
