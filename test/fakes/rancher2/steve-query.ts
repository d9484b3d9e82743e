/** One test of a filter in Steve's SQL cache: a key, an operator and the values to compare with. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}
type Token = { readonly kind: 'word' | 'quoted' | 'sign' | 'keyword' | 'end' | 'error'; readonly text: string };

/** An error of the grammar. Steve answers 500 with its message. */
export class GrammarError extends Error {}
const refuse = (message: string): never => {
  throw new GrammarError(message);
};

const keywords = ['in', 'notin', 'contains', 'notcontains'];
/** The operators as messages list them. */
const binary = ['in', 'notin', '=', '==', '!=', '~', '!~', 'gt', 'lt'];
const comparisons = ['==', '=', '!=', '!~', '~', '<', '>'];
const signs = [...comparisons, '!', '(', ')', ','];
const labelKey = /^metadata.labels(?:\.\w[-a-zA-Z0-9_./]*|\[.*])$/;

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const [found = ''] = pattern.exec(text) ?? [];
    at += found.length;
    return found;
  };
  for (;;) {
    take(/[ \t\r\n]*/y);
    const first = text[at];
    if (first === undefined) return [...tokens, { kind: 'end', text: '' }];
    const sign = signs.find(sign => text.startsWith(sign, at));
    if (sign !== undefined) {
      at += sign.length;
      tokens.push({ kind: 'sign', text: sign });
    } else if (/[\p{L}\p{N}_]/u.test(first)) {
      const word = take(/[^=!(),<>~ \t\r\n]*/y);
      tokens.push({ kind: keywords.includes(word.toLowerCase()) ? 'keyword' : 'word', text: word });
    } else if (first === '"' || first === "'") {
      tokens.push(quoted(take(first === '"' ? /"(?:[^"\\]|\\.)*"?/sy : /'(?:[^'\\]|\\.)*'?/sy), first));
    } else {
      const letter = take(/./suy);
      tokens.push({ kind: 'error', text: `unexpected character '${letter}'` });
    }
  }
}

function quoted(text: string, mark: string): Token {
  const inner = text.slice(1).replace(/\\(.)/gs, '$1');
  if (text.length > 1 && text.endsWith(mark)) return { kind: 'quoted', text: inner.slice(0, -1) };
  return { kind: 'error', text: `unterminated string starting with '${inner.length > 12 ? `${inner.slice(0, 10)}...` : inner}'` };
}

/**
 * Parses `key = value`, `==`, `!=`, `~` (contains), `!~`, `<`, `>`, `key in (a, b)`, `notin`, `contains`,
 * `notcontains`, `key`, `!key`, separated by commas. Grammar and messages come from Steve's source. Throws
 * GrammarError.
 */
export function requirementsOf(text: string): Requirement[] {
  const tokens = scan(text);
  let at = 0;
  const next = (): Token => tokens[Math.min(at++, tokens.length - 1)] as Token;
  const ahead = (): Token => tokens[Math.min(at, tokens.length - 1)] as Token;
  /** Keywords count as words where no operator is expected. */
  const isWord = ({ kind }: Token): boolean => kind === 'word' || kind === 'keyword';
  const isSign = ({ kind, text: sign }: Token, ...wanted: string[]): boolean => kind === 'sign' && wanted.includes(sign);
  const endsHere = (token: Token): boolean => token.kind === 'end' || isSign(token, ',');

  function requirement(): Requirement {
    const absent = isSign(ahead(), '!');
    if (absent) next();
    const key = next();
    if (!isWord(key)) refuse(`found '${key.text}', expected: identifier`);
    if (absent || endsHere(ahead())) {
      if (!labelKey.test(key.text)) refuse(`existence tests are valid only for labels; not valid for field '${key.text}'`);
      return { key: key.text, operator: absent ? '!' : 'exists', values: [] };
    }
    const operator = operatorOf(next());
    const values = ['in', 'notin'].includes(operator) ? list() : [single()];
    const [value = ''] = values;
    if (['lt', 'gt'].includes(operator) && !/^[+-]?\d+$/.test(value))
      refuse(`values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`);
    return { key: key.text, operator, values };
  }

  function operatorOf(token: Token): string {
    if (token.kind === 'keyword') return token.text.toLowerCase();
    const isKnown = token.kind === 'sign' ? comparisons.includes(token.text) : ['lt', 'gt'].includes(token.text);
    if (!isKnown) refuse(`found '${token.text}', expected: ${binary.join(', ')}`);
    return { '<': 'lt', '>': 'gt' }[token.text] ?? token.text;
  }

  function single(): string {
    if (endsHere(ahead())) refuse('found end of a query string, expected: a comparison value');
    const token = next();
    return isWord(token) || token.kind === 'quoted' ? token.text : refuse(`found '${token.text}', expected: identifier`);
  }

  function list(): string[] {
    const open = next();
    if (!isSign(open, '(')) refuse(`found '${open.text}' expected: '('`);
    const first = ahead();
    if (isSign(first, ')')) return next() && [''];
    if (!isWord(first) && !isSign(first, ',')) refuse(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = new Set<string>();
    for (;;) {
      const token = next();
      if (isWord(token)) {
        values.add(token.text);
        if (!isSign(ahead(), ',', ')')) refuse(`found '${ahead().text}', expected: ',' or ')'`);
      } else if (isSign(token, ',')) {
        if (values.size === 0 || isSign(ahead(), ')')) values.add('');
        if (isSign(ahead(), ',')) {
          next();
          values.add('');
        }
      } else return refuse(`found '${token.text}', expected: ',', or identifier`);
      if (isSign(ahead(), ')')) return next() && [...values];
    }
  }

  const found: Requirement[] = [];
  for (;;) {
    const token = ahead();
    if (token.kind === 'end') return found;
    if (!isWord(token) && !isSign(token, '!')) refuse(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    found.push(requirement());
    const after = next();
    if (after.kind === 'end') return found;
    if (!isSign(after, ',')) refuse(`found '${after.text}', expected: ',' or 'end of string'`);
    if (!isWord(ahead()) && !isSign(ahead(), '!')) refuse(`found '${ahead().text}', expected: identifier after ','`);
  }
}
