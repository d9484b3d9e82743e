import type { Http, HttpBase } from '../contract/http.ts';
import { type HttpOptions, openHttp } from './http.ts';

/** A client of one server for an adapter. What the configuration says comes before what the adapter knows. */
export function lendHttp(base: HttpBase, { tls, ...options }: Omit<HttpOptions, keyof HttpBase>): Http & AsyncDisposable {
  const { authorities, certificate, serverName, elsewhere: _, ...server } = base;
  return openHttp({ ...options, ...server, tls: { ...tls, authorities, certificate, serverName: tls?.serverName ?? serverName } });
}

/** What an adapter has opened. A client that it has let go is forgotten: its connections fall idle and end. */
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
