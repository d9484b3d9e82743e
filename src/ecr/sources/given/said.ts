import { visiblyNoKey } from '../../../contract/keys.ts';

/** A credential as the giver stated it. Nothing in it has been validated yet. */
export interface Said {
  readonly username?: string | undefined;
  /** A password, or a whole token that holds user and password. */
  readonly secret: string;
  /** `token`: the secret must be base64 of user and password. */
  readonly form?: 'token' | undefined;
  readonly expires?: unknown;
  /** The life of the credential from now: seconds, or a span in words. */
  readonly lasts?: unknown;
  /** An address of the registry that the credential is for. */
  readonly host?: string | undefined;
  readonly region?: string | undefined;
}

/**
 * The result of reading a payload. odd: it holds no credential; `what` ends a sentence that begins with the giver.
 * error: it reports an error in place of a credential.
 */
export type Reading =
  | { readonly kind: 'said'; readonly all: readonly Said[] }
  | { readonly kind: 'odd'; readonly what: string }
  | { readonly kind: 'error'; readonly type: string; readonly words: string };

export const odd = (what: string): Reading => ({ kind: 'odd', what });
export const one = (said: Said): Reading => ({ kind: 'said', all: [said] });

/**
 * Why a text is visibly no ECR password, in the words of `visiblyNoKey` but without its advice: the reader of the
 * message has not written the text.
 */
export function visiblyNoToken(text: string): string | undefined {
  const [why] = visiblyNoKey(text)?.split(': ') ?? [];
  if (why === undefined) return undefined;
  return why.includes('a word that stands for')
    ? 'is a placeholder, such as xxxx or CHANGEME, and no ECR password'
    : `${why}, as no ECR password does`;
}

/** Merges several readings. An odd one or an error counts only where none holds a credential. */
export function together(readings: readonly Reading[]): Reading {
  const all = readings.flatMap(reading => (reading.kind === 'said' ? reading.all : []));
  return all.length > 0 ? { kind: 'said', all } : (readings.find(({ kind }) => kind === 'error') ?? readings[0] ?? odd('an empty list'));
}
