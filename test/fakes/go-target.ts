import type { Reply } from './server.ts';

/**
 * The target of a request as Go's server reads it: the path unescaped, the query without the pairs that Go cannot
 * parse.
 */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query as sent. */
  readonly raw: string;
}

/** Returns the path as sent, with doubled slashes merged. */
export const pathOf = (sent: string): string => (sent.replace(/^https?:\/\/[^/?]*/i, '').split('?')[0] ?? '').replace(/\/{2,}/g, '/');

/** Parses a request target. Returns undefined for an invalid escape, which Go's server answers with `badRequest`. */
export function targetOf(sent: string): Target | undefined {
  const [path = '', query = ''] = sent.replace(/^https?:\/\/[^/?]*/i, '').split(/\?(.*)/s);
  const decoded = unescaped(path);
  if (decoded === undefined) return undefined;
  const pairs = query.split('&').filter(pair => !pair.includes(';') && unescaped(pair) !== undefined);
  return { path: decoded, query: new URLSearchParams(pairs.join('&')), raw: query };
}

/** Unescapes bytes, which may not be valid UTF-8. */
function unescaped(text: string): string | undefined {
  if (/%(?![\da-fA-F]{2})/.test(text)) return undefined;
  const bytes = text.replaceAll(/%([\da-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return text.includes('%') ? Buffer.from(bytes, 'latin1').toString() : text;
}

export const badRequest: Reply = {
  status: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  text: '400 Bad Request',
};

/** Cleans a path like Go's path.Clean, but keeps a trailing slash. */
export function cleaned(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}
