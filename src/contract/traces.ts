/** Shorter secrets are not filtered out of texts: they would take ordinary words with them. */
export const leastFiltered = 6;
/** Length of the pieces by which a quotation is recognised. */
export const pieceLength = 8;
/** Hex says half as much with each letter, and looks like many other things. */
export const hexPieceLength = 16;
/**
 * In long secrets only every eighth piece is known: a quotation of 15 characters holds one for certain. In short ones
 * every piece counts.
 */
const longForm = 64;

/** How one secret can stand in a text; made when it is first looked for. */
export interface Traces {
  /** Longest first. */
  forms(): readonly string[];
  /**
   * By which a quotation of a part of the value is recognised: pieces of its forms but for hex, and of those in hex.
   */
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
    // What stands in front shifts the letters; the first and last ones also carry bits of the neighbours, so they are
    // cut off.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const core = text.slice(shift === 0 ? 0 : 4, (shift + bytes.length) % 3 === 0 ? undefined : -1);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const inUrl = encodeURIComponent(value);
  return [value, JSON.stringify(value).slice(1, -1), inUrl, inUrl.replaceAll('%20', '+'), ...base64];
}
