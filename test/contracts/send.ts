import http from 'node:http';
import type { Request } from './format.d.ts';
import { textOf } from './notation.ts';

/** An answer as it came. `status` null: the client gave up before there was one. */
export interface Answer {
  readonly status: number | null;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** How long it took from its head to its end, in milliseconds of the double's time. */
  readonly streamedMs?: number;
}

/** onSent: all of the request is out. onHead: status and headers of the answer are there, and its body begins. */
export interface Moments {
  readonly onSent?: (() => void) | undefined;
  readonly onHead?: (() => void) | undefined;
}

/** Sends a request, whose placeholders are filled, exactly as it is written. `hangUp` closes the connection. */
export async function send(base: string, request: Request, hangUp: AbortSignal, { onSent, onHead }: Moments = {}): Promise<Answer> {
  const { body, type } = await bodyOf(request);
  const given = Object.entries(request.headers ?? {}).map(([name, value]) => [name, textOf(value)] as const);
  const headers = Object.fromEntries(given);
  const has = (name: string): boolean => given.some(([spelled]) => spelled.toLowerCase() === name);
  if (type !== undefined && !has('content-type')) headers['content-type'] = type;
  if (body.length > 0 && !has('content-length')) headers['content-length'] = String(body.length);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { hostname, port } = new URL(base);
  // The path goes out as it stands: a URL object would tidy it up. A connection of its own, so that hanging up harms no
  // other request.
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
