import { randomBytes } from 'node:crypto';
import type { Reply, Seen } from '../server.ts';
import { refuse } from './refusal.ts';

const isBrowser = ({ headers }: Seen): boolean => /mozilla/i.test(headers['user-agent'] ?? '');

/**
 * The cookie that comes with every answer to a browser. A write of one that has it already must repeat it in a header
 * or in the query.
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

/** A browser that says it takes anything is given a page with the JSON in it. */
export function forBrowser(request: Seen, query: URLSearchParams, reply: Reply): Reply {
  const { accept = 'application/json' } = request.headers;
  const isJson = String(reply.headers?.['content-type']).startsWith('application/json');
  if (!isJson || !isBrowser(request) || !accept.includes('*/*') || query.has('_format')) return reply;
  const page = `<!DOCTYPE html>\n<script>var data = ${String(reply.text)};</script>\n`;
  return { ...reply, headers: { ...reply.headers, 'content-type': 'text/html; charset=UTF-8' }, text: page };
}
