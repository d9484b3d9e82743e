import type { Shapes } from '../../adapters/docker-config/types.ts';

/** What a client does after a helper that returns no login. */
export type Otherwise = 'file' | 'store' | 'nothing' | 'fails';

/** How a client finds credentials in a config.json: one member for each thing in which clients differ. */
export interface Client {
  readonly name: string;
  /** The versions that were measured, for people. */
  readonly versions: string;
  /** Other programs that look things up in the same way. */
  readonly also?: string | undefined;
  /** A file that is not JSON. */
  readonly unparsable: 'nothing' | 'fails';
  /** A file that it may not read, or a folder in its place. */
  readonly unreadable: 'nothing' | 'fails';
  /** A byte order mark, and UTF-16. */
  readonly byteOrderMark: 'read' | 'unparsable';
  /** Bytes that are not UTF-8. */
  readonly otherBytes: 'read' | 'unparsable';
  readonly json: JsonRule;
  readonly nesting: NestingRule;
  /** The names that it looks up, in turn, until one is found (`keys.ts`). */
  readonly asks: AskRule;
  /** Which keys of `auths` it finds for a host (`keys.ts`). */
  readonly keys: KeyRule;
  /** Which of several equally near keys it takes. */
  readonly ties: 'at random' | 'the first';
  /** When it decodes an `auth`. The `auth` of any host can get in the way, or even one that a later entry replaces. */
  readonly decodes: 'all when it loads' | 'all, and what is replaced' | 'what it was asked for';
  readonly base64: Base64Rule;
  /** Whether `"auth": ""` is decoded, or counts as missing. */
  readonly emptyAuth: 'decoded' | 'none';
  /** The result for an `auth` that cannot be decoded, and for one without a colon. */
  readonly undecodable: 'fails' | 'nothing' | 'undecoded';
  readonly withoutColon: 'fails' | 'nothing' | 'undecoded' | 'empty password';
  /** An `auth` of `:PASSWORD`. */
  readonly emptyUser: 'read' | 'as without a colon';
  readonly nul: 'cut off' | 'kept';
  /** How `username` and `password` count, without an `auth` and beside one. */
  readonly plain: 'read' | 'both alone' | 'ignored' | 'preferred' | 'fails beside auth';
  /** A login that lacks user name or password. */
  readonly incomplete: 'sent' | 'nothing' | 'is passed over';
  /** instead, if it is there: the token counts even when it is empty, and then there is no login. */
  readonly identityToken: 'beside the login' | 'instead' | 'instead, if it is there' | 'ignored';
  readonly registryToken: 'read' | 'preferred' | 'ignored';
  /** What is sent where nothing is found, and for an entry without a login. */
  readonly nothing: 'nothing' | 'empty login';
  readonly emptyEntry: 'counts' | 'is passed over' | 'empty login';
  readonly helpers: HelperRule;
  readonly types: TypeRule;
}

/** How a client reads JSON, where readers differ. */
export interface JsonRule {
  /** Text after the first value. */
  readonly behind: 'ignored' | 'unparsable';
  /** A file that is empty or blank. */
  readonly blank: 'nothing' | 'unparsable';
  /** A file with a list, a text or a number. */
  readonly noMap: 'nothing' | 'fails';
  readonly nullFile: 'nothing' | 'fails';
  /** The names of top-level members, and of members of entries. */
  readonly top: Names;
  readonly entry: Names;
  /** Members that occur twice. merged: maps are joined, and null empties them. */
  readonly twice: 'merged' | 'last' | 'fails';
  /** Whether a value of a wrong type matters although a later one replaces it. */
  readonly replaced: 'matters' | 'is nothing';
  /** A file without members that it knows: docker-py takes all of it for `auths`. */
  readonly unknownTop: 'nothing' | 'is auths';
  /** `NaN`, `Infinity` and `-Infinity`, which Python takes for numbers. */
  readonly noNumbers: 'unparsable' | 'read';
}

/** How deep JSON may be nested. At least `deepest` levels of lists and maps are read. */
export interface NestingRule {
  readonly deepest: number;
  readonly beyond: 'unparsable' | 'not predicted';
}

/** folded: as Go compares names, ignoring case, and with `ſ` for `s`. */
export type Names = 'folded' | 'any case' | 'exact';

/** known letters: all others are dropped before decoding. */
export type Base64Rule =
  | 'padded'
  | 'padded or not'
  | 'of one line, padded or not'
  | 'of one line, strictly, padded or not'
  | 'known letters, padded'
  | 'anything';

/** Which values of a wrong type stop a client. */
export interface TypeRule {
  /** Top-level members. */
  readonly top: Shapes;
  /** A top-level map that is null. */
  readonly nullMap: 'is empty' | 'fails';
  /** Members of an entry. */
  readonly entry: Shapes;
  /** Unknown members of an entry. */
  readonly unknown: 'is passed over' | 'is wrong';
  readonly entries: 'all' | 'what it was asked for';
  readonly noMapEntry: 'is empty' | 'is wrong';
  readonly nullEntry: 'is empty' | 'is wrong';
  /** Numbers, true and false where a text belongs. */
  readonly scalars: 'are nothing' | 'are texts';
  /** undecoded: the client goes on with what it has read, and decodes no `auth`. */
  readonly wrong: 'fails' | 'nothing' | 'undecoded';
}

export type AskRule = 'the host' | 'the repository, then the host' | 'spellings of the host';

export type KeyRule =
  | 'docker'
  | 'docker 28'
  | 'oras'
  | 'docker-py'
  | 'regclient'
  | 'containers'
  | 'kubelet'
  | 'testcontainers'
  | 'jib'
  | 'docker_credential';

type HelperKeyRule = 'none' | 'host' | 'as auths';

interface HelperRule {
  /** Which keys of `credHelpers` it finds. */
  readonly keys: HelperKeyRule;
  readonly emptyName: 'exempts the host' | 'is not a helper' | 'is run';
  /** When it asks the `credsStore`. */
  readonly store: 'never' | 'without a helper' | 'after the file';
  /** `"credsStore": ""`. */
  readonly emptyStore: 'is none' | 'is run';
  readonly missing: Otherwise;
  readonly failing: Otherwise;
  readonly notFound: Otherwise;
}
