import type { Reply, Seen } from '../server.ts';
import { plain } from './refusal.ts';

/**
 * A file, whatever the method: the one page that only a disabled instance has leads to the other, and an index has the
 * folder's address.
 */
export function fileOf({ method, path: sent }: Seen, isDisabled: boolean): Reply {
  const temporary = (location: string): Reply => ({
    status: 307,
    headers: { location, ...(['GET', 'HEAD'].includes(method) && { 'content-type': 'text/html; charset=utf-8' }) },
    ...(method === 'GET' && { text: `<a href="${location}">Temporary Redirect</a>.\n\n` }),
  });
  if (isDisabled && ['/', '/index.html'].includes(sent)) return temporary('/timeout.html');
  if (!isDisabled && sent.startsWith('/timeout.html')) return temporary('/');
  const [path = '', query] = sent.split(/\?(.*)/s);
  if (path.endsWith('/index.html')) return { status: 301, headers: { location: query ? `./?${query}` : './' } };
  return plain(404, '404 page not found\n');
}
