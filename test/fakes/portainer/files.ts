import type { Reply, Seen } from '../server.ts';
import { plain } from './refusal.ts';

/**
 * Answers a path outside the API, whatever the method. A disabled instance redirects the start page to /timeout.html,
 * any other instance /timeout.html to the start page. An index.html redirects to its folder.
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
