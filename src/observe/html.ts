import { oneLine } from '../contract/text.ts';

/** Markup that is inserted into a page verbatim. Only `html` makes it. */
export interface Html {
  readonly markup: string;
}
type Part = Html | string | number | null | false | undefined | readonly Part[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * A template tag for markup. All values are text and are escaped, for elements and quoted attributes alike; null and
 * false render nothing.
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
