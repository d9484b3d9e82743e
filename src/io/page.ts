import type { Answer } from '../contract/http.ts';
import { isHtml, quote } from '../contract/text.ts';

const mostOfTitle = 80;

/**
 * Describes an answer in one line: the page that it is, or the beginning of its text. Without secrets or pieces of
 * them.
 */
export function wordsOf(answer: Answer): string {
  return isHtml(answer) ? `${standing(answer)}. Is this the right address?` : quote(answer.text);
}

/** What the answer holds instead of the expected content: `an HTML page "Sign in" of cloudflare`. */
export function standing(answer: Answer): string {
  if (!isHtml(answer)) return answer.text.trim() === '' ? 'nothing' : 'something that is not JSON';
  const [, title] = /<(?:title|h1)\b[^>]*>([^<]*)</i.exec(answer.text.slice(0, 16_384)) ?? [];
  const [words, server] = [quote(title, mostOfTitle), quote(answer.headers.get('server'), mostOfTitle)];
  return `an HTML page${words && ` "${words}"`}${server && ` of ${server}`}`;
}
