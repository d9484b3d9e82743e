import type { Answer } from './http.ts';
import { redactQuoted } from './secret.ts';

/**
 * Control characters, and what turns the direction of writing or takes no room. A line break counts for `oneLine` only.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;
const unseenInLines = /((?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029])+/gu;

/**
 * The text with a blank for whatever steers a terminal, turns the direction of writing or takes no room. Lines stay
 * lines.
 */
export const visible = (text: string): string => text.replace(unseenInLines, ' ');

/** As `visible`, and all in one line. */
export const oneLine = (text: string): string => text.replace(unseen, ' ');

/** JSON in which such characters are escaped, but for line breaks between its members. It says the same. */
export const visibleJson = (json: string): string =>
  json.replace(unseenInLines, letters =>
    Array.from({ length: letters.length }, (_, at) => `\\u${letters.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

/** A value as JSON for people and programs, with its last line break. */
export const jsonText = (value: unknown): string => visibleJson(`${JSON.stringify(value, undefined, 2)}\n`);

/** As a sentence begins. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The first of many names, and how many there are beside them: `a, b, c and 15 more`. */
export function few(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''}`;
}

/** At most `longest` characters of the text, and how many more there are. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // By way of bytes, for a slice of a string keeps the whole string in memory.
  return `${Buffer.from(text.slice(0, longest)).toString()}... (${text.length - longest} letters more)`;
}

/**
 * At most `longest` characters of one line, and three dots for the rest. It ends with a whole word, unless that word
 * alone fills half of the room.
 */
export function shortened(line: string, longest: number): string {
  if (line.length <= longest) return line;
  const end = line.lastIndexOf(' ', longest);
  return `${line.slice(0, end > longest / 2 ? end : longest)}...`;
}

/**
 * A name that somebody gave to a thing in the manager, for a title: one line without control characters, cut after
 * `longest` characters. Empty for what is no text. It is not searched for secrets, as there may be thousands of names.
 */
export function label(name: unknown, longest = 300): string {
  if (typeof name !== 'string') return '';
  const line = oneLine(name.slice(0, 2 * longest))
    .replace(/\s+/g, ' ')
    .trim();
  return shortened(line, longest);
}

/**
 * What the other side said, as `label` writes it, without secrets and pieces of them: it may quote what it was sent.
 */
export function quote(said: unknown, longest = 300): string {
  // Cut before the costly filter, and again after it: a piece of a secret at the first cut is never shown.
  return typeof said === 'string' ? label(redactQuoted(said.slice(0, 2 * longest)), longest) : '';
}

/**
 * An address as a person may see it, one line: a user name before its host often has a password behind it, and so has a
 * query. A password may hold any letter, so everything before the last @ goes.
 */
export const shownAddress = (address: string): string => {
  const { scheme = '', rest = '' } = /^(?<scheme>(?:[a-z][a-z0-9+.-]*:)?\/\/)?(?<rest>.*)$/is.exec(address.trim())?.groups ?? {};
  return label(`${scheme}${rest.replace(/^.*@/s, '')}`.replace(/[?#].*$/s, ''));
};

/** The beginning of a page; behind a declaration of XML or comments, too. */
const pageStart = /^\s*(<\?xml[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*<(!doctype|html)\b/is;

/**
 * A page for people: a login or an error of something that stands before the manager. It is no answer of an API,
 * whatever its status is.
 */
export function isHtml({ headers, text }: Pick<Answer, 'headers' | 'text'>): boolean {
  return /text\/html|application\/xhtml/i.test(headers.get('content-type') ?? '') || pageStart.test(text.slice(0, 1000));
}
