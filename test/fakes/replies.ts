import type { ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';

/** Receives a streamed body. `signal` aborts when the connection closes or the body has ended. */
export interface Outlet {
  write(text: string): void;
  end(): void;
  readonly signal: AbortSignal;
}

/** A response with at most one of `json`, `text` and `stream`. Without any, the body is empty. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly json?: unknown;
  readonly text?: string | Uint8Array;
  readonly stream?: (out: Outlet) => void;
}

export function send(response: ServerResponse, reply: Reply): void {
  if (reply.stream) return pourInto(response, reply, reply.stream);
  const body = reply.json === undefined ? (reply.text ?? '') : JSON.stringify(reply.json);
  if (reply.json !== undefined) response.setHeader('content-type', 'application/json');
  response.writeHead(reply.status, reply.headers as Record<string, string>);
  response.end(body);
}

function pourInto(response: ServerResponse, { status, headers }: Reply, stream: (out: Outlet) => void): void {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.writeHead(status, headers as Record<string, string>);
  response.flushHeaders();
  stream({ write: text => void response.write(text), end: () => void response.end(), signal: closed.signal });
}

/** Sends the head, then blanks forever. */
export async function drip(response: ServerResponse, reply: Reply, signal: AbortSignal): Promise<void> {
  response.writeHead(reply.status, { 'content-type': 'application/json' });
  while (!response.destroyed) {
    response.write(' ');
    await after(20, undefined, { signal });
  }
}

/** Sends blanks forever. JSON allows any number of them, so only a size limit ends the response. */
export function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk)) continue;
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('drain', pour);
  pour();
}
