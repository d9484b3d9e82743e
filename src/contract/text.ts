import type { Answer } from './http.ts';
import { redactQuoted } from './secret.ts';

/**
 * Control characters, and characters that change the writing direction or have no width. `oneLine` also replaces line
 * breaks.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;
const unseenInLines = /((?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029])+/gu;

/**
 * Replaces each run of characters that control a terminal, change the writing direction or have no width by a blank.
 * Line breaks are kept.
 */
export const visible = (text: string): string => text.replace(unseenInLines, ' ');

/** Like `visible`, but also joins the lines. */
export const oneLine = (text: string): string => text.replace(unseen, ' ');

/** Escapes such characters in a JSON text, except the line breaks between its members. The value stays the same. */
export const visibleJson = (json: string): string =>
  json.replace(unseenInLines, letters =>
    Array.from({ length: letters.length }, (_, at) => `\\u${letters.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

/** A value as indented JSON for people and programs, with a trailing line break. */
export const jsonText = (value: unknown): string => visibleJson(`${JSON.stringify(value, undefined, 2)}\n`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

// The next two do not use Intl: its first use costs 7 MiB of resident memory, because V8 looks through the data of all
// locales.

/** A whole number with commas between thousands: `12,345`. */
export const withCommas = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

/** The texts as alternatives: `a`, `a or b`, `a, b or c`. */
export const alternatives = (texts: readonly string[]): string =>
  [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter(Boolean).join(' or ');

/** The first `most` names, and the number of the others: `a, b, c and 15 more`. */
export function few(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${withCommas(more)} more` : ''}`;
}

/** At most `longest` characters of the text, followed by the number of characters cut off. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Goes through bytes, because a slice of a string keeps the whole string in memory.
  return `${Buffer.from(text.slice(0, longest)).toString()}... (${text.length - longest} letters more)`;
}

/**
 * At most `longest` characters of one line, followed by three dots when it was cut. Cuts after a whole word, unless
 * that leaves no more than half of the room.
 */
export function shortened(line: string, longest: number): string {
  if (line.length <= longest) return line;
  const end = line.lastIndexOf(' ', longest);
  return `${line.slice(0, end > longest / 2 ? end : longest)}...`;
}

/**
 * The name of an object in the manager, for a title: one line without control characters, cut after `longest`
 * characters. Empty when the name is not a string. Not redacted, because there may be thousands of names.
 */
export function label(name: unknown, longest = 300): string {
  if (typeof name !== 'string') return '';
  const line = oneLine(name.slice(0, 2 * longest))
    .replace(/\s+/g, ' ')
    .trim();
  return shortened(line, longest);
}

/**
 * A text from the other side, as `label` formats it, without secrets and parts of them: it may quote what it was sent.
 */
export function quote(said: unknown, longest = 300): string {
  // Cut before the costly redaction, and again after it: a partial secret at the first cut is never shown.
  return typeof said === 'string' ? label(redactQuoted(said.slice(0, 2 * longest)), longest) : '';
}

/**
 * An address in one line, as it may be shown: without user info, which often holds a password, and without a query. A
 * password may contain any character, so everything before the last @ is removed.
 */
export const shownAddress = (address: string): string => {
  const { scheme = '', rest = '' } = /^(?<scheme>(?:[a-z][a-z0-9+.-]*:)?\/\/)?(?<rest>.*)$/is.exec(address.trim())?.groups ?? {};
  return label(`${scheme}${rest.replace(/^.*@/s, '')}`.replace(/[?#].*$/s, ''));
};

/** The beginning of an HTML page, possibly after an XML declaration or comments. */
const pageStart = /^\s*(<\?xml[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*<(!doctype|html)\b/is;

/**
 * Whether an answer is an HTML page: a login or an error from something in front of the manager. It is not an API
 * response, whatever its status.
 */
export function isHtml({ headers, text }: Pick<Answer, 'headers' | 'text'>): boolean {
  return /text\/html|application\/xhtml/i.test(headers.get('content-type') ?? '') || pageStart.test(text.slice(0, 1000));
}

/**
 * What a value of JSON is, in words, without what is in it: an answer with status 200 may hold secrets. An object is
 * told by the names of its members, such as `{message, details}`.
 */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const names = Object.keys(value).map(name => label(name, 40));
  return `{${few(names, 5)}}`;
}
