import type { Http, HttpBase } from '../contract/http.ts';
import { type HttpOptions, openHttp } from './http.ts';

/** Opens a client of one server for an adapter. Configured options take precedence over the adapter's own. */
export function lendHttp(base: HttpBase, { tls, ...options }: Omit<HttpOptions, keyof HttpBase>): Http & AsyncDisposable {
  const { authorities, certificate, serverName, elsewhere: _, ...server } = base;
  return openHttp({ ...options, ...server, tls: { ...tls, authorities, certificate, serverName: tls?.serverName ?? serverName } });
}

/**
 * The clients that an adapter has opened. Clients are held weakly: the idle connections of a dropped one simply end.
 */
export interface Opened extends AsyncDisposable {
  add(client: AsyncDisposable): void;
}

export function makeOpened(): Opened {
  let clients: WeakRef<AsyncDisposable>[] = [];
  return {
    add(client) {
      clients = [...clients.filter(known => known.deref()), new WeakRef(client)];
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map(async known => await known.deref()?.[Symbol.asyncDispose]()));
    },
  };
}
