#!/usr/bin/env bash
# crane 0.22.1 (go-containerregistry; ko and cosign have the same code) with the logins in DOCKER_AUTH_CONFIG, on a machine that has no
# ~/.docker/config.json.
#
# The variable is for jobs that have no file, so one would guess that it is read there first of all. It is part of the reader of the
# file, and crane runs that only where there is a file: without one the variable is not looked at, nothing is said, and the pull is
# anonymous. A file with an empty object in it is enough.
#
# Seen: no login without a file; the login of the variable beside a file that is `{}`.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
GOPATH="$folder/go" GOBIN="$folder" go install github.com/google/go-containerregistry/cmd/crane@v0.22.1

cat >registry.mjs <<'JS'
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { authorization } = request.headers;
  if (request.url.startsWith('/v2/app/'))
    appendFileSync('sent', `${authorization === undefined ? 'no login' : Buffer.from(authorization.slice('Basic '.length), 'base64')}\n`);
  if (authorization === undefined) return response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"name": "app", "tags": ["one"]}');
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node registry.mjs &
server=$!
until [ -s port ]; do sleep 0.1; done
host=127.0.0.1:$(cat port)
mkdir home home/.docker
ask() {
  : >sent
  env -i PATH="$PATH" HOME="$folder/home" DOCKER_AUTH_CONFIG="{\"auths\": {\"$host\": {\"auth\": \"$(printf 'AWS:token' | base64)\"}}}" \
    ./crane ls --insecure "$host/app" >/dev/null 2>&1 || true
  sort -u sent
}
seen="without a file: $(ask)"
echo '{}' >home/.docker/config.json
seen="$seen
beside an empty one: $(ask)"
echo "$seen"
expected='without a file: no login
beside an empty one: AWS:token'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
