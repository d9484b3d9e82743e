import { dirname } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/**
 * Where a value comes from. `text`: file:line:column, a variable, a flag, or `default`. `directory`: of the file, for
 * relative paths.
 */
export interface Origin {
  readonly text: string;
  readonly directory?: string;
}
/** A value and where it stands. */
export interface Placed {
  readonly value: string | number | boolean | null | readonly Placed[] | Entries;
  readonly origin: Origin;
}
/** A Map, so that no name of a key (`__proto__`) means anything. */
export type Entries = ReadonlyMap<string, Placed>;

/** Nothing said: a key without a value, or an empty text. */
export const isBlank = (placed: Placed | undefined): boolean => placed === undefined || placed.value === null || placed.value === '';

/** The text of an option; empty when it has none. */
export function textOf(entries: Entries, key: string): string {
  const value = entries.get(key)?.value;
  return typeof value === 'string' ? value : '';
}

/** Something wrong, for people: which option, where it was written, which rule it breaks. Never a value. */
export interface Mistake {
  readonly path: string;
  readonly origin: string;
  readonly message: string;
}

/** Deeper nesting than any option needs. */
const deepest = 16;

const notRead = 'anchors, aliases and tags are not read here: put a value that begins with & * or ! in quotes';

/** yaml's own sentences may quote the text around a mistake, and with it a secret; these do not. */
const sentences: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: 'a line begins with %, which YAML keeps for itself',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a value begins with a character that YAML keeps for itself: put it in quotes',
  BAD_DQ_ESCAPE: 'a text in double quotes has a backslash that means nothing: use single quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a value contains a colon and a blank: put it in quotes',
  DUPLICATE_KEY: 'the same key twice in one map',
  MISSING_CHAR: 'something is not closed: a quote, a bracket or a brace, or a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key without a value: a colon is missing, or a text in several lines is not quoted',
  MULTIPLE_DOCS: 'more than one document in a file: one is expected',
  RESOURCE_EXHAUSTION: 'nested far too deep',
  TAB_AS_INDENT: 'a tab as indentation: YAML wants blanks',
  UNEXPECTED_TOKEN: 'something that does not belong here',
};

/** What becomes of a file that has mistakes. */
export type Broken = 'dropped' | 'kept';

/**
 * A YAML or JSON file as a tree of values with their places. Anchors, aliases and tags are refused: a password may
 * begin with & * or !.
 * Of a file with mistakes there are no values, or with `kept` those that could be made out all the same.
 */
export function parseFile(
  text: string,
  file: string,
  broken: Broken = 'dropped',
): { readonly entries: Entries; readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const mistakes: Mistake[] = [];
  const directory = dirname(file);
  const place = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { text: `${file}:${line}:${col}`, directory };
  };
  const wrong = (origin: Origin, message: string): void => void mistakes.push({ path: '', origin: origin.text, message });

  function placed(node: Node | null, depth: number, fallback: Origin): Placed {
    const origin = node?.range ? place(node.range[0]) : fallback;
    const nothing: Placed = { value: null, origin };
    if (node && (isAlias(node) || node.anchor !== undefined || node.tag !== undefined)) {
      wrong(origin, notRead);
      return nothing;
    }
    if (depth > deepest) {
      wrong(origin, 'nested deeper than any option');
      return nothing;
    }
    if (isSeq<Node>(node)) return { value: node.items.map(item => placed(item, depth + 1, origin)), origin };
    if (isMap<Node, Node | null>(node)) {
      const entries = node.items.map(({ key, value }): [string, Placed] => {
        const at = key.range ? place(key.range[0]) : origin;
        if (!isScalar(key)) wrong(at, 'a key must be text');
        return [isScalar(key) ? String(key.value) : '', placed(value, depth + 1, at)];
      });
      return { value: new Map(entries), origin };
    }
    return isScalar<string | number | boolean | null>(node) ? { value: node.value, origin } : nothing;
  }

  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
  });
  const seen = new Set<number>();
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    // One slip can be several errors to the parser.
    if (seen.has(pos[0])) continue;
    seen.add(pos[0]);
    wrong(place(pos[0]), code === 'TAG_RESOLVE_FAILED' ? notRead : `is not YAML or JSON: ${sentences[code] ?? code}`);
  }
  if (mistakes.length > 0 && broken === 'dropped') return { entries: new Map(), mistakes };
  const { value, origin } = placed(document.contents, 0, place(0));
  if (value instanceof Map) return { entries: value, mistakes };
  if (value !== null) wrong(origin, 'must be a map with sources, targets and so on');
  return { entries: new Map(), mistakes };
}
