#!/usr/bin/env bash
# oras 0.2.43 (Python, "oras-py") with a user and a password, at a registry that asks for them with the scheme Basic, as ECR does.
#
# The challenge of a registry says which scheme it wants, so one would guess that the client obeys it. It looks for a realm only: it
# takes that of Basic, which is a mere name, for the address of a token server, and asks there for a token with user and password. What
# answers is no token, so the call fails with "requires a token. Please use basic auth", although basic auth is what was set. The way
# out is to say the scheme in advance (`auth_backend='basic'`), which then fails at registries with tokens.
#
# Seen: by default one request at the realm, with the password, and an error; no request of the tags has the password. With
# `auth_backend='basic'` the tags.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check oras==0.2.43

cat >registry.mjs <<'JS'
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { authorization } = request.headers;
  appendFileSync('asked', `${request.url.replace(/\?.*/, '')} ${authorization === undefined ? 'without' : 'with'} password\n`);
  if (request.url === '/v2/app/tags/list' && authorization !== undefined)
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"name": "app", "tags": ["one"]}');
  const challenge = `Basic realm="http://${request.headers.host}/",service="ecr.amazonaws.com"`;
  response.writeHead(401, { 'www-authenticate': challenge }).end('Not Authorized\n');
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
cat >ask.py <<'PY'
import sys, time
import oras.client

# It tries five times more, with pauses that double.
time.sleep = lambda seconds: None
host, *backend = sys.argv[1:]
client = oras.client.OrasClient(hostname=host, insecure=True, **({'auth_backend': backend[0]} if backend else {}))
client.auth.set_basic_auth('AWS', 'token')
try:
    print('tags', client.get_tags(f'{host}/app'))
except ValueError:
    print('an error')
PY
node registry.mjs &
server=$!
until [ -s port ]; do sleep 0.1; done
ask() {
  : >asked
  env -u DOCKER_CONFIG HOME="$folder" python/bin/python ask.py "localhost:$(cat port)" "$@" 2>/dev/null
  sort -u asked
}
seen="by default
$(ask)
with the backend basic
$(ask basic)"
echo "$seen"
expected="by default
an error
/ with password
/v2/app/tags/list without password
with the backend basic
tags ['one']
/v2/app/tags/list with password
/v2/app/tags/list without password"
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
