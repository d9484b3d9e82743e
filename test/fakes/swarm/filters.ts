import { goJsonFlaw } from '../go-json.ts';
import { isMap, parse } from './exact-json.ts';
import { type EngineFacts, isModern } from './facts.ts';
import { Refused } from './spec.ts';

/** Filters by name. One of the values of each must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Parses `{"label":["a=b"]}`, or the older `{"label":{"a=b":true}}`. Throws a Refused. */
export function filtersOf(facts: EngineFacts, query: URLSearchParams, known: readonly string[]): Filters {
  const text = query.get('filters') ?? '';
  if (text === '') return new Map();
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) throw new Refused(400, isModern(facts) ? 'invalid filter' : flaw);
  const given = parse(text);
  const filters = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(isMap(given) ? given : {})) {
    if (!known.includes(name)) throw new Refused(400, `${isModern(facts) ? 'invalid' : 'Invalid'} filter '${name}'`);
    filters.set(name, Array.isArray(values) ? values.map(String) : Object.keys(isMap(values) ? values : {}));
  }
  return filters;
}

/** Whether one of the values of a filter matches. A missing filter matches everything. */
export function holds(filters: Filters, name: string, test: (value: string) => boolean): boolean {
  const values = filters.get(name);
  return values === undefined || values.length === 0 || values.some(test);
}
