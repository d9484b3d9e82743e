import type { Reply } from '../server.ts';

/** JSON as Cattle writes it: every slash is escaped. */
export function jsonReply(status: number, body: object): Reply {
  const text = JSON.stringify(body).replaceAll('/', '\\/');
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, text };
}
