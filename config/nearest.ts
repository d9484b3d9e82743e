import { few } from '../src/contract/text.ts';

/** The number of edits (insert, delete, replace, swap neighbours) between two short words. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const edits = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(swapped ? Math.min(edits, (rows[i - 2]?.[j - 2] ?? 0) + 1) : edits);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

const bare = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');

/**
 * The known word that was probably meant. undefined: none is near. Case, dashes and underscores do not count: api_key
 * is apiKey. `most`: the most edits that count as near, for a word that is long enough.
 */
export function nearest(word: string, known: readonly string[], most = 2): string | undefined {
  if (word.length > 64) return undefined;
  const meant = bare(word);
  const mostEdits = Math.min(most, Math.floor(meant.length / 3));
  const near = known.flatMap(name => {
    const one = bare(name);
    // Each letter more or less is an edit, so the length alone rules a name out. Each start compares all variables with
    // hundreds of names.
    if (Math.abs(one.length - meant.length) > mostEdits) return [];
    const edits = distance(meant, one);
    return edits <= mostEdits ? [{ name, edits }] : [];
  });
  return near.sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** The least length of a part, as a shorter one is in too many names. */
const longPart = 5;

/** The only known word that contains this one: tlsFingerprint for fingerprint. */
function onlyWith(word: string, known: readonly string[]): string | undefined {
  const part = bare(word);
  const whole = part.length < longPart ? [] : known.filter(name => bare(name).includes(part));
  return whole.length === 1 ? whole[0] : undefined;
}

/** `: did you mean X?`, or nothing. */
export function hint(word: string, known: readonly string[]): string {
  const name = nearest(word, known) ?? onlyWith(word, known);
  return name === undefined ? '' : `: did you mean ${name}?`;
}

const mostNames = 10;

/** `there is no target x: did you mean y?`. Where no name is near, it lists the first few. */
export const noneNamed = (what: string, name: string, names: readonly string[]): string =>
  `there is no ${what} ${name}${hint(name, names) || `; there are ${few(names, mostNames)}`}`;
