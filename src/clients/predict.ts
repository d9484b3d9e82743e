import { brokenAt, firstValue } from '../../adapters/common/json-text.ts';
import { withoutMark } from '../../adapters/docker-config/edit.ts';
import { isMap, saidOf } from '../../adapters/docker-config/types.ts';
import type { Client, Otherwise } from './client.ts';
import { isBroken, ofWrongType, type Sent, sentOf, stopped, stopsAll } from './entry.ts';
import { asked, helperNearness, type Image, nearness } from './keys.ts';
import { type Pair, pairsIn, spelledAs, type Top, topMembers, topOf, valueIn } from './reading.ts';

/** What comes of a helper that is run. */
export type Outcome = 'login' | 'missing' | 'failing' | 'notFound';

export interface Situation {
  /** Of config.json; undefined when there is none. */
  readonly text: string | undefined;
  readonly image: Image;
  /** program: without its beginning `docker-credential-`. */
  readonly helper: (program: string) => Outcome;
  /** Whether a store lists the host. */
  readonly listed: (program: string) => boolean;
  /** What a variable says of a name, before the file is looked at. */
  readonly given?: ((name: string) => Sent | undefined) | undefined;
}

/** What a client would send for an image, in its order: the kubelet tries one after the other, all others send one. */
export function predict(client: Client, situation: Situation): readonly Sent[] {
  const { text, image, given } = situation;
  const file = text === undefined ? { stops: no('there is no file', client) } : fileOf(text, client);
  let sent: readonly Sent[] = [];
  for (const name of asked[client.asks](image)) {
    const found = given?.(name);
    if (found) return [found];
    sent = 'stops' in file ? [file.stops] : lookUp(name, file, client, situation);
    const [first] = sent;
    if (first?.kind !== client.nothing || ('final' in first && first.final)) return sent;
  }
  return sent;
}

/** What a client has read; `undecoded`: why it decodes no `auth`. */
interface File extends Top {
  readonly undecoded: string | undefined;
}

/** Throws nothing: a text that stops a client is told. */
export function fileOf(whole: string, client: Client): File | { readonly stops: Sent } {
  const text = withoutMark(whole);
  const { json, types } = client;
  if (text !== whole && client.byteOrderMark === 'unparsable') return unparsable('begins with a byte order mark', client);
  if (text.trim() === '') return json.blank === 'nothing' ? { stops: no('the file is empty', client) } : unparsable('is empty', client);
  const value = firstValue(text);
  if (value === undefined) {
    const { line, column } = brokenAt(text) ?? { line: 1, column: 1 };
    return unparsable(`is no JSON from line ${line}, column ${column} on`, client);
  }
  if (value !== text && json.behind === 'unparsable') return unparsable('has something behind its JSON', client);
  const root: unknown = JSON.parse(value);
  if (root === null) return { stops: json.nullFile === 'fails' ? failing('is null') : no('the file is null', client) };
  if (!isMap(root)) return { stops: json.noMap === 'fails' ? failing('is no map') : no('the file is no map', client) };
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

const no = (why: string, { nothing }: Client): Sent => ({ kind: nothing, why });
const failing = (why: string): Sent => ({ kind: 'fails', why: `the file ${why}` });
const unparsable = (why: string, client: Client): { readonly stops: Sent } => ({
  stops: client.unparsable === 'fails' ? failing(why) : no(`the file ${why}`, client),
});

/** A member at the top of a wrong type, or one that is there twice where this is an error. */
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

/** What is sent for one name. */
function lookUp(name: string, file: File, client: Client, { image, helper, listed }: Situation): readonly Sent[] {
  const { helpers } = client;
  const nothing = (why: string): readonly Sent[] => [no(why, client)];
  const inFile = (): readonly Sent[] =>
    ofEntries({ ...image, host: name }, file, client) ?? nothing('no entry of the file is for this host');
  const store = file.store === '' && helpers.emptyStore === 'is none' ? undefined : file.store;
  const ask = (
    { program, ...sent }: Omit<Extract<Sent, { kind: 'helper' }>, 'kind'>,
    otherwise: (next: Otherwise) => readonly Sent[],
  ): readonly Sent[] => {
    const outcome = helper(program);
    if (outcome === 'login') return [{ kind: 'helper', program, ...sent }];
    const why = `docker-credential-${program} ${reasons[outcome]}`;
    const next = helpers[outcome];
    return next === 'fails' ? [{ kind: 'fails', why }] : next === 'nothing' ? nothing(why) : otherwise(next);
  };
  const askStore = (): readonly Sent[] => (store === undefined ? inFile() : ask({ program: store, role: 'store' }, inFile));

  const named = helperOf(name, file, client);
  if (named?.program === '' && helpers.emptyName === 'exempts the host') return inFile();
  if (named && (named.program !== '' || helpers.emptyName === 'is run'))
    return ask({ ...named, role: 'helper' }, next => (next === 'store' ? askStore() : inFile()));
  if (helpers.store === 'without a helper') return askStore();
  if (store === undefined || helpers.store === 'never') return inFile();
  const isNext = helpers.store === 'if it lists the host' ? listed(store) : !inFile().some(({ kind }) => kind !== client.nothing);
  return isNext ? askStore() : inFile();
}

const reasons: Readonly<Record<Exclude<Outcome, 'login'>, string>> = {
  missing: 'is not on PATH',
  failing: 'fails',
  notFound: 'says that it has no login for this host',
};

/** The program that `credHelpers` names, by the client's way of looking; empty where an empty one is named. */
function helperOf(
  name: string,
  { helpers, entries }: Top,
  client: Client,
): { readonly program: string; readonly plainHttp?: true } | undefined {
  const found = helpers.flatMap(pair => {
    const [rank, value] = [helperNearness(client, pair.name, name), valueIn(pair)];
    const isScript = typeof value === 'number' && client.helpers.missing === 'fails';
    const program = value === null && client.json.entry === 'folded' ? '' : isScript ? String(value) : value;
    const isLost = client.helpers.besideBroken === 'lost' && entries.some(entry => entry.name === pair.name && isBroken(entry, client));
    return rank === undefined || typeof program !== 'string' || isLost ? [] : [{ rank, program, key: pair.name }];
  });
  const [first] = found.toSorted((a, b) => a.rank - b.rank);
  return first && { program: first.program, ...overHttp(first.key, client) };
}

/** undefined: none of the entries is for the image. */
function ofEntries(image: Image, { entries, undecoded }: File, client: Client): readonly Sent[] | undefined {
  const near = nearness[client.keys];
  const found = entries.flatMap(entry => {
    const rank = near(entry.name, image);
    return rank === undefined ? [] : [{ entry, rank }];
  });
  const sent = found
    .toSorted((a, b) => a.rank - b.rank)
    .flatMap(({ entry }) => {
      const one = sentOf(entry, client, undecoded);
      return one === undefined ? [] : [one.kind === 'login' ? { ...one, ...overHttp(one.key, client) } : one];
    });
  if (sent.length === 0) return undefined;
  return client.keys === 'kubelet' ? sent : sent.slice(0, 1);
}

/** regctl takes the scheme of a key for that of the registry. */
const overHttp = (key: string, { keys }: Client): { readonly plainHttp?: true } =>
  keys === 'regclient' && key.startsWith('http:') ? { plainHttp: true } : {};
