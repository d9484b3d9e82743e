#!/usr/bin/env bash
# The Docker engine 20.10.24 (Debian 12) as the only manager of a Swarm: a service whose task waits for a node that takes it, and an
# update that brings nothing but another login (the same Spec, another X-Registry-Auth).
#
# One would guess that such an update has nothing to roll out: running tasks stay as they are, and a service without tasks has no
# UpdateStatus afterwards. A `pending` task is replaced by another one, and UpdateStatus says `updating` for as long as that waits as
# well, which may be for ever, although the Spec is the former one. So who leaves alone what is `updating`, or waits for `completed`,
# is locked out by an update of its own.
#
# Seen, 20 seconds after the same update: no UpdateStatus without a task; `updating` and another task with a pending one. In both
# cases Spec and PreviousSpec are the same.
set -euo pipefail
folder=$(mktemp -d)
engine=
trap 'kill $engine 2>/dev/null && wait $engine 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
newest() { apt-cache madison "$1" | awk -v version="$2" 'index($3, version) == 1 { print $1 "=" $3; exit }'; }
download() { apt-get -o APT::Sandbox::User=root download -qq "$@"; }
download "$(newest docker.io 20.10.24)" containerd runc libdevmapper1.02.1 libnspr4 iptables libseccomp2
for package in *.deb; do dpkg-deb -x "$package" root; done
export PATH="$folder/root/usr/sbin:$folder/root/usr/bin:$folder/root/sbin:$PATH"
export LD_LIBRARY_PATH="$folder/root/lib/x86_64-linux-gnu:$folder/root/usr/lib/x86_64-linux-gnu"

dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "unix://$folder/docker.sock" \
  --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >log 2>&1 &
engine=$!
ask() { curl -sS --unix-socket docker.sock -H 'content-type: application/json' "http://docker/v1.41$1" "${@:2}"; }
member() { node -pe "const it = JSON.parse(require('fs').readFileSync(0)); $1"; }
for _ in $(seq 60); do ask /_ping >>log 2>&1 && break; sleep 1; done
ask /swarm/init -d '{"ListenAddr": "127.0.0.1:23778", "AdvertiseAddr": "127.0.0.1:23778"}' >>log

# Of the network of the host, as one of their own would be set up in this machine. No image is needed: no task ever starts.
spec() {
  cat <<JSON
{"Name": "$1", "TaskTemplate": {"ContainerSpec": {"Image": "registry.example/$1:1"}, "Networks": [{"Target": "host"}],
 "Placement": {"Constraints": ["node.labels.none == such"]}}, "Mode": {"Replicated": {"Replicas": $2}}}
JSON
}
waiting() { ask "/tasks?filters=%7B%22service%22%3A%5B%22$1%22%5D%7D" | member "it.filter(task => task.Status.State === 'pending').map(task => task.ID).join()"; }
login=$(printf '{"username": "AWS", "password": "another", "serveraddress": "registry.example"}' | base64 -w0 | tr '+/' '-_')
seen=$(for replicas in 0 1; do
  name=replicas$replicas
  spec "$name" "$replicas" >spec.json
  ask /services/create -d @spec.json >>log
  sleep 5
  before=$(waiting "$name")
  ask "/services/$name" | member 'JSON.stringify(it.Spec)' >spec.json
  ask "/services/$name/update?version=$(ask "/services/$name" | member it.Version.Index)" -H "X-Registry-Auth: $login" -d @spec.json >>log
  sleep 20
  [ "$before" = "$(waiting "$name")" ] && kept='the same tasks' || kept='other tasks'
  echo "$replicas: $(ask "/services/$name" | member '`${it.UpdateStatus?.State}, Spec ${JSON.stringify(it.Spec) === JSON.stringify(it.PreviousSpec) ? "as before" : "changed"}`'), $kept"
done)
echo "$seen"
expected='0: undefined, Spec as before, the same tasks
1: updating, Spec as before, other tasks'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
