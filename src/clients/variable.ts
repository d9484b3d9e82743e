import { firstValue } from '../../adapters/common/json-text.ts';
import { map, text } from '../../adapters/docker-config/types.ts';
import { shownAddress } from '../contract/text.ts';
import type { Client } from './client.ts';
import { hasAuth, type Sent, sentOf } from './entry.ts';
import { fileOf } from './file.ts';
import { named, type Pair, pairsIn } from './reading.ts';
import { clients } from './rules.ts';

/**
 * The clients that read DOCKER_AUTH_CONFIG. strictly: Docker from 28.4 on and programs with its code accept `auths` and
 * `auth` alone, and otherwise drop the whole variable; if it has no login, they go on to the file. testcontainers reads
 * it in place of the file, and regctl as a file that it merges after the other one.
 */
export const readers: Readonly<Record<string, 'strictly' | 'in place of the file' | 'merged after the file'>> = {
  cli29: 'strictly',
  crane: 'strictly',
  nerdctl: 'strictly',
  regctl: 'merged after the file',
  tcnode: 'in place of the file',
  tcjava: 'in place of the file',
};

const strict: Client = {
  ...clients.cli29,
  types: { ...clients.cli29.types, top: { auths: map }, entry: { auth: text }, unknown: 'is wrong' },
};

/** Why the whole variable is dropped. undefined: it is not. */
export function dropped(whole: string): string | undefined {
  const read = entriesOf(whole);
  return 'why' in read ? read.why : undefined;
}

/** What a client takes from the variable for a name. undefined: it goes on looking. */
export function givenBy(whole: string, { incomplete }: Client): (name: string) => Sent | undefined {
  const read = entriesOf(whole);
  return name => {
    const entry = 'why' in read ? undefined : read.entries.find(one => one.name === name);
    return entry && ofVariable(sentOf(entry, { ...strict, incomplete }));
  };
}

/** Marks an entry as one of the variable. */
export const ofVariable = <S extends Sent | undefined>(sent: S): S =>
  sent && 'key' in sent ? { ...sent, of: 'DOCKER_AUTH_CONFIG' } : sent;

function entriesOf(whole: string): { readonly entries: readonly Pair[] } | { readonly why: string } {
  const file = fileOf(whole, strict);
  if ('stops' in file) {
    const { stops } = file;
    return stops.kind === 'fails' ? { why: stops.why.replace(/^the file/, 'it') } : { entries: [] };
  }
  const value = firstValue(whole) ?? '';
  // A closing bracket is overlooked.
  if (/^\s*[^\s\]}]/.test(whole.slice(value.length))) return { why: 'it has something behind its JSON' };
  if (pairsIn(value).some(pair => named([pair], 'auths', 'folded').length === 0)) return { why: 'it has a member beside `auths`' };
  const bare = file.entries.find(entry => !hasAuth(entry, strict));
  return bare ? { why: `the entry ${shownAddress(bare.name)} has no \`auth\`` } : { entries: file.entries };
}
