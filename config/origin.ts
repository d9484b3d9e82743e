import { dirname } from 'node:path';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type Scalar, visit } from 'yaml';
import { goScalar, isBadEscape, type Plain, refusedAt, withGoLines } from './go-yaml.ts';

/**
 * Where a value comes from. `text`: file:line:column, a variable, a flag, or `default`. `directory`: that of the file,
 * for relative paths.
 */
export interface Origin {
  readonly text: string;
  readonly directory?: string;
}
/** A value and its place. */
export interface Placed {
  readonly value: string | number | boolean | null | readonly Placed[] | Entries;
  readonly origin: Origin;
  /** The place of its key. */
  readonly key?: Origin;
}
/** Values by key. In a Map no key has a special meaning (`__proto__`). */
export type Entries = ReadonlyMap<string, Placed>;

/** Whether this is the text of an origin outside of files: a variable, a flag or a credential of systemd. */
export const isOutside = (origin: string): boolean => /^(--[a-z-]+|[A-Z][A-Z0-9_]*|\$CREDENTIALS_DIRECTORY\/.+)$/.test(origin);

/** Whether it is the name of a variable. */
export const isVariable = (origin: string): boolean => /^[A-Z][A-Z0-9_]*$/.test(origin);

/** Whether an option has no value: it is missing, null or an empty text. */
export const isBlank = (placed: Placed | undefined): boolean => placed === undefined || placed.value === null || placed.value === '';

/** The text of an option; empty when it has none. */
export function textOf(entries: Entries, key: string): string {
  const value = entries.get(key)?.value;
  return typeof value === 'string' ? value : '';
}

/** A mistake, for people: which option, where it was written, which rule it breaks. It never has the value. */
export interface Mistake {
  readonly path: string;
  readonly origin: string;
  readonly message: string;
}

/**
 * The line of a mistake. It begins with the subject: the option of a file, the variable or flag, or the file itself.
 */
export function lineOf({ path, origin, message }: Mistake): string {
  if (isOutside(origin) || path === '') return `${origin}: ${message}`;
  return `${path}: ${message}${origin === 'default' ? '' : ` (${origin})`}`;
}

/** The deepest nesting that is read, which is more than any option needs. */
const deepest = 16;

const notRead = 'anchors, aliases and tags are not read here: put a value that begins with & * or ! in quotes';

/** Messages by error code. Those of the yaml library may quote the text around a mistake, and with it a secret. */
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

/** The message where BAD_INDENT concerns a list or map, as the parser finds its end by the indentation first. */
const unclosed = 'a [ or { is not closed, or the lines up to its end are not indented more than the key';

const sentenceOf = (code: string, message: string): string =>
  code === 'BAD_INDENT' && message.startsWith('Flow ') ? unclosed : (sentences[code] ?? code);

/** What happens to the values of a file with mistakes. */
export type Broken = 'dropped' | 'kept';

/**
 * How a text is read. ours: YAML 1.2, in which anchors, aliases, merges and tags are mistakes. go: YAML 1.1 as
 * Kubernetes reads it (`go-yaml.ts`). go-json: JSON, which Kubernetes reads in another way.
 */
type Dialect = 'ours' | 'go' | 'go-json';
/** A mistake in the text itself. `code`: that of the yaml library, or one of ours. */
interface Slip {
  readonly code: string;
  readonly origin: string;
  readonly message: string;
}

/** The code of a slip that only strict readers refuse. */
export const mergedTwice = 'MERGED_TWICE';

/** Codes of what the parser accepts and we refuse. */
const ofValues: ReadonlySet<string> = new Set(['NOT_READ', 'NOT_TEXT', 'TOO_DEEP', 'TOO_MANY']);
/** The most values of a text, as a few aliases of aliases make millions. */
const mostValues = 100_000;

const asMistake = ({ origin, message }: Slip): Mistake => ({ path: '', origin, message });

