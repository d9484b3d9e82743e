import { brokenAt, deepest, firstValue } from '../../adapters/common/json-text.ts';
import { narrowed, withoutMark } from '../../adapters/docker-config/edit.ts';
import { saidOf } from '../../adapters/docker-config/types.ts';
import { isMap } from '../contract/shapes.ts';
import type { Client } from './client.ts';
import { type Sent, stopsAll } from './entry.ts';
import { type Pair, pairsIn, spelledAs, type Top, topMembers, topOf, valueIn } from './reading.ts';
import { ofWrongType, stopped } from './wrong-type.ts';

/** A file as a client has read it. `undecoded` is the reason why it decodes no `auth`. */
export interface File extends Top {
  readonly undecoded: string | undefined;
}

/** Reads a file as a client does. Never throws: `stops` is what the client does with a file that stops it. */
export function fileOf(whole: string, client: Client): File | { readonly stops: Sent } {
  const wide = narrowed(whole);
  const read = wide ?? withoutMark(whole);
  const { json, types, nesting } = client;
  const text = json.noNumbers === 'read' ? withNumbers(read) : read;
  if (read !== whole && client.byteOrderMark === 'unparsable')
    return unparsable(wide === undefined ? 'begins with a byte order mark' : 'is in UTF-16', client);
  if (wide === undefined && text.includes('\ufffd') && client.otherBytes === 'unparsable')
    return unparsable('has bytes that are not UTF-8', client);
  if (text.trim() === '') return json.blank === 'nothing' ? { stops: no('the file is empty', client) } : unparsable('is empty', client);
  const value = firstValue(text);
  if (value === undefined) {
    const { line, column } = brokenAt(text) ?? { line: 1, column: 1 };
    return unparsable(`is not JSON from line ${line}, column ${column} on`, client);
  }
  if (value !== text && json.behind === 'unparsable') return unparsable('has something behind its JSON', client);
  if (deepest(value) > nesting.deepest) return tooDeep(deepest(value), client);
  const root: unknown = JSON.parse(value);
  if (root === null) return { stops: json.nullFile === 'fails' ? failing('is null') : no('the file is null', client) };
  if (!isMap(root)) return { stops: json.noMap === 'fails' ? failing('is not a map') : no('the file is not a map', client) };
  const pairs = pairsIn(value);
  const top = topOf(pairs, json);
  const entries = json.replaced === 'matters' ? top.allEntries : top.entries;
  const decoded = client.decodes === 'all, and what is replaced' ? top.allEntries : top.entries;
  const wrong =
    ofTop(pairs, client) ??
    (types.entries === 'all' ? entries.map(entry => ofWrongType(entry, client)).find(sent => sent !== undefined) : undefined) ??
    decoded.map(entry => stopsAll(entry, client)).find(sent => sent !== undefined);
  if (wrong && wrong.kind !== 'undecoded') return { stops: wrong };
  return { ...top, undecoded: wrong?.why };
}

/** The result without a login, with the reason. */
export const no = (why: string, { nothing }: Pick<Client, 'nothing'>): Sent => ({ kind: nothing, why });
const failing = (why: string): Sent => ({ kind: 'fails', why: `the file ${why}` });
const unparsable = (why: string, client: Client): { readonly stops: Sent } => ({
  stops: client.unparsable === 'fails' ? failing(why) : no(`the file ${why}`, client),
});

function tooDeep(depth: number, client: Client): { readonly stops: Sent } {
  const why = `is nested ${depth} deep`;
  if (client.nesting.beyond === 'unparsable') return unparsable(why, client);
  return {
    stops: { kind: 'not predicted', why: `the file ${why}, and how deep it reads depends on its version and on the program around it` },
  };
}

/** Replaces what is a number to Python alone with numbers of the same length. */
export const withNumbers = (text: string): string =>
  text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|(?<!-)\bNaN(?![\w.])|\bInfinity(?![\w.])/gs, found =>
    found.startsWith('"') ? found : '1'.padEnd(found.length, '0'),
  );

/**
 * What the client does with a top-level member of a wrong type, or one that occurs twice where that is an error.
 * undefined: there is none.
 */
function ofTop(pairs: readonly Pair[], client: Client): Sent | undefined {
  const { json, types } = client;
  for (const name of ['auths', 'credhelpers', 'credsstore'])
    if (json.twice === 'fails' && topMembers(pairs, name, json).length > 1) return failing(`has \`${spelledAs(name)}\` twice`);
  const isNull = (name: string): boolean => topMembers(pairs, name, json).at(-1)?.json === 'null';
  const map = types.nullMap === 'fails' ? ['auths', 'credhelpers'].find(isNull) : undefined;
  if (map) return failing(`has \`${spelledAs(map)}\` that is null`);
  for (const [name, shape] of Object.entries(types.top)) {
    const wrong = topMembers(pairs, name, json).find(pair => !shape.fits(valueIn(pair)));
    if (wrong) return stopped(`the file ${saidOf({ name: wrong.name, shape })}`, client);
  }
  return undefined;
}
