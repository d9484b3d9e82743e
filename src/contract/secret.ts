import { inspect } from 'node:util';

const mask = '[secret]';
/** Shorter secrets are not filtered out of texts: they would take ordinary words with them. */
const leastFiltered = 6;
/** Length of the pieces by which a quotation is recognised. */
const pieceLength = 8;
/** In long secrets only every eighth piece is known: a quotation of 15 characters holds one for certain. In short ones every piece counts. */
const longForm = 64;

/** Every secret that is still referenced somewhere, so that texts can be filtered without being told which secrets they may hold. */
const live = new Set<WeakRef<Secret>>();
const forget = new FinalizationRegistry<WeakRef<Secret>>(ref => live.delete(ref));

/** A password, key or token. Prints as `[secret]`; `reveal()` is the one way out. */
export class Secret {
  readonly #value: string;
  #forms: readonly string[] | undefined;
  #pieces: ReadonlySet<string> | undefined;

  constructor(value: string) {
    this.#value = value;
    if (value.length < leastFiltered) return;
    const ref = new WeakRef(this);
    live.add(ref);
    forget.register(this, ref);
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
    secret.#forms ??= spellings(secret.#value);
    return secret.#forms;
  }

  /** By which a quotation of a part of the value, in any of its forms, is recognised. */
  static pieces(secret: Secret): ReadonlySet<string> {
    secret.#pieces ??= new Set(Secret.forms(secret).flatMap(piecesOf));
    return secret.#pieces;
  }
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

function* liveSecrets(): Iterable<Secret> {
  for (const ref of live) {
    const secret = ref.deref();
    if (secret) yield secret;
  }
}

/** The text with every live secret, in any encoding, replaced by `[secret]`. For our own texts; cheap enough for every log line. */
export function redact(text: string): string {
  let clean = text;
  for (const secret of liveSecrets())
    for (const form of Secret.forms(secret)) if (clean.includes(form)) clean = clean.replaceAll(form, mask);
  return clean;
}

/** As `redact`, and parts of secrets too: for texts that come from outside, which may quote a piece of what we sent (Portainer's 400 does). */
export function redactQuoted(text: string): string {
  let clean = redact(text);
  for (const secret of liveSecrets()) clean = withoutPieces(clean, secret);
  return clean;
}

function withoutPieces(text: string, secret: Secret): string {
  const pieces = Secret.pieces(secret);
  let clean = text;
  for (let at = 0; at + pieceLength <= clean.length; at++) {
    const piece = clean.slice(at, at + pieceLength);
    if (!pieces.has(piece)) continue;
    const [start, end] = quotation(clean, at, Secret.forms(secret), piece);
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