/** Reads a YAML or JSON text as a tree of values with their places. Only its first document is read. */
export function readTree(whole: string, file: string, dialect: Dialect): { readonly root: Placed; readonly slips: Slip[] } {
  const isOurs = dialect === 'ours';
  const text = isOurs ? whole : withGoLines(whole);
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
    if (node && isOurs && isLink(node)) {
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
    if (isMap<Node, Node | null>(node)) return { value: entriesIn(node.items, depth + 1, origin), origin };
    return isScalar<Plain>(node) ? { value: plainOf(node, origin), origin } : nothing;
  }

  function plainOf(node: Scalar<Plain>, origin: Origin): Plain {
    if (isOurs) return node.value;
    const quoted = node.type === 'QUOTE_DOUBLE' && dialect === 'go' && node.range ? text.slice(node.range[0], node.range[1]) : '';
    if (isBadEscape(quoted)) wrong('BAD_DQ_ESCAPE', origin, `is not YAML or JSON: ${sentences['BAD_DQ_ESCAPE']}`);
    const style = node.type === 'PLAIN' ? 'plain' : 'quoted';
    const value = goScalar({ source: node.source ?? String(node.value ?? ''), style, tag: node.tag });
    if (value === undefined) wrong('WRONG_TAG', origin, 'is not what its tag says');
    return value ?? null;
  }

  /** The entries of one map, with those that `<<` merges into it. The last entry of a repeated key counts. */
  function entriesIn(pairs: readonly Pair<Node, Node | null>[], depth: number, fallback: Origin): Entries {
    const [entries, merged] = [new Map<string, Placed>(), new Set<string>()];
    for (const { key, value } of pairs) {
      const at = key.range ? place(key.range[0]) : fallback;
      const entry = { ...placed(value, depth, at), key: at };
      const isMerge = !isOurs && isMergeKey(key);
      if (isMerge && !bringsMaps(value, document)) wrong('NO_MAP', at, 'is not YAML or JSON: << wants a map or a list of maps');
      for (const [name, its] of isMerge ? mapsIn(entry).flatMap(map => [...map]) : [[nameOf(key, at), entry] as const]) {
        if (entries.has(name) && (isMerge || merged.has(name))) wrong(mergedTwice, at, `${name} is there twice, and once it comes with <<`);
        else if (entries.has(name)) wrong('DUPLICATE_KEY', at, `is not YAML or JSON: ${sentences['DUPLICATE_KEY']}`);
        entries.set(name, its);
        if (isMerge) merged.add(name);
      }
    }
    return entries;
  }

  function nameOf(key: Node, at: Origin): string {
    const meant = isAlias(key) && !isOurs ? key.resolve(document) : key;
    if (isScalar<Plain>(meant)) return String(plainOf(meant, at));
    wrong('NOT_TEXT', at, 'a key must be text');
    return '';
  }

  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, ...schemas[dialect] });
  const seen = new Set<number>();
  // Go accepts brackets that close at the left margin, and unknown tags.
  const warnings = document.warnings.filter(({ code }) => isOurs || code === 'BAD_DIRECTIVE');
  for (const { code, pos, message } of [...document.errors, ...warnings]) {
    // The parser may report one slip as several errors.
    if (seen.has(pos[0])) continue;
    seen.add(pos[0]);
    const isTag = code === 'TAG_RESOLVE_FAILED';
    wrong(code, place(pos[0]), isTag ? notRead : `is not YAML or JSON: ${sentenceOf(code, message)}`);
  }
  const root = placed(document.contents, 0, place(0));
  if (dialect !== 'go') return { root, slips };
  for (const offset of strayTabs(text, document.contents)) wrong('TAB', place(offset), sentences['TAB_AS_INDENT'] ?? '');
  for (const offset of marksInFlow(document.contents)) wrong('FLOW', place(offset), 'a text with a ? between brackets: put it in quotes');
  for (const { offset, message } of refusedAt(text)) wrong('REFUSED', place(offset), message);
  return { root, slips };
}

/** Offsets of unquoted texts with a question mark between brackets or braces, where Go's reader ends a text. */
function marksInFlow(root: Node | null): number[] {
  const found: number[] = [];
  visit(root, {
    Scalar(_, node, path) {
      const isInFlow = path.some(one => (isMap(one) || isSeq(one)) && one.flow === true);
      if (isInFlow && node.type === 'PLAIN' && node.source?.includes('?') && node.range) found.push(node.range[0]);
    },
  });
  return found;
}

/**
 * Offsets of blank lines and comments that are indented with a tab, which Go's reader refuses between the entries of a
 * block.
 */
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

/** Options of the parser by dialect. The values of scalars in the Go dialects come from `goScalar`. */
const schemas = {
  ours: { version: '1.2', schema: 'core' },
  go: { version: '1.1', schema: 'failsafe' },
  'go-json': { version: '1.2', schema: 'failsafe' },
} as const;

const isMergeKey = (key: Node): boolean =>
  isScalar(key) &&
  key.source === '<<' &&
  ((key.type === 'PLAIN' && key.tag === undefined) || key.tag === '!' || key.tag === 'tag:yaml.org,2002:merge');

/** Whether the value of `<<` is a map or a list of maps. An alias may stand for a map only. */
function bringsMaps(value: Node | null, document: Document.Parsed): boolean {
  const isOne = (node: Node | null): boolean => isMap(isAlias(node) ? node.resolve(document) : node);
  return isSeq<Node>(value) ? value.items.every(isOne) : isOne(value);
}

function mapsIn({ value }: Placed): Entries[] {
  if (value instanceof Map) return [value];
  return Array.isArray(value) ? value.flatMap(mapsIn) : [];
}

/**
 * Parses a configuration file of ours. Anchors, aliases and tags are refused, as a password may begin with & * or !. A
 * file with mistakes has no values or, with `kept`, those that could still be read.
 */
export function parseFile(
  text: string,
  file: string,
  broken: Broken = 'dropped',
): { readonly entries: Entries; readonly mistakes: readonly Mistake[] } {
  const { root, slips } = readTree(text, file, 'ours');
  const unread = slips.filter(({ code }) => !ofValues.has(code));
  const mistakes = (unread.length > 0 && broken === 'dropped' ? unread : slips).map(asMistake);
  if (unread.length > 0 && broken === 'dropped') return { entries: new Map(), mistakes };
  if (root.value instanceof Map) return { entries: root.value, mistakes };
  if (root.value !== null) mistakes.push({ path: '', origin: root.origin.text, message: 'must be a map with sources, targets and so on' });
  return { entries: new Map(), mistakes };
}
