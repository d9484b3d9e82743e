/** Edits (insert, delete, replace, swap neighbours) between two short words. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const edits = [(rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1)];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(...edits, ...(swapped ? [(rows[i - 2]?.[j - 2] ?? 0) + 1] : [])));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** A shorter one is in too many others. */
const longPart = 5;

/**
 * The known word that was probably meant; undefined when none is near. Case, dashes and underscores do not count:
 * api_key is apiKey. A part of only one known word means that one: fingerprint is tlsFingerprint. `most`: how many
 * edits are near, of a word that is long enough.
 */
export function nearest(word: string, known: readonly string[], most = 2): string | undefined {
  const bare = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
  const mostEdits = Math.min(most, Math.floor(bare(word).length / 3));
  if (word.length > 64) return undefined;
  const near = known.map(name => ({ name, edits: distance(bare(word), bare(name)) })).filter(({ edits }) => edits <= mostEdits);
  const whole = bare(word).length < longPart ? [] : known.filter(name => bare(name).includes(bare(word)));
  return near.sort((a, b) => a.edits - b.edits)[0]?.name ?? (whole.length === 1 ? whole[0] : undefined);
}

/** `: did you mean X?`, or nothing. */
export function hint(word: string, known: readonly string[]): string {
  const name = nearest(word, known);
  return name === undefined ? '' : `: did you mean ${name}?`;
}
