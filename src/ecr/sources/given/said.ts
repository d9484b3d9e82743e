import { visiblyNoKey } from '../../../contract/keys.ts';

/** A credential as somebody said it: nothing in it has been looked at yet. */
export interface Said {
  readonly username?: string | undefined;
  /** A password, or a whole token that holds user and password. */
  readonly secret: string;
  /** It must be base64 of user and password. */
  readonly form?: 'token' | undefined;
  readonly expires?: unknown;
  /** From now: seconds, or a span in words. */
  readonly lasts?: unknown;
  /** An address of the registry that it is for. */
  readonly host?: string | undefined;
  readonly region?: string | undefined;
}

/**
 * What a payload comes to. odd: it holds no credential; `what` ends a sentence that begins with who gave it. error: it
 * tells of an error in place of one.
 */
export type Reading =
  | { readonly kind: 'said'; readonly all: readonly Said[] }
  | { readonly kind: 'odd'; readonly what: string }
  | { readonly kind: 'error'; readonly type: string; readonly words: string };

export const odd = (what: string): Reading => ({ kind: 'odd', what });
export const one = (said: Said): Reading => ({ kind: 'said', all: [said] });

/**
 * Why a text is visibly no password of ECR, as `visiblyNoKey` says it of a key, without what to do: whoever reads it
 * has not written the text.
 */
export function visiblyNoToken(text: string): string | undefined {
  const [why] = visiblyNoKey(text)?.split(': ') ?? [];
  if (why === undefined) return undefined;
  return why.includes('a word that stands for')
    ? 'is a placeholder, such as xxxx or CHANGEME, and no password of ECR'
    : `${why}, as none of ECR does`;
}

/** All that is said in several places. What is odd or an error counts where nobody says anything else. */
export function together(readings: readonly Reading[]): Reading {
  const all = readings.flatMap(reading => (reading.kind === 'said' ? reading.all : []));
  return all.length > 0 ? { kind: 'said', all } : (readings.find(({ kind }) => kind === 'error') ?? readings[0] ?? odd('an empty list'));
}
