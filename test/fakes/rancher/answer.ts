import type { Reply } from '../server.ts';

/** Renders JSON like Cattle, which escapes every slash. */
export function jsonReply(status: number, body: object): Reply {
  const text = JSON.stringify(body).replaceAll('/', '\\/');
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, text };
}
