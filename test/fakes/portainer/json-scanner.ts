import { refuse } from './refusal.ts';

/** Throws 400 for a body that is not JSON or does not fit. */
export const malformed = (details: string): never => refuse(400, 'Invalid request payload', details);

/**
 * Returns the end of the value that begins at `start`. `text` has one character a byte and does not end at `start`.
 * Throws for invalid JSON, in the words of the decoder of segmentio/encoding, which Portainer uses.
 */
export function valueEnd(text: string, start: number): number {
  const letter = text.charAt(start);
  if (letter === '{' || letter === '[') return compoundEnd(text, start, letter === '{');
  if (letter === '"') return stringEnd(text, start);
  const word = { n: 'null', t: 'true', f: 'false' }[letter];
  if (word !== undefined) {
    if (text.startsWith(word, start)) return start + word.length;
    return text.length - start < word.length ? unfinished() : flaw(text, start, `expected '${word}' but found invalid token`);
  }
  if (/[-\d]/.test(letter)) return numberEnd(text, start);
  return flaw(text, start, `invalid character '${letter}' looking for beginning of value`);
}

export function skipBlanks(text: string, at: number): number {
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return at;
}

/** Returns what errors quote of the text, which may contain a password. */
export function prefix(rest: string): string {
  const bytes = Buffer.from(rest, 'latin1');
  return bytes.length < 32 ? bytes.toString() : `${bytes.subarray(0, 32).toString()}...`;
}

const unfinished = (): never => malformed('unexpected EOF');
/** Throws an error that quotes the text from `from` on. At the end of the text it is an unexpected EOF. */
const flaw = (text: string, at: number, what: string, from = at): never =>
  at >= text.length ? unfinished() : malformed(`json: ${what}: ${prefix(text.slice(from))}`);

function numberEnd(text: string, start: number): number {
  const digits = /\d*/y;
  const skipDigits = (from: number, what: string): number => {
    digits.lastIndex = from;
    const end = from + (digits.exec(text)?.[0].length ?? 0);
    return end === from ? flaw(text, end, `expected digit but ${what} '${text.charAt(end)}'`, start) : end;
  };
  const first = text.startsWith('-', start) ? start + 1 : start;
  // A number ends after a leading zero.
  let at = text.startsWith('0', first) ? first + 1 : skipDigits(first, 'got');
  if (text.startsWith('.', at)) at = skipDigits(at + 1, 'found');
  if (/[eE]/.test(text.charAt(at))) at = skipDigits(at + (/[+-]/.test(text.charAt(at + 1)) ? 2 : 1), 'found');
  return at;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '"') return at + 1;
    if (letter === '\\') at = escapeEnd(text, start, at + 1);
    else if (letter < ' ') flaw(text, at, `invalid character '${letter}' in string escape code`, start);
  }
  return unfinished();
}

/** Returns the position of the last character of an escape. */
function escapeEnd(text: string, start: number, at: number): number {
  const letter = text.charAt(at);
  if (letter === '') return unfinished();
  if ('"\\/nrtfb'.includes(letter)) return at;
  if (letter !== 'u') return flaw(text, at, `invalid character '${letter}' in string escape code`, start);
  const code = text.slice(at + 1, at + 5);
  if (code.length < 4) return unfinished();
  const known = /^[0-9a-fA-F]*/.exec(code)?.[0].length ?? 0;
  if (known === 4) return at + 4;
  if (text.length === at + 5) return unfinished();
  const cause = `json: expected hexadecimal digit but found '${code.charAt(0)}': ${code}`;
  return flaw(text, at + 1, known === 0 ? `parsing unicode code point: ${cause}` : 'invalid unicode code point');
}

function compoundEnd(text: string, start: number, isObject: boolean): number {
  const close = isObject ? '}' : ']';
  const what = isObject ? 'object field value' : 'array element';
  for (let at = skipBlanks(text, start + 1), isFirst = true; ; at = skipBlanks(text, at), isFirst = false) {
    if (text[at] === close) return at + 1;
    if (!isFirst) {
      if (text[at] !== ',') flaw(text, at, `expected ',' after ${what} but found '${text.charAt(at)}'`);
      at = skipBlanks(text, at + 1);
      if (text[at] === close) flaw(text, at, 'unexpected trailing comma after object field');
    }
    if (isObject) at = keyEnd(text, at);
    if (at >= text.length) unfinished();
    at = valueEnd(text, at);
  }
}

/** Returns the position behind the colon and the blanks around it. */
function keyEnd(text: string, start: number): number {
  if (text.length - start < 2) unfinished();
  if (text[start] !== '"') flaw(text, start, `expected '"' at the beginning of a string value`);
  const at = skipBlanks(text, stringEnd(text, start));
  if (text[at] !== ':') flaw(text, at, `expected ':' after object field key but found '${text.charAt(at)}'`);
  return skipBlanks(text, at + 1);
}
