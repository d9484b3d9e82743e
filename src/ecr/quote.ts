import { redactQuoted } from '../contract/secret.ts';

const longest = 300;

/** A text from outside in one line, short, without secrets or pieces of them. */
export function quote(text: string): string {
  // Cut before the costly filter, and again after it: a piece of a secret at the first cut is never shown.
  const line = redactQuoted(text.slice(0, 2 * longest))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest)}...` : line;
}
