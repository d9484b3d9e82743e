#!/usr/bin/env bash
# docker-registry 2.8.2 (Debian 12; the image registry:2 is of the same line) as a pull-through cache (`proxy`), with `username` and
# `password`, of a registry that asks for them with the scheme Basic, as ECR does.
#
# One would guess that user and password are for whatever login the upstream asks for. They are for token servers alone: to a Basic
# challenge the cache answers nothing. It starts without a complaint, sends anonymous requests, and tells its clients "manifest unknown"
# instead of "unauthorized", so an image seems not to be there. (Version 3 sends them.)
#
# Seen: an upstream with Bearer is sent the token, one with Basic no login; the client is told MANIFEST_UNKNOWN.
set -euo pipefail
folder=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get -o APT::Sandbox::User=root download -qq "$(apt-cache madison docker-registry | awk 'index($3, "2.8.2") == 1 { print "docker-registry=" $3; exit }')"
dpkg-deb -x docker-registry_*.deb package

cat >upstream.mjs <<'JS'
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const scheme = process.argv[2];
const server = createServer((request, response) => {
  const { authorization, host } = request.headers;
  if (request.url.startsWith('/token')) return response.writeHead(200, { 'content-type': 'application/json' }).end('{"token": "t"}');
  if (request.url.includes('/manifests/')) appendFileSync('sent', `${authorization?.split(' ')[0] ?? 'no login'}\n`);
  const realm = scheme === 'Bearer' ? `http://${host}/token` : `http://${host}/`;
  response.writeHead(401, { 'www-authenticate': `${scheme} realm="${realm}",service="ecr.amazonaws.com"` }).end();
});
server.listen(0, '127.0.0.1', () => writeFileSync(`port-${scheme}`, `${server.address().port}`));
JS
free() { node -e 'const server = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });'; }
seen=$(for scheme in Bearer Basic; do
  node upstream.mjs "$scheme" &
  servers=($!)
  until [ -s "port-$scheme" ]; do sleep 0.1; done
  port=$(free)
  cat >"$scheme.yml" <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $folder/data-$scheme}}
http: {addr: "127.0.0.1:$port"}
proxy: {remoteurl: "http://127.0.0.1:$(cat "port-$scheme")", username: AWS, password: token}
YAML
  package/usr/bin/docker-registry serve "$scheme.yml" >log 2>&1 &
  servers+=($!)
  curl --silent --retry 30 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$port/v2/" >/dev/null
  : >sent
  code=$(curl --silent "http://127.0.0.1:$port/v2/app/manifests/1" | node -pe 'JSON.parse(require("fs").readFileSync(0)).errors[0].code')
  echo "upstream with $scheme: $(sort -u sent), client told $code"
  kill "${servers[@]}"
done)
echo "$seen"
expected='upstream with Bearer: Bearer, client told MANIFEST_UNKNOWN
upstream with Basic: no login, client told MANIFEST_UNKNOWN'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
