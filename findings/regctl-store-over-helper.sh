#!/usr/bin/env bash
# regctl 0.11.7 (and regclient, its Go library): a Docker configuration in which a host has a credential helper of its own
# (credHelpers) and the store for everything else (credsStore) lists that host as well, as it does after an old `docker login`.
#
# One would guess that the helper of the host goes before the store: Docker, podman and oras ask the helper alone. regctl takes the
# store wherever its list has the host, and never asks the helper. A store that keeps what was logged in, such as that of a desktop,
# then answers with a token of ECR that has ended long ago. The way out is to erase the host from the store (`docker logout`, with the
# entry of credHelpers taken out meanwhile).
#
# Seen: regctl logs in with what the store has; without the host in the list of the store with what the helper has.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
GOPATH="$folder/go" GOBIN="$folder" go install github.com/regclient/regclient/cmd/regctl@v0.11.7

cat >registry.mjs <<'JS'
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { authorization } = request.headers;
  if (authorization === undefined) return response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
  appendFileSync('logins', `${Buffer.from(authorization.slice('Basic '.length), 'base64')}\n`);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"app","tags":["one"]}');
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node registry.mjs &
server=$!
until [ -s port ]; do sleep 0.1; done
host=localhost:$(cat port)

mkdir bin home home/.docker
for name in helper store; do
  cat >"bin/docker-credential-$name" <<SH
#!/bin/sh
case \$1 in
  list) cat "$folder/listed" ;;
  get) printf '{"ServerURL":"%s","Username":"AWS","Secret":"of-the-$name"}' "\$(cat)" ;;
esac
SH
  chmod +x "bin/docker-credential-$name"
done
echo "{\"credHelpers\": {\"$host\": \"helper\"}, \"credsStore\": \"store\"}" >home/.docker/config.json

login() {
  echo "$1" >listed
  : >logins
  HOME="$folder/home" PATH="$folder/bin:$PATH" ./regctl --host "reg=$host,tls=disabled" tag ls "$host/app" >/dev/null 2>&1
  sort -u logins
}
seen="the store lists the host: $(login "{\"$host\": \"AWS\"}")
the store lists another host: $(login '{"registry.example": "AWS"}')"
echo "$seen"
expected='the store lists the host: AWS:of-the-store
the store lists another host: AWS:of-the-helper'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
