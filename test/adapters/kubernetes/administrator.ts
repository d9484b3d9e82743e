import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { openHttp } from '../../../src/io/http.ts';

/** Accepts any certificate of a test server. */
export const tls = { insecureSkipVerify: true } as const;

/** A client of a real cluster with an administrator's token. */
export interface Administrator extends AsyncDisposable {
  ask<T>(method: string, path: string, body?: object, type?: string): Promise<T>;
  /** Sends a request as `ask` does, but resolves with the status. */
  statusOf(method: string, path: string): Promise<number>;
}

export async function administrator(url: string, tokenFile: string): Promise<Administrator> {
  const authorization = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`;
  const http = openHttp({ url, headers: { authorization }, sets: ['content-type'], allowHttp: true, tls });
  const send = (method: string, path: string, body?: object, type = 'application/json') =>
    http(method, path, { signal: AbortSignal.timeout(60_000), headers: { 'content-type': type }, ...(body && { body }) });
  return {
    async ask<T>(method: string, path: string, body?: object, type?: string) {
      const answer = await send(method, path, body, type);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json<T>();
    },
    statusOf: async (method, path) => (await send(method, path)).status,
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}
