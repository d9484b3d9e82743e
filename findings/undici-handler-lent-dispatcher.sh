#!/usr/bin/env bash
# @smithy/undici-http-handler 3.2.4, the HTTP handler for AWS clients on undici, with undici 7.16.0.
#
# One would guess that a dispatcher belongs to the caller who made it and lent it to two handlers. This handler destroys it with
# itself: the other handler's next request fails, although nobody touched that one. A process with many short-lived clients on
# one pool of connections meets this at the first client that it puts away.
#
# Seen: one request through each handler answers 200; after the first handler's destroy() the second one's request fails.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @smithy/undici-http-handler@3.2.4 undici@7.16.0

cat >ask.mjs <<'JS'
import { createServer } from 'node:http';
import { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { Agent } from 'undici';

const server = createServer((_, response) => response.end('here'));
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const dispatcher = new Agent();
const [first, second] = [new UndiciHttpHandler({ dispatcher }), new UndiciHttpHandler({ dispatcher })];
const request = { protocol: 'http:', hostname: '127.0.0.1', port: server.address().port, method: 'GET', path: '/', headers: {}, query: {} };
const ask = async (name, handler) => {
  const said = await handler.handle(request).then(
    async ({ response }) => {
      for await (const _ of response.body);
      return response.statusCode;
    },
    error => error.name,
  );
  console.log(`${name}: ${said}`);
};
await ask('first', first);
await ask('second', second);
first.destroy();
await ask('second, after first.destroy()', second);
server.close();
server.closeAllConnections();
JS
seen=$(NODE_NO_WARNINGS=1 node ask.mjs)
echo "$seen"
expected='first: 200
second: 200
second, after first.destroy(): ClientDestroyedError'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
