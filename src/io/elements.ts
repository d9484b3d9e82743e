/**
 * Parses the text of a JSON list incrementally, and emits each element as soon as it is complete, so that a long list
 * is never held in memory as a whole.
 */
export interface ElementReader {
  /** Returns false when the text does not begin as a list; the caller then has to handle the text. */
  take(piece: string): boolean;
  /** The text that is left without the elements: an empty list, or invalid JSON when the text was not a list. */
  rest(): string;
}

const brokenList = '[';

export function elementReader(each: (element: unknown) => void): ElementReader {
  /** The parts of the incomplete element before the current piece. */
  let parts: string[] = [];
  let state: 'before' | 'within' | 'after' | 'broken' = 'before';
  /** The number of open brackets inside the element. */
  let depth = 0;
  let quoted = false;
  let escaped = false;
  let count = 0;

  function end(rest: string, last: boolean): void {
    const element = [...parts, rest].join('');
    parts = [];
    if (last) state = 'after';
    // Only whitespace between the brackets is an empty list.
    if (last && count === 0 && element.trim() === '') return;
    count++;
    const parsed = parse(element);
    if (parsed) each(parsed.value);
    else state = 'broken';
  }

  /**
   * Scans to the end of the piece or of the list, and returns the text after the list. Matching brackets is left to the
   * parser of the element.
   */
  function walk(piece: string): string {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const mark = piece[at];
      if (escaped) escaped = false;
      else if (quoted) {
        if (mark === '\\') escaped = true;
        else quoted = mark !== '"';
      } else if (mark === '"') quoted = true;
      else if (mark === '[' || mark === '{') depth++;
      else if ((mark === ']' || mark === '}') && depth > 0) depth--;
      else if (mark === ']' || (mark === ',' && depth === 0)) {
        end(piece.slice(from, at), mark === ']');
        from = at + 1;
        if (state !== 'within') return piece.slice(from);
      }
    }
    parts.push(piece.slice(from));
    return '';
  }

  return {
    take(piece) {
      let rest = piece;
      if (state === 'before') {
        rest = rest.trimStart();
        if (rest !== '' && !rest.startsWith('[')) return false;
        if (rest !== '') state = 'within';
        rest = rest.slice(1);
      }
      if (state === 'within') rest = walk(rest);
      if (state === 'after' && rest.trim() !== '') state = 'broken';
      return true;
    },
    rest: () => (state === 'after' ? '[]' : state === 'before' ? '' : brokenList),
  };
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
