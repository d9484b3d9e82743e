import { firstValue } from '../../adapters/common/json-text.ts';
import type { Client, Otherwise } from './client.ts';
import { drawn } from './draw.ts';
import { type Sent, sentOf } from './entry.ts';
import { type File, fileOf, no } from './file.ts';
import { type Outcome, programOf, whyNot } from './helpers.ts';
import { asked, helperNearness, type Image, nearness } from './keys.ts';
import type { Top } from './reading.ts';
import { merged } from './regclient.ts';

/** A file where a client looks. */
export interface Lying {
  readonly path?: string;
  /** The contents. undefined: there is no such file, or it cannot be read. */
  readonly text: string | undefined;
  /** Why it cannot be read, as the end of a sentence. */
  readonly unreadable?: string | undefined;
  /** The entries are at its top level, as in old files. */
  readonly isDockercfg?: true;
}

export interface Situation extends Lying {
  readonly image: Image;
  /** The outcome of running a helper. `program` is its name without the prefix `docker-credential-`. */
  readonly helper: (program: string) => Outcome;
  /** Whether a store lists the host. */
  readonly listed: (program: string) => boolean;
  /** What a variable provides for a name. It is looked at before the file. */
  readonly given?: ((name: string) => Sent | undefined) | undefined;
  /** Which of several equally near keys is drawn, where chance decides: a number from 0 on. */
  readonly luck?: number | undefined;
}

/**
 * Predicts what a client would send for an image, in its order. The kubelet tries one after the other, all others send
 * one.
 */
export function predict(client: Client, situation: Situation): readonly Sent[] {
  const { image, given } = situation;
  const file = opened(situation, client);
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

/** Reads a file as a client does. */
export function opened({ text, unreadable, isDockercfg }: Lying, client: Client): ReturnType<typeof fileOf> {
  if (unreadable !== undefined) {
    const why = `the file ${unreadable}`;
    return { stops: client.unreadable === 'fails' ? { kind: 'fails', why } : no(why, client) };
  }
  if (text === undefined) return { stops: no('there is no file', client) };
  return known(isDockercfg && firstValue(text) !== undefined ? `{"auths":${text}}` : text, client);
}

/**
 * The files that were read, by client and text. The same file is read for each host, and several times where chance
 * decides.
 */
const read = new Map<Client, Map<string, ReturnType<typeof fileOf>>>();

function known(text: string, client: Client): ReturnType<typeof fileOf> {
  const files = read.get(client) ?? new Map<string, ReturnType<typeof fileOf>>();
  const file = files.get(text) ?? fileOf(text, client);
  read.set(client, files.set(text, file));
  return file;
}

/** What is sent when one name is looked up. */
function lookUp(name: string, file: File, client: Client, situation: Situation): readonly Sent[] {
  const { helpers } = client;
  if (client.keys === 'regclient') return [merged(name, file, client, situation)];
  const inFile = (): readonly Sent[] =>
    ofEntries({ ...situation.image, host: name }, file, client, situation.luck) ?? [no('no entry of the file is for this host', client)];
  const store = file.store === '' && helpers.emptyStore === 'is none' ? undefined : file.store;
  const askStore = (): readonly Sent[] =>
    store === undefined ? inFile() : ask({ program: store, role: 'store' }, inFile, client, situation);
  const named = helperOf(name, file, client);
  if (named?.program === '' && helpers.emptyName === 'exempts the host') return inFile();
  if (named && (named.program !== '' || helpers.emptyName === 'is run'))
    return ask({ ...named, role: 'helper' }, next => (next === 'store' ? askStore() : inFile()), client, situation);
  if (helpers.store === 'without a helper') return askStore();
  if (store === undefined || helpers.store === 'never') return inFile();
  return inFile().some(({ kind }) => kind !== client.nothing) ? inFile() : askStore();
}

type Asked = Omit<Extract<Sent, { readonly kind: 'helper' }>, 'kind'>;

/** The result of asking a helper or a store. `otherwise` is the result of the place where the client looks next. */
function ask(asked: Asked, otherwise: (next: Otherwise) => readonly Sent[], client: Client, { helper }: Situation): readonly Sent[] {
  const outcome = helper(asked.program);
  if (outcome === 'login') return [{ kind: 'helper', ...asked }];
  const why = whyNot(asked.program, outcome);
  const next = client.helpers[outcome];
  return next === 'fails' ? [{ kind: 'fails', why }] : next === 'nothing' ? [no(why, client)] : otherwise(next);
}

/** The program that `credHelpers` names, found as the client looks for it. Empty: an empty one is named. */
function helperOf(name: string, { helpers }: Top, client: Client): { readonly program: string } | undefined {
  const found = helpers.flatMap(pair => {
    const [rank, program] = [helperNearness(client, pair.name, name), programOf(pair, client)];
    return rank === undefined || program === undefined ? [] : [{ rank, program }];
  });
  const [first] = found.toSorted((a, b) => a.rank - b.rank);
  return first && { program: first.program };
}

/** What is sent from the entries. undefined: none of them is for the image. */
function ofEntries(image: Image, { entries, undecoded }: File, client: Client, luck = 0): readonly Sent[] | undefined {
  const near = nearness[client.keys];
  const found = entries.flatMap(entry => {
    const rank = near(entry.name, image);
    return rank === undefined ? [] : [{ entry, rank }];
  });
  const groups = [...Map.groupBy(found, ({ rank }) => rank)].toSorted(([a], [b]) => a - b);
  const sent = groups
    .flatMap(([, equals]) => (client.ties === 'at random' ? drawn(equals, luck) : equals))
    .flatMap(({ entry }) => {
      const one = sentOf(entry, client, undecoded);
      return one === undefined ? [] : [one];
    });
  if (sent.length === 0) return undefined;
  return client.keys === 'kubelet' ? sent : sent.slice(0, 1);
}
