import { folded, type Member, membersAt } from '../../adapters/common/json-text.ts';
import type { JsonRule, Names } from './client.ts';

/** A member of a map. `json` is its value as it is written. */
export interface Pair {
  readonly name: string;
  readonly json: string;
}

/** What a client takes from the top-level members of a file. */
export interface Top {
  /** The entries in the order of the file. A repeated key has its last value, in its first place. */
  readonly entries: readonly Pair[];
  /** All entries, including every value that a later one replaces. */
  readonly allEntries: readonly Pair[];
  readonly helpers: readonly Pair[];
  /** undefined: it is not text. */
  readonly store: string | undefined;
}

/** The top-level members that clients know, as they are spelled. */
const spelled = { auths: 'auths', credhelpers: 'credHelpers', credsstore: 'credsStore' } as const;

export const spelledAs = (name: string): string => (Object.hasOwn(spelled, name) ? spelled[name as keyof typeof spelled] : name);

export const pairsIn = (json: string): Pair[] =>
  membersAt(json, []).map(({ key, start, end }: Member) => ({ name: key, json: json.slice(start, end) }));

export const valueIn = ({ json }: Pair): unknown => JSON.parse(json) as unknown;

const plain: Readonly<Record<Names, (name: string) => string>> = {
  folded,
  'any case': name => name.toLowerCase(),
  exact: name => name,
};

/** The members that a reader takes for one of this name. */
export const named = (pairs: readonly Pair[], name: string, names: Names): Pair[] =>
  pairs.filter(pair => plain[names](pair.name) === plain[names](name));

/** The top-level members that a reader takes for this one, as far as they count. `name` is in lower case. */
export function topMembers(pairs: readonly Pair[], name: string, { top, twice, replaced }: JsonRule): Pair[] {
  const found = named(pairs, spelledAs(name), top);
  return twice === 'merged' || replaced === 'matters' ? found : found.slice(-1);
}

export function topOf(pairs: readonly Pair[], rule: JsonRule): Top {
  const mapsOf = (name: keyof typeof spelled): string[] => topMembers(pairs, name, rule).map(({ json }) => json);
  const isAuths = rule.unknownTop === 'is auths' && Object.keys(spelled).every(name => isFalse(topMembers(pairs, name, rule).at(-1)));
  const auths = mapsOf('auths').map(pairsIn);
  const text = topMembers(pairs, 'credsstore', rule)
    .map(valueIn)
    .findLast(value => rule.twice !== 'merged' || typeof value === 'string');
  return {
    entries: isAuths ? entriesAtTop(pairs) : joined(mapsOf('auths'), rule),
    allEntries: isAuths ? entriesAtTop(pairs) : auths.flat(),
    helpers: joined(mapsOf('credhelpers'), rule),
    store: typeof text === 'string' ? text : undefined,
  };
}

/** Whether Python takes a value for false. */
const isFalse = (pair: Pair | undefined): boolean => pair === undefined || /^(?:null|false|""|-?0|\{\s*\}|\[\s*\])$/.test(pair.json);

/** The top-level members as entries. docker-py gives up if one of them is not a map. */
const entriesAtTop = (pairs: readonly Pair[]): readonly Pair[] => (pairs.every(({ json }) => json.startsWith('{')) ? pairs : []);

function joined(maps: readonly string[], { twice }: JsonRule): Pair[] {
  const counted = twice === 'merged' ? maps.slice(maps.lastIndexOf('null') + 1) : maps.slice(-1);
  return [...new Map(counted.flatMap(pairsIn).map(pair => [pair.name, pair])).values()];
}
