import { refuse } from './refusal.ts';
import { byLabels } from './select.ts';
import type { Cluster, SecretObject } from './state.ts';
import { GrammarError, type Requirement, requirementsOf } from './steve-query.ts';

type Test = (secret: SecretObject) => boolean;
type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Returns the Secrets that pass `filter` (several filters are a conjunction, a comma is a disjunction), sorted by
 * `sort`. Without the SQL cache, filters apply to the Kubernetes object, and `labelSelector` works. With it, filters
 * have a grammar and only some fields are known. Read in Steve's source.
 */
export function filtered(all: readonly SecretObject[], cluster: Cluster, query: URLSearchParams, sqlCache: boolean): SecretObject[] {
  const revision = query.get('revision');
  if (sqlCache && revision) demandRevision(revision, cluster.version);
  const tests = query.getAll('filter').map(filter => (sqlCache ? sqlTest(filter) : plainTest(filter)));
  if (!sqlCache) tests.push(byLabels(query.get('labelSelector') ?? ''));
  tests.push(placeTest(cluster, query));
  return sorted(
    all.filter(secret => tests.every(test => test(secret))),
    query.get('sort') ?? '',
    sqlCache,
  );
}

/** Parses `a.b=part,c.d!=part`. Invalid tests are ignored; a filter without any valid test matches nothing. */
function plainTest(filter: string): Test {
  const tests = filter.split(',').flatMap((part): Test[] => {
    const [field = '', value, ...more] = part.split(/!?=/);
    if (value === undefined || more.length > 0) return [];
    const wanted = !part.includes('!=');
    return [secret => holds(secret, field.split('.'), value) === wanted];
  });
  return secret => tests.some(test => test(secret));
}

function holds(object: unknown, path: readonly string[], part: string): boolean {
  let value = object;
  for (const name of path) value = isTree(value) ? value[name] : undefined;
  return ['string', 'boolean'].includes(typeof value) && String(value).includes(part);
}

/** Returns the test for namespaces, or for the projects that they belong to. */
function placeTest({ namespaces }: Cluster, query: URLSearchParams): Test {
  const wanted = query.get('projectsornamespaces');
  const given = wanted || query.get('projectsornamespaces!');
  if (!given) return () => true;
  const places = given.split(',');
  return ({ metadata: { namespace } }) => {
    const project = namespaces.get(namespace)?.labels?.['field.cattle.io/projectId'] ?? '';
    return (places.includes(namespace) || places.includes(project)) === Boolean(wanted);
  };
}

function sqlTest(filter: string): Test {
  try {
    const tests = requirementsOf(filter).map(testOf);
    return secret => tests.length === 0 || tests.some(test => test(secret));
  } catch (error) {
    if (error instanceof GrammarError) refuse(500, 'ServerError', error.message);
    throw error;
  }
}

function testOf({ key, operator, values }: Requirement): Test {
  const [, before = key, last] = /^(.+)\[(.+)]$/s.exec(key) ?? [];
  const field = last === undefined ? key.split('.') : [...before.split('.'), last];
  const meets = comparison(operator, values);
  if (field[0] !== 'metadata' || field[1] !== 'labels') {
    const read = columnOf(field);
    return secret => meets(read(secret));
  }
  const isNegative = ['!=', '!~', 'notin', 'notcontains', '!'].includes(operator);
  return ({ metadata: { labels = {} } }) => {
    const value = labels[field[2] ?? ''];
    return value === undefined ? isNegative : meets(value);
  };
}

/** Compares texts like SQLite. Steve escapes the special characters of a pattern, even for plain equality. */
function comparison(operator: string, values: readonly string[]): (value: string) => boolean {
  const [first = ''] = values;
  const has = (value: string): boolean => value.toLowerCase().includes(first.toLowerCase());
  const equals = (value: string): boolean => value === first.replaceAll(/[\\_%]/g, '\\$&');
  const tests: Readonly<Record<string, (value: string) => boolean>> = {
    '=': equals,
    '==': equals,
    '!=': value => !equals(value),
    '~': has,
    '!~': value => !has(value),
    in: value => values.includes(value),
    notin: value => !values.includes(value),
    contains: value => value.split('|').includes(first),
    notcontains: value => !value.split('|').includes(first),
    lt: value => value < Number(first).toFixed(1),
    gt: value => value > Number(first).toFixed(1),
    exists: () => true,
  };
  return tests[operator] ?? (() => false);
}

