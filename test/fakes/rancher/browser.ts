import { randomBytes } from 'node:crypto';
import type { Reply, Seen } from '../server.ts';
import { refuse } from './refusal.ts';

const isBrowser = ({ headers }: Seen): boolean => /mozilla/i.test(headers['user-agent'] ?? '');

/**
 * Returns the CSRF cookie of responses to a browser. A browser that already has the cookie must repeat it in a header
 * or the query of a write. Throws 403 otherwise.
 */
export function csrfCookie(request: Seen, method: string, query: URLSearchParams): Record<string, string[]> {
  const { headers } = request;
  if (!isBrowser(request)) return {};
  const given = /(?:^|;\s*)CSRF=([^;]*)/.exec(headers.cookie ?? '')?.[1];
  const token = given ?? randomBytes(5).toString('hex').toUpperCase();
  const isGood = headers['x-api-csrf'] === token || query.get('CSRF') === token;
  if (given !== undefined && method !== 'GET' && !isGood) refuse(403, 'InvalidCSRFToken');
  return { 'set-cookie': [`CSRF=${token};Path=/`] };
}

/**
 * Wraps the JSON in an HTML page if the query asks for that, or for a browser that accepts any type. The query counts
 * only with `html` or `json` (1.6, DefaultApiRequestParser.java).
 */
export function forBrowser(request: Seen, query: URLSearchParams, reply: Reply): Reply {
  const { accept = 'application/json' } = request.headers;
  const format = query.get('_format')?.trim().toLowerCase() ?? '';
  const isJson = String(reply.headers?.['content-type']).startsWith('application/json');
  const wantsPage = ['html', 'json'].includes(format) ? format === 'html' : isBrowser(request) && accept.includes('*/*');
  if (!isJson || !wantsPage) return reply;
  const page = `<!DOCTYPE html>\n<script>var data = ${String(reply.text)};</script>\n`;
  return { ...reply, headers: { ...reply.headers, 'content-type': 'text/html; charset=UTF-8' }, text: page };
}
