import { inspect } from 'node:util';
import { unescaped } from './escapes.ts';
import { hexPieceLength, leastFiltered, pieceLength, type Traces, tracesOf } from './traces.ts';

const mask = '[secret]';

/** What all secrets of the same value share, so that a text is searched only once for them. */
interface Known {
  readonly value: string;
  readonly traces: Traces;
  secrets: number;
}
/**
 * Every secret that is still referenced somewhere, by value, so that texts can be redacted without knowing which
 * secrets they may hold. Redaction does not dereference the Secret objects: log lines in each turn of the event loop
 * would then keep all of them from being collected.
 */
const live = new Map<string, Known>();
const forget = new FinalizationRegistry<Known>(known => {
  if (--known.secrets > 0) return;
  live.delete(known.value);
  [index, unindexed] = [undefined, []];
});

/** All pieces of one length of all live secrets, with the secret that each belongs to. */
interface Index {
  readonly length: number;
  readonly found: Map<string, Traces>;
}
/** Built when a quotation is first searched for, and rebuilt after a secret was collected. */
let index: readonly [plain: Index, hex: Index] | undefined;
/** The secrets that were added after the index was built. */
let unindexed: Traces[] = [];

/** A password, key or token. Prints as `[secret]`; only `reveal()` returns the value. */
export class Secret {
  readonly #value: string;
  readonly #traces: Traces;

  constructor(value: string) {
    this.#value = value;
    const known = live.get(value) ?? { value, traces: tracesOf(value), secrets: 0 };
    this.#traces = known.traces;
    if (value.length < leastFiltered) return;
    if (known.secrets++ === 0) keep(known);
    forget.register(this, known);
  }

  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return mask;
  }
  toJSON(): string {
    return mask;
  }
  [inspect.custom](): string {
    return mask;
  }

  /**
   * The forms in which the value can occur in a text: verbatim, in JSON, in a URL, in hex, and in base64 and base64url
   * at any offset. `redact` also finds values in mixed escapes.
   */
  static forms(secret: Secret): readonly string[] {
    return secret.#traces.forms();
  }
}

function keep(known: Known): void {
  live.set(known.value, known);
  if (index) unindexed.push(known.traces);
}

/**
 * Replaces every live secret in the text, in any encoding, by `[secret]`. For our own texts. Cheap enough to run on
 * every log line.
 */
export function redact(text: string): string {
  let clean = text;
  for (const { traces } of live.values())
    for (const form of traces.forms()) if (form.length <= clean.length && clean.includes(form)) clean = clean.replaceAll(form, mask);
  return withoutEscaped(clean, wholesIn);
}

/**
 * Like `redact`, but also replaces parts of secrets: for texts from outside, which may quote a piece of what we sent
 * (Portainer's 400 does).
 */
export function redactQuoted(text: string): string {
  const clean = redact(text);
  return withoutEscaped(masked(clean, quotationsIn(clean)), quotationsIn);
}

/** The range of a match in a text. */
type Range = readonly [start: number, end: number];

function wholesIn(text: string): Range[] {
  const found: Range[] = [];
  for (const { traces } of live.values())
    for (const form of traces.forms())
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) found.push([at, at + form.length]);
  return found;
}

function indexed(): readonly Index[] {
  const missing = index ? unindexed : Array.from(live.values(), ({ traces }) => traces);
  index ??= [
    { length: pieceLength, found: new Map() },
    { length: hexPieceLength, found: new Map() },
  ];
  const [plain, hex] = index;
  for (const traces of missing) {
    const pieces = traces.pieces();
    for (const piece of pieces[0]) plain.found.set(piece, traces);
    for (const piece of pieces[1]) hex.found.set(piece, traces);
  }
  unindexed = [];
  return index;
}

function quotationsIn(text: string): Range[] {
  const ranges: Range[] = [];
  for (const { length, found } of indexed())
    for (let at = 0; at + length <= text.length; at++) {
      const piece = text.slice(at, at + length);
      const traces = found.get(piece);
      if (!traces) continue;
      const range = quotation(text, at, traces.forms(), piece);
      ranges.push(range);
      at = range[1] - 1;
    }
  return ranges;
}

/** Extends the piece at `at` to the whole range in which the text quotes the secret. */
function quotation(text: string, at: number, forms: readonly string[], piece: string): Range {
  const form = forms.find(candidate => candidate.includes(piece)) ?? piece;
  let start = at;
  let end = at + piece.length;
  while (start > 0 && form.includes(text.slice(start - 1, end))) start--;
  while (end < text.length && form.includes(text.slice(start, end + 1))) end++;
  return [start, end];
}

/** Replaces the ranges, which may overlap, by `[secret]`. */
function masked(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let clean = '';
  let done = 0;
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    if (start >= done) clean += text.slice(done, start) + mask;
    done = Math.max(done, end);
  }
  return clean + text.slice(done);
}

/** The maximum nesting of escapes that is decoded: JSON in JSON in a URL. */
const deepest = 3;

/**
 * Also masks secrets that are escaped in the text wholly or in part, even when each character is escaped differently.
 */
function withoutEscaped(text: string, rangesIn: (text: string) => Range[]): string {
  const found: Range[] = [];
  let views = live.size > 0 ? unescaped(text) : [];
  for (let depth = 0; views.length > 0 && depth < deepest; depth++) {
    for (const view of views) for (const [start, end] of rangesIn(view.text)) found.push([view.at(start), view.at(end)]);
    views = views.flatMap(view => unescaped(view.text).map(next => ({ text: next.text, at: index => view.at(next.at(index)) })));
  }
  return masked(text, found);
}
