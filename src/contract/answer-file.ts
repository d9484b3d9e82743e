import { createHash } from 'node:crypto';
import { ecrUser } from './credential.ts';
import { Secret } from './secret.ts';

/** Whose answer it is, and for what it is good. Two identities never share one. */
export interface AnswerKey {
  /** One line without secrets, and whatever else decides whose credential it is: `Credential.askedAs`. */
  readonly identity: string;
  readonly service: string;
  readonly partition: string;
  readonly region: string;
}

/** A credential as those who ask get it. Times are of this machine's clock, in milliseconds since the epoch. */
export interface Answer {
  readonly username: string;
  readonly password: Secret;
  readonly issuedAt: number;
  /** Until then nobody asks AWS for another one. */
  readonly freshUntil: number;
  readonly expiresAt: number;
}

/** The form of the files: another one is not read. */
const form = 2;
/** An answer has 3 kB. In bytes. */
export const mostAnswerBytes = 256 * 1024;

/** 32 hex digits, which name all files of this key. */
export const digestOf = ({ identity, service, partition, region }: AnswerKey): string =>
  createHash('sha256')
    .update(JSON.stringify([identity, service, partition, region]))
    .digest('hex')
    .slice(0, 32);

export const nameOfAnswer = (digest: string): string => `${digest}.answer`;
/**
 * An empty file: somebody asked for the host, and its answer is of this key. It was changed when Node was last asked,
 * which is once a day at least.
 */
export const nameOfAsked = (digest: string, host: string): string => `${digest}@${host}`;

/** An empty file: a daemon keeps the answer of this key for the host, whether anybody has asked or not. */
export const nameOfKept = (digest: string, host: string): string => `${digest}+${host}`;

/** A host, and the key of its answer. */
export interface Mark {
  readonly digest: string;
  readonly host: string;
  readonly kind: 'asked' | 'kept';
}

/** What a name in the directory says; undefined: nothing of the kind. */
export function readMark(name: string): Mark | undefined {
  const { digest, sign, host } = /^(?<digest>[0-9a-f]{32})(?<sign>[@+])(?<host>[a-z0-9.-]+)$/.exec(name)?.groups ?? {};
  return digest && host ? { digest, host, kind: sign === '@' ? 'asked' : 'kept' } : undefined;
}

/** Lines that a shell can read as well (`src/pull/front.sh`): user name and password as they stand within JSON. */
export function answerText(digest: string, { username, password, issuedAt, freshUntil, expiresAt }: Answer): string {
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
  const times = [issuedAt, freshUntil, expiresAt].map(Math.floor);
  return [[form, digest, ...times].join(' '), inJson(username), inJson(password.reveal()), ''].join('\n');
}

/** undefined for what is not an answer of this form under this name. */
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

/** undefined for what is none, and for what would not stay on its line. */
function outOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${text}"`);
    return typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One that was issued in the future comes from before the clock was set back. */
export const isFresh = ({ issuedAt, freshUntil }: Answer, now: number): boolean => issuedAt <= now && now < freshUntil;
