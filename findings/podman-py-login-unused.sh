#!/usr/bin/env bash
# podman 5.8.0 (Python, "podman-py"), beside docker 7.2.0 ("docker-py"), whose interface it takes over: `login`, then a pull.
#
# One would guess that a client which has logged in sends that login with its pulls, as docker-py does. podman-py has the engine
# check the login, reports success and forgets it: the pull goes out with an empty login, and a private image fails although `login` of
# the same client succeeded a line before. Each call needs an `auth_config` of its own.
#
# Seen: podman-py sends an empty X-Registry-Auth after its login, and the password with `auth_config`; docker-py the password after
# its login.
set -euo pipefail
folder=$(mktemp -d)
engine=
trap 'kill $engine 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check docker==7.2.0 podman==5.8.0

cat >engine.mjs <<'JS'
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  const login = Buffer.from(request.headers['x-registry-auth'] ?? '', 'base64').toString();
  if (/\/auth$/.test(request.url)) appendFileSync('seen', 'login, ');
  if (/\/images\/(create|pull)/.test(request.url)) appendFileSync('seen', `pull with ${login === '' ? 'no login' : JSON.parse(login).password}\n`);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"Status": "Login Succeeded", "Id": "1", "id": "1", "images": ["1"]}');
}).listen('engine.sock');
JS
cat >ask.py <<'PY'
import os
import docker, podman

host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
engine = f'unix://{os.getcwd()}/engine.sock'
clients = {
    'docker-py': docker.DockerClient(base_url=engine, version='1.41'),
    'podman-py': podman.PodmanClient(base_url=engine),
}
def told(what):
    with open('seen', 'a') as seen:
        seen.write(what)

for name, client in clients.items():
    told(f'{name}: ')
    client.login('AWS', 'token', registry=host)
    client.images.pull(f'{host}/app', tag='1')
told('podman-py, auth_config: ')
clients['podman-py'].images.pull(f'{host}/app', tag='1', auth_config={'username': 'AWS', 'password': 'token'})
PY
node engine.mjs &
engine=$!
until [ -S engine.sock ]; do sleep 0.1; done
# No file of this machine has a say.
env -u DOCKER_CONFIG HOME="$folder" python/bin/python ask.py
seen=$(cat seen)
echo "$seen"
expected='docker-py: login, pull with token
podman-py: login, pull with no login
podman-py, auth_config: pull with token'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
