#!/usr/bin/env bash
# oras 0.2.43 (Python, "oras-py"): `config_path`, beside a ~/.docker/config.json, where both have an entry for the host.
#
# One would guess that the file which the caller names goes before the one that is found, or replaces it, as it does in the program
# oras. Both are read, as members of a set of names, and the one that comes last wins. The order of such a set differs from one
# process to the next, so the same program pulls with the login of either file, half of the time with each. A fresh token in a file
# of its own thus works in a test and fails now and then where somebody has run `docker login`.
#
# Seen: over 20 seeds of Python's hashes the entry of the named file in some runs and that of the other in the rest.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check oras==0.2.43

mkdir .docker
entry() { echo "{\"auths\": {\"registry.example\": {\"auth\": \"$(printf 'AWS:%s' "$1" | base64)\"}}}"; }
entry 'of the home folder' >.docker/config.json
entry 'of the named file' >named.json
cat >ask.py <<'PY'
import base64
import oras.provider

# As `pull` and `push` do it with their `config_path`. The container is only a name here.
registry = oras.provider.Registry()
registry.auth.load_configs(registry.get_container('registry.example/app:1'), configs=['named.json'])
print(base64.b64decode(registry.auth._basic_auth).decode())
PY
seen=$(for seed in $(seq 20); do
  env -u DOCKER_CONFIG HOME=. PYTHONHASHSEED="$seed" python/bin/python ask.py
done | sort -u)
echo "$seen"
expected='AWS:of the home folder
AWS:of the named file'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
