import type { ServerResponse } from 'node:http';

/** How much may wait in memory for clients to read it, in bytes. */
const most = 32 * 1024 * 1024;

/**
 * Limits what waits for clients that do not read, or read slowly. Bytes that several responses share count once. Beyond
 * the limit, the responses that have waited longest are cut off; the newest bytes always stay.
 */
export function createUnread() {
  // In the order in which they began to wait.
  const waiting = new Map<Buffer, Set<ServerResponse>>();
  let total = 0;

  function read(bytes: Buffer, response: ServerResponse): void {
    const responses = waiting.get(bytes);
    if (!responses?.delete(response) || responses.size > 0) return;
    waiting.delete(bytes);
    total -= bytes.length;
  }

  function cutOff(newest: Buffer): void {
    for (const [bytes, responses] of waiting) {
      if (total <= most || bytes === newest) return;
      for (const response of responses) {
        read(bytes, response);
        response.destroy();
      }
    }
  }

  /** Notes that the bytes wait until the response is closed. */
  return function wait(bytes: Buffer, response: ServerResponse): void {
    if (response.closed) return;
    const responses = waiting.get(bytes) ?? new Set();
    if (responses.size === 0) total += bytes.length;
    waiting.set(bytes, responses.add(response));
    response.once('close', () => read(bytes, response));
    cutOff(bytes);
  };
}
