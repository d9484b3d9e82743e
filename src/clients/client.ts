import type { Shapes } from '../../adapters/docker-config/types.ts';

/** What a client makes of a helper that does not answer with a login. */
export type Otherwise = 'file' | 'store' | 'nothing' | 'fails';

/** How a client finds credentials in a config.json, in each of the things in which clients differ. */
export interface Client {
  readonly name: string;
  /** For people: what was measured. */
  readonly versions: string;
  /** Other programs that look things up in the same way. */
  readonly also?: string | undefined;
  /** A file that is no JSON. */
  readonly unparsable: 'nothing' | 'fails';
  readonly byteOrderMark: 'read' | 'unparsable';
  /** Which keys of `auths` it finds for a host (`keys.ts`). */
  readonly keys: KeyRule;
  /** When an `auth` is decoded: that of any host can be in the way. */
  readonly decodes: 'all when it loads' | 'what it was asked for';
  readonly base64: 'padded' | 'padded or not' | 'of one line, padded or not' | 'anything';
  /** What comes of an `auth` that cannot be decoded, and of one without a colon. */
  readonly undecodable: 'fails' | 'nothing' | 'undecoded';
  readonly withoutColon: 'fails' | 'nothing' | 'undecoded' | 'empty password';
  readonly nul: 'cut off' | 'kept';
  /** `username` and `password`, where there is no `auth`, and beside one. */
  readonly plain: 'read' | 'ignored' | 'preferred' | 'fails beside auth';
  readonly identityToken: 'beside the login' | 'instead' | 'ignored';
  readonly registryToken: 'read' | 'ignored';
  /** What goes out where nothing is found, and for an entry without a login. */
  readonly nothing: 'nothing' | 'empty login';
  readonly emptyEntry: 'counts' | 'is passed over' | 'empty login';
  readonly helpers: HelperRule;
  readonly types: TypeRule;
}

/** Which values of a wrong type it stops at. */
export interface TypeRule {
  /** Members beside `auths`. */
  readonly top: Shapes;
  /** Members of an entry. */
  readonly entry: Shapes;
  readonly entries: 'all' | 'what it was asked for' | 'none';
  readonly nullEntry: 'is empty' | 'is wrong';
  readonly wrong: 'fails' | 'nothing';
}

export type KeyRule =
  | 'docker'
  | 'go-containerregistry'
  | 'regclient'
  | 'containers'
  | 'nerdctl'
  | 'kubelet'
  | 'testcontainers'
  | 'jib'
  | 'docker_credential';

export type HelperKeyRule = 'none' | 'host' | 'host or https' | 'nerdctl' | 'jib';

interface HelperRule {
  /** Which keys of `credHelpers` it finds. */
  readonly keys: HelperKeyRule;
  readonly emptyName: 'exempts the host' | 'is no helper' | 'is run';
  /** When it asks the `credsStore`. listed: only for hosts that the store lists. */
  readonly store: 'never' | 'before the helper' | 'without a helper' | 'if it lists the host' | 'after the file';
  readonly missing: Otherwise;
  readonly failing: Otherwise;
  readonly notFound: Otherwise;
}
