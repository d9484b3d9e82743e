#!/usr/bin/env bash
# docker 7.2.0 (Python, "docker-py"), `login` of a client that has logged in to the host before, or that found an entry for it in
# ~/.docker/config.json.
#
# One would guess that a login with another password replaces the former one. It does so for another user only: where the user is the
# same, `login` asks the engine nothing, returns the former login and keeps it. The user of ECR is always AWS, so a process that logs in
# anew every few hours goes on sending its first token, which ends after twelve. No call fails until a pull does. The way out is
# `reauth=True`, which sounds like something of the engine's.
#
# Seen: after a second login the pull sends the first password; after a third one with `reauth=True` the third.
set -euo pipefail
folder=$(mktemp -d)
engine=
trap 'kill $engine 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check docker==7.2.0

cat >engine.mjs <<'JS'
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  const path = request.url.replace(/^\/v1\.41|\?.*/g, '');
  const login = request.headers['x-registry-auth'];
  if (path === '/auth') appendFileSync('seen', 'the engine is asked for a login\n');
  if (path === '/images/create') appendFileSync('seen', `a pull sends ${JSON.parse(Buffer.from(login, 'base64')).password}\n`);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"Status": "Login Succeeded", "Id": "sha256:1"}');
}).listen('engine.sock');
JS
cat >ask.py <<'PY'
import os
import docker

host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
client = docker.DockerClient(base_url=f'unix://{os.getcwd()}/engine.sock', version='1.41')
for password, options in ('first', {}), ('second', {}), ('third', {'reauth': True}):
    with open('seen', 'a') as seen:
        print(f'login with {password}', file=seen)
    client.login('AWS', password, registry=host, **options)
    client.images.pull(f'{host}/app', tag='1')
PY
node engine.mjs &
engine=$!
until [ -S engine.sock ]; do sleep 0.1; done
# No file of this machine has a say.
env -u DOCKER_CONFIG HOME="$folder" python/bin/python ask.py
seen=$(cat seen)
echo "$seen"
expected='login with first
the engine is asked for a login
a pull sends first
login with second
a pull sends first
login with third
the engine is asked for a login
a pull sends third'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
