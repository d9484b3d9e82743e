import type { Reply } from './server.ts';

/**
 * Where a request goes, as Go's server reads it: the path without its escapes, the query without the pairs that it
 * cannot read.
 */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
  /** As it was sent. */
  readonly raw: string;
}

/** The path as it was sent, but for doubled slashes. */
export const pathOf = (sent: string): string => (sent.replace(/^https?:\/\/[^/?]*/i, '').split('?')[0] ?? '').replace(/\/{2,}/g, '/');

/** undefined where an escape is wrong: then the server answers `badRequest` by itself. */
export function targetOf(sent: string): Target | undefined {
  const [path = '', query = ''] = sent.replace(/^https?:\/\/[^/?]*/i, '').split(/\?(.*)/s);
  const decoded = unescaped(path);
  if (decoded === undefined) return undefined;
  const pairs = query.split('&').filter(pair => !pair.includes(';') && unescaped(pair) !== undefined);
  return { path: decoded, query: new URLSearchParams(pairs.join('&')), raw: query };
}

/** Bytes, not letters: what they make need not be UTF-8. */
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

/** As Go's path.Clean, but a slash at the end stays. */
export function cleaned(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}
