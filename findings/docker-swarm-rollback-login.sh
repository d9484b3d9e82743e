#!/usr/bin/env bash
# The Docker engine 20.10.24 (Debian 12) as the only manager of a Swarm: a rollback of a service (`rollback=previous`) that is sent with
# a login of its own (X-Registry-Auth), as `docker service update --rollback --with-registry-auth` does.
#
# One would guess that the login of a request is the one that its tasks pull with, as it is for every other update. A rollback takes the
# whole former version back, and the login that came with that one: the header is accepted, and the answer has no warning, but it goes
# nowhere. Where logins end after half a day, as those of ECR, a rollback to last week's version pulls with last week's login, and
# no header helps. The way out is an update to the former Spec.
#
# Seen: after version 1 with the login one and version 2 with two, a rollback with three pulls version 1 with one; an update to
# version 2 with four pulls with four.
set -euo pipefail
folder=$(mktemp -d)
engine=
registry=
trap 'kill $registry 2>/dev/null || true; kill $engine 2>/dev/null && wait $engine 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
newest() { apt-cache madison "$1" | awk -v version="$2" 'index($3, version) == 1 { print $1 "=" $3; exit }'; }
download() { apt-get -o APT::Sandbox::User=root download -qq "$@"; }
download "$(newest docker.io 20.10.24)" containerd runc libdevmapper1.02.1 libnspr4 iptables libseccomp2
for package in *.deb; do dpkg-deb -x "$package" root; done
export PATH="$folder/root/usr/sbin:$folder/root/usr/bin:$folder/root/sbin:$PATH"
export LD_LIBRARY_PATH="$folder/root/lib/x86_64-linux-gnu:$folder/root/usr/lib/x86_64-linux-gnu"

# Has no image: the task ends at its pull.
cat >registry.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { authorization } = request.headers;
  if (authorization === undefined) return response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
  const login = `${Buffer.from(authorization.slice('Basic '.length), 'base64')}`;
  writeFileSync('pull', `${request.url.split('/').at(-1)} with ${login.split(':')[1]}`);
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors": [{"code": "MANIFEST_UNKNOWN"}]}');
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node registry.mjs &
registry=$!
dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "unix://$folder/docker.sock" \
  --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >log 2>&1 &
engine=$!
ask() { curl -sS --unix-socket docker.sock -H 'content-type: application/json' "http://docker/v1.41$1" "${@:2}"; }
member() { node -pe "const it = JSON.parse(require('fs').readFileSync(0)); $1"; }
for _ in $(seq 60); do ask /_ping >>log 2>&1 && break; sleep 1; done
ask /swarm/init -d '{"ListenAddr": "127.0.0.1:23780", "AdvertiseAddr": "127.0.0.1:23780"}' >>log

# Of the network of the host, as one of their own would be set up in this machine.
spec() {
  cat <<JSON
{"Name": "web", "Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {"ContainerSpec": {"Image": "127.0.0.1:$(cat port)/web:$1"},
 "Networks": [{"Target": "host"}], "RestartPolicy": {"Condition": "none"}}}
JSON
}
# Sends a Spec with a login, and waits for what the next task asks the registry for.
send() {
  rm -f pull
  ask "$1" -H "X-Registry-Auth: $(printf '{"username": "AWS", "password": "%s"}' "$2" | base64 -w0 | tr '+/' '-_')" -d "$3" >>log
  for _ in $(seq 300); do [ -s pull ] && break; sleep 0.1; done
  cat pull
}
# The version of a service changes as well when a roll-out has ended.
update() { sleep 5; echo "/services/web/update?version=$(ask /services/web | member it.Version.Index)$1"; }
seen="a service of version 1, sent with one: $(send /services/create one "$(spec 1)")
an update to 2, sent with two: $(send "$(update '')" two "$(spec 2)")
a rollback, sent with three: $(send "$(update '&rollback=previous')" three "$(spec 2)")
an update to 2, sent with four: $(send "$(update '')" four "$(spec 2)")"
echo "$seen"
expected='a service of version 1, sent with one: 1 with one
an update to 2, sent with two: 2 with two
a rollback, sent with three: 1 with one
an update to 2, sent with four: 2 with four'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
