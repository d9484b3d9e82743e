#!/usr/bin/env bash
# docker 7.2.0 (Python, "docker-py") and testcontainers 12.2.0 (JavaScript): a credential helper that fails, beside an entry of
# `auths` for the same host, as `docker login` left it before the helper was set up.
#
# One would guess that a host with a helper gets its login from there or not at all, as in podman and go-containerregistry. Both take
# the entry of the file when the helper has failed: testcontainers whatever it said, docker-py when "credentials not found in native
# keychain" is anywhere in what it said, also behind another cause. A token of ECR in that entry has ended long ago, so what is seen is
# "authorization token has expired", and nothing of the helper's own error. The way out is to delete the entry.
#
# Seen: docker-py the entry for "no route: credentials not found in native keychain" and an error for "no route";
# testcontainers the entry for both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund testcontainers@12.2.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check docker==7.2.0

host=123456789012.dkr.ecr.eu-west-1.amazonaws.com
mkdir bin
cat >bin/docker-credential-failing <<'SH'
#!/bin/sh
cat >/dev/null
echo "$SAYS"
exit 1
SH
chmod +x bin/docker-credential-failing
cat >config.json <<JSON
{"credHelpers": {"$host": "failing"}, "auths": {"$host": {"auth": "$(printf 'AWS:old' | base64)"}}}
JSON
cat >ask.py <<'PY'
import sys
from docker import auth, errors

try:
    print('docker-py:', auth.resolve_authconfig(auth.load_config(config_path='config.json'), sys.argv[1])['password'])
except errors.DockerException:
    print('docker-py: an error')
PY
cat >ask.cjs <<'JS'
const { getAuthConfig } = require('testcontainers/build/container-runtime/auth/get-auth-config.js');

getAuthConfig(process.argv[2]).then(
  login => console.log(`testcontainers: ${login?.password}`),
  () => console.log('testcontainers: an error'),
);
JS
seen=$(for says in 'no route: credentials not found in native keychain' 'no route'; do
  echo "$says"
  export SAYS="$says" PATH="$folder/bin:$PATH" DOCKER_CONFIG="$folder"
  python/bin/python ask.py "$host"
  env -u DOCKER_AUTH_CONFIG node ask.cjs "$host"
done)
echo "$seen"
expected='no route: credentials not found in native keychain
docker-py: old
testcontainers: old
no route
docker-py: an error
testcontainers: old'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
