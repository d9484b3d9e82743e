/**
 * Reads the text of a JSON list in pieces, and hands on each element as soon as it is whole: so a long list never lies
 * in memory as a whole.
 */
export interface ElementReader {
  /** False: the text does not begin as a list, so it is somebody else's. */
  take(piece: string): boolean;
  /** What is left when its elements are taken out: an empty list, or something that is no JSON when it was none. */
  rest(): string;
}

const brokenList = '[';

export function elementReader(each: (element: unknown) => void): ElementReader {
  /** Of the element that is not whole yet, what came before the present piece. */
  let parts: string[] = [];
  let state: 'before' | 'within' | 'after' | 'broken' = 'before';
  /** Brackets that are open inside the element. */
  let depth = 0;
  let quoted = false;
  let escaped = false;
  let count = 0;

  function end(rest: string, last: boolean): void {
    const element = [...parts, rest].join('');
    parts = [];
    if (last) state = 'after';
    // Nothing at all between the brackets is an empty list.
    if (last && count === 0 && element.trim() === '') return;
    count++;
    const parsed = parse(element);
    if (parsed) each(parsed.value);
    else state = 'broken';
  }

  /**
   * To the end of the piece, or of the list; returns what comes after that. Whether brackets go together is left to the
   * parsing of the element.
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
