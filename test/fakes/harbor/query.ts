import { fail, refuse } from './refusal.ts';

/** A column of a table and its Go field. A `secret` column can be sorted by, but does not filter. */
export interface Column<T> {
  readonly field: string;
  readonly column: string;
  readonly type: 'int' | 'text' | 'bool' | 'time';
  readonly secret?: boolean;
  of(item: T): string | number | boolean;
}
/** A value in `q`, as Harbor parses it. */
type Wanted =
  | { readonly like: string }
  | { readonly from: Value; readonly to: Value }
  | { readonly among: readonly Value[] }
  | { readonly all: true }
  | { readonly exact: string };
/** `isNumber`: Harbor has already decided its type, instead of the database. */
type Value = { readonly text: string; readonly isNumber: boolean } | undefined;

const operators = ['icontains', 'in', 'gte', 'lte', 'gt', 'lt', 'exact'] as const;
type Operator = (typeof operators)[number];

/** Filters by `k=v,k=~part,k=[a~b],k={a b},k=(a b)`, already unescaped. Unknown columns are ignored. */
export function filtered<T>(all: readonly T[], q: string, columns: readonly Column<T>[]): readonly T[] {
  if (q === '') return all;
  // The last of several values for a name wins.
  const wanted = new Map<string, Wanted>();
  for (const part of q.split(',')) {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(part) ?? [];
    if (name === undefined || value === undefined)
      return refuse(400, 'the query string must contain "=" and the key/value cannot be empty');
    wanted.set(name, wantedOf(value) ?? refuse(400, `invalid query string value: ${value}`));
  }
  const tests = [...wanted].map(([key, value]) => testOf(key, value, columns)).filter(test => test !== undefined);
  return all.filter(item => tests.every(matches => matches(item)));
}

/** Parses a value. Returns undefined for an empty pattern or one without its closing bracket. */
function wantedOf(value: string): Wanted | undefined {
  const inner = value.slice(1, -1);
  switch (value.charAt(0)) {
    case '~':
      return value === '~' ? undefined : { like: value.slice(1) };
    case '[': {
      const [from = '', to = '', ...more] = inner.split('~').map(bound => bound.trim());
      if (!value.endsWith(']') || !inner.includes('~') || more.length > 0 || (from === '' && to === '')) return undefined;
      return { from: valueOf(from), to: valueOf(to) };
    }
    case '{':
      return value.endsWith('}') ? { among: inner.split(' ').map(valueOf) } : undefined;
    case '(':
      return value.endsWith(')') ? { all: true } : undefined;
    default:
      return { exact: value.replace(/^\\/, '') };
  }
}

function valueOf(text: string): Value {
  const value = text.trim();
  if (/^[+-]?\d+$/.test(value)) return { text: value, isNumber: true };
  return value === '' ? undefined : { text: value.replace(/^["']+|["']+$/g, ''), isNumber: false };
}

function testOf<T>(key: string, wanted: Wanted, columns: readonly Column<T>[]): ((item: T) => boolean) | undefined {
  const [name = '', operator = 'exact', ...more] = key.split('__');
  const known = (text: string): Column<T> | undefined => columns.find(({ field, column }) => field === text || column === text);
  const found = known(name) ?? known(snakeCase(name));
  if (!found || found.secret || more.length > 0 || !isOperator(operator)) return undefined;
  if ('all' in wanted) return undefined;
  // The handler panics on a name that the ORM does not know, and on a second operator.
  const column = columns.find(({ field, column }) => field.toLowerCase() === name.toLowerCase() || column === name);
  if (!column || (key.includes('__') && !('exact' in wanted))) return refuse(500, '');
  if ('like' in wanted) return like(column, wanted.like);
  if ('among' in wanted) {
    const among = wanted.among.filter(value => value !== undefined).map(value => comparing(column, value, order => order === 0));
    return item => among.some(matches => matches(item));
  }
  if ('exact' in wanted) {
    if (operator === 'icontains') return like(column, wanted.exact);
    return comparing(column, { text: wanted.exact, isNumber: false }, orders[operator]);
  }
  const [from, to] = [wanted.from, wanted.to].map((value, index) => value && comparing(column, value, orders[index === 0 ? 'gte' : 'lte']));
  return item => (from?.(item) ?? true) && (to?.(item) ?? true);
}

const isOperator = (text: string): text is Operator => operators.some(operator => operator === text);
const orders = {
  exact: (order: number) => order === 0,
  in: (order: number) => order === 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
};

/** Converts a Go name like Harbor: `_` before a capital that begins a word. */
const snakeCase = (name: string): string => name.replaceAll(/(?<=.)(?:\p{Lu}(?=\p{Ll})|(?<=\p{Ll})\p{Lu})/gu, '_$&').toLowerCase();

function like<T>({ of }: Column<T>, part: string): (item: T) => boolean {
  return item => String(of(item)).toLowerCase().includes(part.toLowerCase());
}

/**
 * Compares a column with a value. A value that the database does not accept for the column is an internal error of
 * Harbor.
 */
function comparing<T>({ type, of }: Column<T>, { text, isNumber }: NonNullable<Value>, holds: (order: number) => boolean) {
  if (isNumber && type !== 'int') fail();
  const wanted = readers[type](text.trim()) ?? (type === 'text' ? text : fail());
  return (item: T): boolean => {
    const actual = type === 'time' ? Date.parse(String(of(item))) : of(item);
    return holds(actual < wanted ? -1 : actual > wanted ? 1 : 0);
  };
}

const readers: Readonly<Record<Column<unknown>['type'], (text: string) => number | boolean | undefined>> = {
  int: text => (/^[+-]?\d{1,18}$/.test(text) ? Number(text) : undefined),
  text: () => undefined,
  bool(text) {
    if (/^(t|tr|tru|true|y|ye|yes|on|1)$/i.test(text)) return true;
    return /^(f|fa|fal|fals|false|n|no|of|off|0)$/i.test(text) ? false : undefined;
  },
  time: text => (Number.isNaN(Date.parse(`${text}Z`)) ? undefined : Date.parse(`${text}Z`)),
};
