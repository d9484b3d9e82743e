import { oneLine } from '../contract/text.ts';

/** Markup that may go into a page as it is. Made by `html` only. */
export interface Html {
  readonly markup: string;
}
type Part = Html | string | number | null | false | undefined | readonly Part[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * A piece of a page. Whatever is put in is text and is escaped, for elements and for quoted attributes alike; null and
 * false leave nothing.
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return { markup: strings.map((string, at) => string + render(parts[at])).join('') };
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escape(part);
  return 'markup' in part ? part.markup : part.map(render).join('');
}

function escape(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, character => entities[character] ?? '');
}
