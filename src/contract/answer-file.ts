import { createHash } from 'node:crypto';
import { ecrUser } from './credential.ts';
import { Secret } from './secret.ts';

/**
 * The identity that an answer belongs to, and the scope for which it is valid. Two identities never share an answer.
 */
export interface AnswerKey {
  /** One line without secrets that holds everything that decides whose credential it is: `Credential.askedAs`. */
  readonly identity: string;
  readonly service: string;
  readonly partition: string;
  readonly region: string;
}

/**
 * A credential as the credential helper and provider hand it out. Times are in milliseconds since the epoch, by the
 * clock of this machine.
 */
export interface Answer {
  readonly username: string;
  readonly password: Secret;
  readonly issuedAt: number;
  /** Until this time no program asks AWS for a new credential. */
  readonly freshUntil: number;
  readonly expiresAt: number;
}

/** The version of the file format. Files of other versions are ignored. */
const form = 2;
/** The largest answer file that is read, in bytes. An answer has about 3 kB. */
export const mostAnswerBytes = 256 * 1024;

/** The 32 hex digits that begin the names of all files of this key. */
export const digestOf = ({ identity, service, partition, region }: AnswerKey): string =>
  createHash('sha256')
    .update(JSON.stringify([identity, service, partition, region]))
    .digest('hex')
    .slice(0, 32);

export const nameOfAnswer = (digest: string): string => `${digest}.answer`;
/**
 * The name of an empty file which records that a client asked for the host and got the answer of this key. Its mtime is
 * the last time that Node was asked, which is at least once a day.
 */
export const nameOfAsked = (digest: string, host: string): string => `${digest}@${host}`;

/**
 * The name of an empty file which records that a daemon keeps the answer of this key for the host, asked for or not.
 */
export const nameOfKept = (digest: string, host: string): string => `${digest}+${host}`;

/** A host and the key of its answer. */
interface Mark {
  readonly digest: string;
  readonly host: string;
  readonly kind: 'asked' | 'kept';
}

/** Parses the name of a mark file; undefined for any other file name. */
export function readMark(name: string): Mark | undefined {
  const { digest, sign, host } = /^(?<digest>[0-9a-f]{32})(?<sign>[@+])(?<host>[a-z0-9.-]+)$/.exec(name)?.groups ?? {};
  return digest && host ? { digest, host, kind: sign === '@' ? 'asked' : 'kept' } : undefined;
}

/**
 * The text of an answer file, in lines that a shell can parse too (`src/pull/front.sh`). User name and password are
 * escaped as in JSON.
 */
export function answerText(digest: string, { username, password, issuedAt, freshUntil, expiresAt }: Answer): string {
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
  const times = [issuedAt, freshUntil, expiresAt].map(Math.floor);
  return [[form, digest, ...times].join(' '), inJson(username), inJson(password.reveal()), ''].join('\n');
}

/** Parses an answer file; undefined when the text is not an answer in this format under this name. */
export function readAnswer(text: string, digest: string): Answer | undefined {
  const [head = '', user = '', secret = '', end] = text.split('\n');
  const [said, name, ...times] = head.split(' ');
  if (said !== String(form) || name !== digest || end !== '' || times.length !== 3 || !times.every(isTime)) return undefined;
  const [issuedAt = 0, freshUntil = 0, expiresAt = 0] = times.map(Number);
  const [username, password] = [user, secret].map(outOfJson);
  if (username !== ecrUser || !password?.trim()) return undefined;
  return { username, password: new Secret(password), issuedAt, freshUntil, expiresAt };
}

const isTime = (text: string): boolean => /^\d{1,15}$/.test(text);

/** Returns undefined for an invalid JSON string, and for one with control characters, which could leave its line. */
function outOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${text}"`);
    return typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an answer is still fresh. One issued in the future predates a clock that was set back, so it is not. */
export const isFresh = ({ issuedAt, freshUntil }: Answer, now: number): boolean => issuedAt <= now && now < freshUntil;
