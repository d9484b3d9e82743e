#!/usr/bin/env bash
# docker 7.2.0 (Python, "docker-py") beside testcontainers 12.2.0 (JavaScript): an entry of `auths` in ~/.docker/config.json
# that has `username` and `password`, and no `auth`.
#
# Docker's own programs read both forms, and templates of CI systems write the plain one. One would guess that every client that
# reads this file reads both. docker-py has no error for such an entry, and does not use it: the login is an empty one, so the pull
# is anonymous, and ECR answers "no basic auth credentials". The entry beside it, with `auth`, works.
#
# Seen: docker-py {} for the plain pair, and user and password for `auth`; testcontainers user and password for both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund testcontainers@12.2.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check docker==7.2.0

plain=123456789012.dkr.ecr.eu-west-1.amazonaws.com
encoded=444455556666.dkr.ecr.eu-west-1.amazonaws.com
cat >config.json <<JSON
{"auths": {"$plain": {"username": "AWS", "password": "one"}, "$encoded": {"auth": "$(printf 'AWS:two' | base64)"}}}
JSON
cat >ask.py <<'PY'
import sys
from docker import auth

config = auth.load_config(config_path='config.json')
for host in sys.argv[1:]:
    login = auth.resolve_authconfig(config, host)
    print(f"docker-py: {login.get('username')} {login.get('password')}")
PY
cat >ask.cjs <<'JS'
const { getAuthConfig } = require('testcontainers/build/container-runtime/auth/get-auth-config.js');

(async () => {
  for (const host of process.argv.slice(2)) {
    const login = await getAuthConfig(host);
    console.log(`testcontainers: ${login?.username} ${login?.password}`);
  }
})();
JS
seen=$(
  python/bin/python ask.py "$plain" "$encoded"
  env -u DOCKER_AUTH_CONFIG DOCKER_CONFIG="$folder" node ask.cjs "$plain" "$encoded"
)
echo "$seen"
expected='docker-py: None None
docker-py: AWS two
testcontainers: AWS one
testcontainers: AWS two'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
