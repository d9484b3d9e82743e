type Matches = (object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }) => boolean;

const name = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';
const key = `(?:${name}/)?${name}`;
const value = `(?:${name})?`;
const set = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(\\s*(${value}(?:\\s*,\\s*${value})*)\\s*\\)$`);
const equality = new RegExp(`^(${key})\\s*(!=|==?)\\s*(${value})$`);
const existence = new RegExp(`^(!?)\\s*(${key})$`);

/** Parses `k=v,k!=v,k,!k,k in (a,b),k notin (a,b)` into one check per term. Calls `refuse` for an invalid term. */
export function labelTerms(selector: string, refuse: (term: string) => never): Matches[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map(term => term.trim())
    .filter(Boolean)
    .map(term => {
      const [, inKey, operator, list = ''] = set.exec(term) ?? [];
      if (inKey !== undefined) return valueOf(inKey, list.split(/\s*,\s*/), operator === 'in');
      const [, equalKey, sign, wanted = ''] = equality.exec(term) ?? [];
      if (equalKey !== undefined) return valueOf(equalKey, [wanted], sign !== '!=');
      const [, not, there] = existence.exec(term) ?? [];
      if (there === undefined) return refuse(term);
      return ({ metadata: { labels = {} } }) => (labels[there] === undefined) === (not === '!');
    });
}

function valueOf(label: string, values: readonly string[], among: boolean): Matches {
  return ({ metadata: { labels = {} } }) => {
    const found = labels[label];
    return (found !== undefined && values.includes(found)) === among;
  };
}
