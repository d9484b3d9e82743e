import { inspect } from 'node:util';

const mask = '[secret]';
/** Shorter secrets are not filtered out of texts: they would take ordinary words with them. */
const leastFiltered = 6;
/** Length of the pieces by which a quotation is recognised. */
const pieceLength = 8;
/** In long secrets only every eighth piece is known: a quotation of 15 characters holds one for certain. In short ones every piece counts. */
const longForm = 64;

/** How one secret can stand in a text; made when it is first looked for. */
interface Traces {
  forms(): readonly string[];
  pieces(): ReadonlySet<string>;
}

/**
 * Of every secret that is still referenced somewhere, so that texts can be filtered without being told which secrets they may hold.
 * The secrets themselves are not asked for at every text: with lines in each round of the event loop none would ever be collected.
 */
const live = new Set<Traces>();
const forget = new FinalizationRegistry<Traces>(traces => live.delete(traces));

/** A password, key or token. Prints as `[secret]`; `reveal()` is the one way out. */
export class Secret {
  readonly #value: string;
  readonly #traces: Traces;

  constructor(value: string) {
    this.#value = value;
    this.#traces = tracesOf(value);
    if (value.length < leastFiltered) return;
    live.add(this.#traces);
    forget.register(this, this.#traces);
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

  /** Every way in which the value can stand in a text: as it is, in JSON, in a URL, in base64 and base64url wherever it begins. */
  static forms(secret: Secret): readonly string[] {
    return secret.#traces.forms();
  }
}

function tracesOf(value: string): Traces {
  let known: readonly string[] | undefined;
  let pieces: ReadonlySet<string> | undefined;
  const forms = () => (known ??= spellings(value));
  return {
    forms,
    // By which a quotation of a part of the value, in any of its forms, is recognised.
    pieces: () => (pieces ??= new Set(forms().flatMap(piecesOf))),
  };
}

function piecesOf(form: string): string[] {
  const step = form.length > longForm ? pieceLength : 1;
  const pieces: string[] = [];
  for (let at = 0; at + pieceLength <= form.length; at += step) pieces.push(form.slice(at, at + pieceLength));
  return pieces;
}

function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap(shift => {
    // What stands in front shifts the letters; the first and last ones also carry bits of the neighbours, so they are cut off.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const core = text.slice(shift === 0 ? 0 : 4, (shift + bytes.length) % 3 === 0 ? undefined : -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const all = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...base64];
  return [...new Set(all)].filter(form => form.length >= leastFiltered).sort((a, b) => b.length - a.length);
}

/** The text with every live secret, in any encoding, replaced by `[secret]`. For our own texts; cheap enough for every log line. */
export function redact(text: string): string {
  let clean = text;
  for (const traces of live) for (const form of traces.forms()) if (clean.includes(form)) clean = clean.replaceAll(form, mask);
  return clean;
}

/** As `redact`, and parts of secrets too: for texts that come from outside, which may quote a piece of what we sent (Portainer's 400 does). */
export function redactQuoted(text: string): string {
  let clean = redact(text);
  for (const traces of live) clean = withoutPieces(clean, traces);
  return clean;
}

function withoutPieces(text: string, traces: Traces): string {
  const pieces = traces.pieces();
  let clean = text;
  for (let at = 0; at + pieceLength <= clean.length; at++) {
    const piece = clean.slice(at, at + pieceLength);
    if (!pieces.has(piece)) continue;
    const [start, end] = quotation(clean, at, traces.forms(), piece);
    clean = clean.slice(0, start) + mask + clean.slice(end);
    at = start + mask.length - 1;
  }
  return clean;
}

/** From where to where the text quotes what the piece at `at` belongs to. */
function quotation(text: string, at: number, forms: readonly string[], piece: string): [start: number, end: number] {
  const form = forms.find(candidate => candidate.includes(piece)) ?? piece;
  let start = at;
  let end = at + piece.length;
  while (start > 0 && form.includes(text.slice(start - 1, end))) start--;
  while (end < text.length && form.includes(text.slice(start, end + 1))) end++;
  return [start, end];
}
