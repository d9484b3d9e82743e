import { keyFlaws, valueFlaws } from './kubernetes/validate-meta.ts';

type Matches = (object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }) => boolean;

const signs = ['==', '=', '!=', '!', '(', ')', ',', '>', '<'];
const sets = ['in', 'notin'];
const operators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
/** The end of a selector is an empty token. */
const end = '';

/**
 * Parses a label selector into one check per term: `k=v,k==v,k!=v,k,!k,k>1,k<1,k in (a,b),k notin (a,b)`. Calls
 * `refuse` with the message of the API server (apimachinery 0.36.3, pkg/labels/selector.go).
 */
export function labelTerms(selector: string, refuse: (message: string) => never): Matches[] {
  const tokens = selector.match(/==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+/g) ?? [];
  let at = 0;
  const ahead = (): string => tokens[at] ?? end;
  const next = (): string => tokens[at++] ?? end;
  const isWord = (token: string): boolean => token !== end && !signs.includes(token);
  const endsHere = (): boolean => [end, ','].includes(ahead());
  const broken = (why: string): never => refuse(`unable to parse requirement: ${why}`);

  function term(): Matches {
    const isAbsent = ahead() === '!' && next() === '!';
    const key = next();
    if (!isWord(key)) broken(`found '${key}', expected: identifier`);
    for (const why of keyFlaws(key)) broken(`<nil>: Invalid value: ${JSON.stringify(key)}: ${why}`);
    if (isAbsent || endsHere()) return ({ metadata: { labels = {} } }) => (labels[key] === undefined) === isAbsent;
    const operator = next();
    if (!['=', '==', '!=', '>', '<', ...sets].includes(operator)) broken(`found '${operator}', expected: ${operators.join(', ')}`);
    const values = sets.includes(operator) ? list() : [single()];
    return checked(key, operator, values);
  }

  function checked(key: string, operator: string, values: readonly string[]): Matches {
    const [first = ''] = values;
    if ('<>'.includes(operator) && !/^[+-]?\d+$/.test(first))
      broken(`values[0]: Invalid value: ${JSON.stringify(first)}: for 'Gt', 'Lt' operators, the value must be an integer`);
    for (const [index, value] of values.entries())
      for (const why of valueFlaws(value)) broken(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${why}`);
    const among = !['!=', 'notin'].includes(operator);
    return ({ metadata: { labels = {} } }) => {
      const found = labels[key];
      if (!'<>'.includes(operator)) return (found !== undefined && values.includes(found)) === among;
      if (found === undefined || !/^[+-]?\d+$/.test(found)) return false;
      return operator === '>' ? Number(found) > Number(first) : Number(found) < Number(first);
    };
  }

  function single(): string {
    if (endsHere()) return '';
    const value = next();
    return isWord(value) ? value : broken(`found '${value}', expected: identifier`);
  }

  function list(): string[] {
    const open = next();
    if (open !== '(') broken(`found '${open}' expected: '('`);
    if (ahead() !== ')' && ahead() !== ',' && !isWord(ahead())) broken(`found '${ahead()}', expected: ',', ')' or identifier`);
    // Between commas, and beside one, stands an empty value.
    const values = [''];
    for (let isOpen = true; ; ) {
      const token = next();
      if (token === ')') return [...new Set(values)].sort();
      if (isOpen && isWord(token)) values[values.length - 1] = token;
      else if (token === ',') values.push('');
      else broken(`found '${token}', expected: ${isOpen ? "',', or identifier" : "',' or ')'"}`);
      isOpen = token === ',';
    }
  }

  const terms: Matches[] = [];
  while (ahead() !== end) {
    if (!isWord(ahead()) && ahead() !== '!') refuse(`found '${ahead()}', expected: !, identifier, or 'end of string'`);
    terms.push(term());
    const behind = next();
    if (behind === end) break;
    if (behind !== ',') refuse(`found '${behind}', expected: ',' or 'end of string'`);
    if (!isWord(ahead()) && ahead() !== '!') refuse(`found '${ahead()}', expected: identifier after ','`);
  }
  return terms;
}
