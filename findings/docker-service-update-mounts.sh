#!/usr/bin/env bash
# Docker's command line 20.10.24 (Debian 12; 28.2.2 does the same): `docker service update` with options that have nothing to do with
# mounts, on a service whose mounts are in another order than that of their names, as every client of the API may store them.
#
# One would guess that `--label-add` and `--with-registry-auth` change what they name and restart nothing. The mounts are sent back in
# the order of their sources, so the Spec is another one, and Swarm replaces all tasks of the service. With mounts in that order no
# task is touched.
#
# Seen: the mounts b and a are sent as a and b.
set -euo pipefail
folder=$(mktemp -d)
engine=
trap 'kill $engine 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get -o APT::Sandbox::User=root download -qq "$(apt-cache madison docker.io | awk '$3 ~ /^20\.10\.24/ { print "docker.io=" $3; exit }')"
dpkg-deb -x docker.io_*.deb package

cat >engine.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const mount = name => ({ Type: 'volume', Source: name, Target: `/${name}` });
const Spec = {
  Name: 'web',
  TaskTemplate: { ContainerSpec: { Image: 'registry.example/web:1', Mounts: [mount('b'), mount('a')] }, ForceUpdate: 0 },
  Mode: { Replicated: { Replicas: 1 } },
};
createServer(async (request, response) => {
  const send = body => response.writeHead(200, { 'content-type': 'application/json', 'api-version': '1.41' }).end(JSON.stringify(body));
  if (!request.url.endsWith('/services/web/update?registryAuthFrom=spec&version=1'))
    return send(request.url.includes('/services/web') ? { ID: 'web', Version: { Index: 1 }, Spec } : {});
  const sent = JSON.parse(Buffer.concat(await request.toArray()));
  writeFileSync('sent', sent.TaskTemplate.ContainerSpec.Mounts.map(({ Source }) => Source).join(' '));
  send({});
}).listen('engine.sock');
JS
node engine.mjs &
engine=$!
until [ -S engine.sock ]; do sleep 0.1; done
HOME="$folder" package/usr/bin/docker -H "unix://$folder/engine.sock" service update --detach --label-add owner=shop web >/dev/null
seen="b a are sent as $(cat sent)"
echo "$seen"
expected='b a are sent as a b'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
