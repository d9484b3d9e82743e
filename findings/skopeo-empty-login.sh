#!/usr/bin/env bash
# skopeo 1.9.3 (Debian 12; podman and buildah have the same library) beside crane 0.22.1, without any login, at a registry that asks for
# one with the scheme Basic, as ECR does.
#
# One would guess that a client without a login sends none. skopeo sends one with an empty user and an empty password, and reports
# "invalid username/password" when that is refused: people look for a wrong password where there is none at all. The log of the registry
# has failed logins of nobody, which a lock after some failures counts as well. crane sends nothing, and says that it is unauthorized.
#
# Seen: skopeo "Basic Og==", which is a lone colon, and "invalid username/password"; crane no header.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get -o APT::Sandbox::User=root download -qq "$(apt-cache madison skopeo | awk 'index($3, "1.9.3") == 1 { print "skopeo=" $3; exit }')" \
  libdevmapper1.02.1 libgpgme11 libassuan0
for package in *.deb; do dpkg-deb -x "$package" root; done
GOPATH="$folder/go" GOBIN="$folder" go install github.com/google/go-containerregistry/cmd/crane@v0.22.1

cat >registry.mjs <<'JS'
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  if (request.url.startsWith('/v2/app/')) appendFileSync('sent', `${request.headers.authorization ?? 'nothing'}\n`);
  response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node registry.mjs &
server=$!
until [ -s port ]; do sleep 0.1; done
image=127.0.0.1:$(cat port)/app
mkdir home
# No file or variable of this machine has a say.
libraries="$folder/root/lib/x86_64-linux-gnu:$folder/root/usr/lib/x86_64-linux-gnu"
ask() { env -i PATH="$PATH" HOME="$folder/home" XDG_RUNTIME_DIR="$folder/home" LD_LIBRARY_PATH="$libraries" "$@" 2>&1; }
seen=$(
  : >sent
  said=$(ask root/usr/bin/skopeo list-tags --tls-verify=false "docker://$image" | grep -o 'invalid username/password') || true
  echo "skopeo sends $(sort -u sent) and says: $said"
  : >sent
  said=$(ask ./crane ls --insecure "$image" | grep -o '401 Unauthorized') || true
  echo "crane sends $(sort -u sent) and says: $said"
)
echo "$seen"
expected='skopeo sends Basic Og== and says: invalid username/password
crane sends nothing and says: 401 Unauthorized'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
