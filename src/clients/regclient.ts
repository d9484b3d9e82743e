import type { Client } from './client.ts';
import { drawn } from './draw.ts';
import { isBroken, type Sent, sentOf } from './entry.ts';
import { type File, no } from './file.ts';
import { type Outcome, programOf, whyNot } from './helpers.ts';
import { nearness } from './keys.ts';
import type { Pair } from './reading.ts';
import { ofVariable } from './variable.ts';

interface Asks {
  readonly program: string;
  readonly role: 'helper' | 'store';
}
type Login = Extract<Sent, { readonly kind: 'login' }>;

/** A registry as regclient configures it. */
interface Host {
  readonly key: string;
  readonly login?: Login | undefined;
  readonly asks?: Asks | undefined;
}

interface Around {
  readonly helper: (program: string) => Outcome;
  readonly listed: (program: string) => boolean;
  /** DOCKER_AUTH_CONFIG, which is merged after the file. */
  readonly variable?: File | undefined;
  readonly luck?: number | undefined;
}

/**
 * What regclient sends. It makes a host of each entry, then of each helper that has no entry with its key, then of what
 * the store lists, and merges those of one registry in this order (regclient 0.11.7, config/docker.go and `Host.Merge`;
 * observed at run time). It merges several entries, and several helpers, in a random order. With `luck` 0 the nearest
 * one is the last.
 */
export function merged(host: string, file: File | undefined, client: Client, around: Around): Sent {
  const { helper, listed, variable } = around;
  const ofFile = file ? hostsOf(file, host, client, around) : [];
  const inVariable = variable ? hostsOf(variable, host, client, around) : [];
  const hosts = [...ofFile, ...inVariable.map(one => ({ ...one, login: ofVariable(one.login) }))];
  const { key, login, asks } = hosts.reduce(merge, { key: host });
  const http = key.startsWith('http:') ? ({ plainHttp: true } as const) : {};
  const outcome = asks ? helper(asks.program) : 'notFound';
  if (asks && outcome === 'login') return { kind: 'helper', ...asks, ...http };
  if (login) return { ...login, ...http };
  if (asks && outcome !== 'login') return no(whyNot(asks.program, outcome), client);
  const unread = [file, variable].flatMap(one => ranked(one?.entries ?? [], host)).map(entry => sentOf(entry, client));
  const unlisted = [file, variable].find(one => one?.store && !listed(one.store))?.store;
  const why = unlisted
    ? `docker-credential-${unlisted}, its credsStore, is asked only for hosts that it lists`
    : 'no entry of the file is for this host';
  return unread.find(sent => sent !== undefined) ?? no(why, client);
}

function hostsOf({ entries, helpers, store }: File, host: string, client: Client, { listed, luck = 0 }: Around): Host[] {
  const nearestLast = (pairs: readonly Pair[]): readonly Pair[] => drawn(ranked(pairs, host), luck).toReversed();
  return [
    ...nearestLast(entries).flatMap(entry => ofEntry(entry, helpers, client)),
    ...nearestLast(helpers)
      .filter(({ name }) => !entries.some(entry => entry.name === name))
      .map(pair => ({ key: pair.name, asks: { program: programOf(pair, client) ?? '', role: 'helper' as const } })),
    ...(store && listed(store) ? [{ key: host, asks: { program: store, role: 'store' as const } }] : []),
  ];
}

function ranked(pairs: readonly Pair[], host: string): Pair[] {
  const rank = ({ name }: Pair): number => nearness.regclient(name, { host, repository: '' }) ?? Number.NaN;
  return pairs.filter(pair => !Number.isNaN(rank(pair))).toSorted((a, b) => rank(a) - rank(b));
}

/** The host of an entry. An entry that cannot be decoded is left out, and the helper of its key with it. */
function ofEntry(entry: Pair, helpers: readonly Pair[], client: Client): Host[] {
  if (isBroken(entry, client)) return [];
  const sent = sentOf(entry, client);
  const login = sent?.kind === 'login' ? sent : undefined;
  const pair = helpers.find(({ name }) => name === entry.name);
  const program = pair && programOf(pair, client);
  const asks: Asks | undefined = program ? { program, role: 'helper' } : undefined;
  return login || asks ? [{ key: entry.name, login, asks }] : [];
}

/**
 * Merges two hosts. A helper removes an earlier login, and a login an earlier helper. A store leaves the login in
 * place.
 */
function merge(before: Host, { key, login, asks }: Host): Host {
  const kept = asks?.role === 'helper' ? undefined : before.login;
  return { key, login: login ?? kept, asks: asks ?? (login ? undefined : before.asks) };
}
