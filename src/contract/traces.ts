/** Shorter secrets are not redacted, because ordinary words would be replaced with them. */
export const leastFiltered = 6;
/** Length of the pieces by which a quotation is recognized. */
export const pieceLength = 8;
/** Length of such pieces in hex, which has half the information per character and resembles many other texts. */
export const hexPieceLength = 16;
/**
 * Forms longer than this are indexed only at every eighth position, which still catches any quotation of 15 characters.
 * Shorter forms are indexed at every position.
 */
const longForm = 64;

/** The traces that one secret can leave in a text, computed on demand. */
export interface Traces {
  /** All spellings of the value, longest first. */
  forms(): readonly string[];
  /** Pieces by which a quotation of part of the value is recognized: of the spellings other than hex, and of hex. */
  pieces(): readonly [plain: readonly string[], hex: readonly string[]];
}

export function tracesOf(value: string): Traces {
  let known: readonly string[] | undefined;
  const hexes = (): string[] => spellingsInHex(value);
  return {
    forms: () => (known ??= longestFirst([...spellings(value), ...hexes()])),
    pieces: () => [spellings(value).flatMap(form => piecesOf(form, pieceLength)), hexes().flatMap(form => piecesOf(form, hexPieceLength))],
  };
}

function piecesOf(form: string, length: number): string[] {
  const step = form.length > longForm ? length : 1;
  const pieces: string[] = [];
  for (let at = 0; at + length <= form.length; at += step) pieces.push(form.slice(at, at + length));
  return pieces;
}

const longestFirst = (forms: readonly string[]): readonly string[] =>
  [...new Set(forms)].filter(form => form.length >= leastFiltered).sort((a, b) => b.length - a.length);

function spellingsInHex(value: string): string[] {
  const hex = Buffer.from(value).toString('hex');
  return [hex, hex.toUpperCase()];
}

function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap(shift => {
    // Preceding bytes shift the letters. The first and last letters also carry bits of the neighbouring bytes, so they
    // are cut off.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const core = text.slice(shift === 0 ? 0 : 4, (shift + bytes.length) % 3 === 0 ? undefined : -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const inUrl = encodeURIComponent(value);
  return [value, JSON.stringify(value).slice(1, -1), inUrl, inUrl.replaceAll('%20', '+'), ...base64];
}