/** The columns of a Secret in the cache, apart from labels. A missing value is an empty text. */
const columns: Readonly<Record<string, (secret: SecretObject) => string>> = {
  id: idOf,
  _type: ({ type }) => type,
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'metadata.state.name': () => 'active',
  'metadata.creationTimestamp': () => '',
  'metadata.annotations[management.cattle.io/project-scoped-secret-copy]': ({ metadata }) =>
    metadata.annotations?.['management.cattle.io/project-scoped-secret-copy'] ?? '',
  'metadata.fields[0]': ({ metadata }) => metadata.name,
  'metadata.fields[1]': ({ type }) => type,
  'metadata.fields[2]': ({ data = {} }) => String(Object.keys(data).length),
  'metadata.fields[3]': () => '',
  'spec.clusterName': () => '',
  'spec.displayName': () => '',
};

function idOf({ metadata: { namespace, name } }: SecretObject): string {
  return `${namespace}/${name}`;
}

function columnOf(field: readonly string[]): (secret: SecretObject) => string {
  const last = field.at(-1) ?? '';
  const name = field.length < 2 || /^[a-zA-Z_]\w*$/.test(last) ? field.join('.') : `${field.slice(0, -1).join('.')}[${last}]`;
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
  return column ?? refuse(422, 'InvalidBodyContent', `column is invalid [${name}]: supplied column is invalid`);
}

type Reader = (secret: SecretObject) => string | undefined;

/**
 * Sorts by `a.b,-c.d`. The SQL cache ignores case, sorts by id by default, and in ascending order puts missing labels
 * at the end.
 */
function sorted(all: SecretObject[], sort: string, sqlCache: boolean): SecretObject[] {
  const keys = sort.split(',').flatMap((key): { read: Reader; sign: number }[] => {
    const path = key.replace(/^-/, '');
    return path === '' ? [] : [{ read: readerOf(path, sqlCache), sign: key.startsWith('-') ? -1 : 1 }];
  });
  if (keys.length === 0 && sqlCache) keys.push({ read: idOf, sign: 1 });
  const compare = (a: SecretObject, b: SecretObject): number => {
    for (const { read, sign } of keys) {
      const [left, right] = [read(a), read(b)];
      if (left === right) continue;
      if (left === undefined || right === undefined) return left === undefined ? sign : -sign;
      const [one, other] = sqlCache ? [left.toLowerCase(), right.toLowerCase()] : [left, right];
      if (one !== other) return one < other ? -sign : sign;
    }
    return 0;
  };
  return all.toSorted(compare);
}

function readerOf(path: string, sqlCache: boolean): Reader {
  const [, before = path, last] = /^(.*?)\[(.*).$/s.exec(path) ?? [];
  const field = last === undefined ? path.split('.') : [...before.split('.'), last];
  const isLabel = field[0] === 'metadata' && field[1] === 'labels' && field.length === 3;
  if (sqlCache && isLabel) return ({ metadata: { labels } }) => labels?.[field[2] ?? ''];
  if (sqlCache) return columnOf(field);
  return secret => {
    let value: unknown = secret;
    for (const name of field) value = isTree(value) ? value[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
}

/** Throws 400 if the cluster has not reached the version yet. */
function demandRevision(revision: string, version: number): void {
  if (!/^[+-]?\d+$/.test(revision)) refuse(400, 'invalid revision query param', `value ${revision} for revision query param is not valid`);
  if (Number(revision) > version) refuse(400, 'unknown revision', 'unknown revision');
}
