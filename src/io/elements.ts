/** Reads the text of a JSON list in pieces, and hands on each element as soon as it is whole: so a long list never lies in memory as a whole. */
export interface ElementReader {
  /** False: the text does not begin as a list, so it is somebody else's. */
  take(piece: string): boolean;
  /** What is left when its elements are taken out: an empty list, or something that is no JSON when it was none. */
  rest(): string;
}

const brokenList = '[';

export function elementReader(each: (element: unknown) => void): ElementReader {
  /** From the beginning of the element that is not whole yet. */
  let text = '';
  let at = 0;
  let state: 'before' | 'within' | 'after' | 'broken' = 'before';
  /** Brackets that are open inside the element. */
  let depth = 0;
  let quoted = false;
  let count = 0;

  function end(element: string, last: boolean): void {
    if (last) state = 'after';
    // Nothing at all between the brackets is an empty list.
    if (last && count === 0 && element.trim() === '') return;
    count++;
    const parsed = parse(element);
    if (parsed) each(parsed.value);
    else state = 'broken';
  }

  /** Goes on to the end of what is there. Whether brackets go together is left to the parsing of the element. */
  function walk(): void {
    let from = 0;
    for (; at < text.length && state === 'within'; at++) {
      const mark = text[at];
      if (quoted) {
        if (mark === '\\') at++;
        else quoted = mark !== '"';
      } else if (mark === '"') quoted = true;
      else if (mark === '[' || mark === '{') depth++;
      else if ((mark === ']' || mark === '}') && depth > 0) depth--;
      else if (mark === ']' || (mark === ',' && depth === 0)) {
        end(text.slice(from, at), mark === ']');
        from = at + 1;
      }
    }
    text = text.slice(from);
    at -= from;
  }

  return {
    take(piece) {
      text += piece;
      if (state === 'before') {
        text = text.trimStart();
        if (text === '') return true;
        if (!text.startsWith('[')) return false;
        state = 'within';
        text = text.slice(1);
      }
      walk();
      if (state === 'after' && text.trim() !== '') state = 'broken';
      if (state !== 'within') text = '';
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
