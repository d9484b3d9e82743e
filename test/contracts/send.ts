import http from 'node:http';
import type { Request } from './format.d.ts';
import { textOf } from './notation.ts';

/** A response as received. `status` is null if the client gave up before it came. */
export interface Answer {
  readonly status: number | null;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** The time from the head to the end of the response, in milliseconds of the double's time. */
  readonly streamedMs?: number;
}

/** Callbacks: `onSent` after the whole request is sent, `onHead` once status and headers of the response are there. */
export interface Moments {
  readonly onSent?: (() => void) | undefined;
  readonly onHead?: (() => void) | undefined;
}

/** Sends a request with filled placeholders exactly as written. `hangUp` closes the connection. */
export async function send(base: string, request: Request, hangUp: AbortSignal, { onSent, onHead }: Moments = {}): Promise<Answer> {
  const { body, type } = await bodyOf(request);
  const given = Object.entries(request.headers ?? {}).map(([name, value]) => [name, textOf(value)] as const);
  const headers = Object.fromEntries(given);
  const has = (name: string): boolean => given.some(([spelled]) => spelled.toLowerCase() === name);
  if (type !== undefined && !has('content-type')) headers['content-type'] = type;
  if (body.length > 0 && !has('content-length')) headers['content-length'] = String(body.length);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { hostname, port } = new URL(base);
  // Passes the path as it is, because a URL object would normalize it. Each request has its own connection, so that
  // `hangUp` affects no other request.
  const outgoing = http.request(
    { hostname, port, method: request.method, path: request.path, headers, agent: false, signal: hangUp },
    response => {
      onHead?.();
      response
        .toArray()
        .then(chunks => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }), reject);
    },
  );
  outgoing
    .on('error', reject)
    .once('finish', () => onSent?.())
    .end(body);
  return promise.catch(error => {
    if (hangUp.aborted) return { status: null, headers: {}, body: Buffer.alloc(0) };
    throw error;
  });
}

async function bodyOf({ body, form, text }: Request): Promise<{ body: Buffer; type?: string }> {
  if (body !== undefined) return { body: Buffer.from(JSON.stringify(body)), type: 'application/json' };
  if (!form) return { body: Buffer.from(text ?? '') };
  const fields = new FormData();
  for (const [name, value] of Object.entries(form)) fields.append(name, textOf(value));
  const encoded = new Response(fields);
  return { body: Buffer.from(await encoded.arrayBuffer()), type: encoded.headers.get('content-type') ?? '' };
}
