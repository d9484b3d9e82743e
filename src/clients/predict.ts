import { membersAt, valueOf } from '../../adapters/common/json-text.ts';
import { unreadable, withoutMark } from '../../adapters/docker-config/edit.ts';
import { type Entry, entriesIn, helpersIn } from '../../adapters/docker-config/entries.ts';
import { misfitIn } from '../../adapters/docker-config/types.ts';
import type { Client, Otherwise } from './client.ts';
import { type Sent, sentOf, stopsAll } from './entry.ts';
import { helperNearness, type Image, nearness } from './keys.ts';

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
}

const path = ['auths'];

/** What a client would send for an image, in its order: the kubelet tries one after the other, all others send one. */
export function predict(client: Client, { text: whole, image, helper, listed }: Situation): readonly Sent[] {
  const nothing = (why: string): readonly Sent[] => [{ kind: client.nothing, why }];
  if (whole === undefined) return nothing('there is no file');
  const text = withoutMark(whole);
  const marked = text !== whole && client.byteOrderMark === 'unparsable';
  const unread = unreadable(text, path);
  if (marked || unread) {
    const why = marked ? 'the file begins with a byte order mark' : `the file ${unread?.why}`;
    return client.unparsable === 'fails' ? [{ kind: 'fails', why }] : nothing(why);
  }
  const wrong = text.trim() === '' ? undefined : misfitIn(text, client.types.top);
  if (wrong) return client.types.wrong === 'fails' ? [{ kind: 'fails', why: `the file ${wrong}` }] : nothing(`the file ${wrong}`);
  const entries = entriesIn(text, path);
  const broken = entries.map(({ key, value }) => stopsAll(value, key, client)).find(sent => sent !== undefined);
  if (broken) return [broken];
  const inFile = (): readonly Sent[] => ofEntries(entries, image, client) ?? nothing('no entry of the file is for this host');

  const { helpers } = client;
  const { store } = helpersIn(text);
  const named = helperOf(text, image, client);
  const ask = (
    program: string,
    role: 'helper' | 'store',
    otherwise: (next: Otherwise, why: string) => readonly Sent[],
  ): readonly Sent[] => {
    const outcome = helper(program);
    if (outcome === 'login') return [{ kind: 'helper', program, role }];
    const next = helpers[outcome];
    const why = `docker-credential-${program} ${reasons[outcome]}`;
    return next === 'fails' ? [{ kind: 'fails', why }] : next === 'nothing' ? nothing(why) : otherwise(next, why);
  };
  const askStore = (): readonly Sent[] => (store === undefined ? inFile() : ask(store, 'store', inFile));
  const askHelper = (program: string): readonly Sent[] => ask(program, 'helper', next => (next === 'store' ? askStore() : inFile()));

  if (helpers.store === 'before the helper' && store !== undefined && helper(store) === 'login') return askStore();
  if (named === '' && helpers.emptyName === 'exempts the host') return inFile();
  if (named !== undefined && (named !== '' || helpers.emptyName === 'is run')) return askHelper(named);
  if (helpers.store === 'before the helper' || helpers.store === 'without a helper') return askStore();
  if (helpers.store === 'if it lists the host' && store !== undefined && listed(store)) return askStore();
  if (helpers.store === 'after the file' && store !== undefined && !inFile().some(({ kind }) => kind !== client.nothing)) return askStore();
  return inFile();
}

const reasons: Readonly<Record<Exclude<Outcome, 'login'>, string>> = {
  missing: 'is not on PATH',
  failing: 'fails',
  notFound: 'says that it has no login for this host',
};

/**
 * The program that `credHelpers` names for the host, by the client's way of looking; empty where an empty one is
 * named.
 */
function helperOf(text: string, image: Image, client: Client): string | undefined {
  const near = helperNearness[client.helpers.keys];
  const found = membersAt(text, ['credhelpers']).flatMap(member => {
    const [rank, value] = [near(member.key, image), valueOf(text, member)];
    return rank === undefined || typeof value !== 'string' ? [] : [{ rank, value }];
  });
  return found.toSorted((a, b) => a.rank - b.rank)[0]?.value;
}

/** undefined: none of the entries is for the image. */
function ofEntries(entries: readonly Entry[], image: Image, client: Client): readonly Sent[] | undefined {
  const near = nearness[client.keys];
  const found = entries.flatMap(entry => {
    const rank = near(entry.key, image);
    return rank === undefined ? [] : [{ ...entry, rank }];
  });
  const sent = found
    .toSorted((a, b) => a.rank - b.rank)
    .flatMap(({ key, value }) => {
      const one = sentOf(value, key, client);
      return one === undefined ? [] : [overHttp(one, client)];
    });
  if (sent.length === 0) return undefined;
  return client.keys === 'kubelet' ? sent : sent.slice(0, 1);
}

/** regctl takes the scheme of a key for that of the registry. */
const overHttp = (sent: Sent, { keys }: Client): Sent =>
  keys === 'regclient' && sent.kind === 'login' && sent.key.startsWith('http:') ? { ...sent, plainHttp: true } : sent;
