#!/usr/bin/env bash
# regctl 0.11.7 (and regclient, its Go library) beside crane 0.22.1: a config.json with two spellings of one host, `HOST` and
# `https://HOST`, as two programs may have written them.
#
# One would guess that the spelling which is the same as the host of the image goes first, as it does in crane and docker, or the
# first or last in the file. regctl takes both for the same host and merges them in the order of a map of Go, so that now the one and now
# the other is left. If one of them is an old login, a pull fails now and then, with nothing changed. The way out is one spelling.
#
# Seen: over 200 runs of regctl both logins, over 200 of crane that of the bare host alone.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOBIN="$folder"
go install github.com/regclient/regclient/cmd/regctl@v0.11.7
go install github.com/google/go-containerregistry/cmd/crane@v0.22.1

cat >registry.mjs <<'JS'
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { authorization } = request.headers;
  if (authorization === undefined) return response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
  appendFileSync('logins', `${Buffer.from(authorization.slice('Basic '.length), 'base64')}\n`);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"name": "app", "tags": ["one"]}');
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node registry.mjs &
server=$!
until [ -s port ]; do sleep 0.1; done
host=localhost:$(cat port)
mkdir home home/.docker
entry() { echo "\"$1\": {\"auth\": \"$(printf 'AWS:%s' "$2" | base64)\"}"; }
echo "{\"auths\": {$(entry "$host" bare), $(entry "https://$host" https)}}" >home/.docker/config.json
ask() {
  : >logins
  # The rarer of the two comes once in about eight runs.
  for _ in $(seq 200); do env -i PATH="$PATH" HOME="$folder/home" "$@" >/dev/null; done
  sort -u logins | paste -sd ' '
}
seen="regctl: $(ask ./regctl --host "reg=$host,tls=disabled" tag ls "$host/app")
crane: $(ask ./crane ls --insecure "$host/app")"
echo "$seen"
expected='regctl: AWS:bare AWS:https
crane: AWS:bare'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
