import { dirname } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

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
 * How a text is read. `version`: 1.1 knows yes and no as truth values. `links`: whether anchors, aliases, merges and
 * tags mean something, or are a mistake.
 */
export interface Dialect {
  readonly version: '1.1' | '1.2';
  readonly links: 'refused' | 'followed';
}
/** Something wrong with a text itself. `code`: of the yaml library, or one of `ofValues`. */
export interface Slip {
  readonly code: string;
  readonly origin: string;
  readonly message: string;
}

/** What the parser takes, and we do not. */
const ofValues: ReadonlySet<string> = new Set(['NOT_READ', 'NOT_TEXT', 'TOO_DEEP', 'TOO_MANY']);
/** A few aliases of aliases are millions of values. */
const mostValues = 100_000;

const asMistake = ({ origin, message }: Slip): Mistake => ({ path: '', origin, message });

/** A YAML or JSON text as a tree of values with their places: of its first document, where there are several. */
export function readTree(text: string, file: string, { version, links }: Dialect): { readonly root: Placed; readonly slips: Slip[] } {
  const lines = new LineCounter();
  const slips: Slip[] = [];
  const directory = dirname(file);
  const place = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { text: `${file}:${line}:${col}`, directory };
  };
  const wrong = (code: string, origin: Origin, message: string): void => void slips.push({ code, origin: origin.text, message });
  let values = 0;
  const isLink = (node: Node): boolean => isAlias(node) || node.anchor !== undefined || node.tag !== undefined;

  function placed(node: Node | null, depth: number, fallback: Origin): Placed {
    const origin = node?.range ? place(node.range[0]) : fallback;
    const nothing: Placed = { value: null, origin };
    if (node && links === 'refused' && isLink(node)) {
      wrong('NOT_READ', origin, notRead);
      return nothing;
    }
    values += 1;
    if (values === mostValues) wrong('TOO_MANY', origin, `more than ${mostValues} values`);
    if (depth > deepest) wrong('TOO_DEEP', origin, 'nested deeper than any option');
    if (depth > deepest || values >= mostValues) return nothing;
    if (isAlias(node)) {
      const meant = node.resolve(document);
      if (!meant) wrong('NO_ANCHOR', origin, 'an alias of an anchor that is not there: put a value that begins with * in quotes');
      return placed(meant ?? null, depth + 1, origin);
    }
    if (isSeq<Node>(node)) return { value: node.items.map(item => placed(item, depth + 1, origin)), origin };
    if (isMap<Node, Node | null>(node)) return { value: new Map(node.items.flatMap(pair => entriesOf(pair, depth + 1, origin))), origin };
    return isScalar<Plain | Uint8Array | Date>(node) ? { value: plainOf(node.value, node.source), origin } : nothing;
  }

  /** One entry, or those that are merged in by `<<`. */
  function entriesOf({ key, value }: { key: Node; value: Node | null }, depth: number, fallback: Origin): [string, Placed][] {
    const at = key.range ? place(key.range[0]) : fallback;
    if (!isScalar(key)) wrong('NOT_TEXT', at, 'a key must be text');
    const entry = placed(value, depth, at);
    const merged = links === 'followed' && isScalar(key) && key.source === '<<' ? mapsIn(entry) : [];
    return merged.length > 0 ? merged.flatMap(map => [...map]) : [[isScalar(key) ? String(key.value) : '', entry]];
  }

  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version,
    merge: links === 'followed',
    ...schemas[version],
  });
  const seen = new Set<number>();
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    // One slip can be several errors to the parser.
    if (seen.has(pos[0])) continue;
    seen.add(pos[0]);
    const isTag = code === 'TAG_RESOLVE_FAILED';
    // Go takes a text with a tag that it does not know as it is.
    if (isTag && links === 'followed') continue;
    wrong(code, place(pos[0]), isTag ? notRead : `is not YAML or JSON: ${sentences[code] ?? code}`);
  }
  const root = placed(document.contents, 0, place(0));
  if (links === 'followed')
    for (const offset of strayTabs(text, document.contents)) wrong('TAB', place(offset), sentences['TAB_AS_INDENT'] ?? '');
  return { root, slips };
}

/** Lines of blanks or a comment that begin with a tab: Go's reader wants none between the entries of a block. */
function strayTabs(text: string, root: Node | null): number[] {
  const within: (readonly [from: number, to: number])[] = [];
  visit(root, {
    Node: (_, node) => {
      const isWhole = isScalar(node) || ((isMap(node) || isSeq(node)) && node.flow === true);
      if (isWhole && node.range) within.push([node.range[0], node.range[1]]);
    },
  });
  const lines = [...text.matchAll(/^ *\t[ \t]*(?:#.*)?$/gm)].map(({ index }) => index);
  return lines.filter(offset => !within.some(([from, to]) => from <= offset && offset < to));
}

type Plain = string | number | boolean | null;

/** Go's readers take the bytes of `!!binary` and what looks like a time for texts. */
function plainOf(value: Plain | Uint8Array | Date, source = ''): Plain {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return value instanceof Date ? source : value;
}

const schemas = { '1.1': { schema: 'yaml-1.1' }, '1.2': { schema: 'core' } } as const;

function mapsIn({ value }: Placed): Entries[] {
  if (value instanceof Map) return [value];
  return Array.isArray(value) ? value.flatMap(mapsIn) : [];
}

/**
 * A configuration file of ours. Anchors, aliases and tags are refused: a password may begin with & * or !.
 * Of a file with mistakes there are no values, or with `kept` those that could be made out all the same.
 */
export function parseFile(
  text: string,
  file: string,
  broken: Broken = 'dropped',
): { readonly entries: Entries; readonly mistakes: readonly Mistake[] } {
  const { root, slips } = readTree(text, file, { version: '1.2', links: 'refused' });
  const unread = slips.filter(({ code }) => !ofValues.has(code));
  const mistakes = (unread.length > 0 && broken === 'dropped' ? unread : slips).map(asMistake);
  if (unread.length > 0 && broken === 'dropped') return { entries: new Map(), mistakes };
  if (root.value instanceof Map) return { entries: root.value, mistakes };
  if (root.value !== null) mistakes.push({ path: '', origin: root.origin.text, message: 'must be a map with sources, targets and so on' });
  return { entries: new Map(), mistakes };
}
