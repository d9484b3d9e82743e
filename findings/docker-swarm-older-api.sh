#!/usr/bin/env bash
# The Docker engine 20.10.24 (Debian 12) as a Swarm: a service is read and written back unchanged through an older version of the API,
# as a client does that was written for it, or that names no newer one.
#
# Older versions do not know some members of a service. One would guess that the engine then neither shows nor touches them. It shows
# all of them in the answer of GET, and throws some away from the body of POST: what was read a moment before is removed, the answer is
# 200 and has no warning, and the tasks are replaced. So a client that renews nothing but a login takes capabilities and limits from
# the services. With the engine's own version nothing is lost.
#
# Seen: through v1.40 CapabilityAdd, CapabilityDrop, Ulimits and the limit of Pids are read and lost, through v1.39 MaxReplicas and
# Sysctls as well; nothing through v1.41.
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
ask() { curl -sS --unix-socket docker.sock -H 'content-type: application/json' "http://docker$1" "${@:2}"; }
member() { node -pe "const it = JSON.parse(require('fs').readFileSync(0)); $1"; }
for _ in $(seq 60); do ask /_ping >>log 2>&1 && break; sleep 1; done
ask /v1.41/swarm/init -d '{"ListenAddr": "127.0.0.1:23779", "AdvertiseAddr": "127.0.0.1:23779"}' >>log

# Without tasks, so no image is needed. Of the network of the host, as one of their own would be set up in this machine.
create() {
  ask /v1.41/services/create -d @- >>log <<JSON
{"Name": "$1", "Mode": {"Replicated": {"Replicas": 0}}, "TaskTemplate": {"Networks": [{"Target": "host"}], "Placement": {"MaxReplicas": 1},
 "Resources": {"Limits": {"Pids": 100}}, "ContainerSpec": {"Image": "registry.example/web:1", "CapabilityAdd": ["CAP_NET_ADMIN"],
 "CapabilityDrop": ["CAP_CHOWN"], "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}], "Sysctls": {"net.core.somaxconn": "1024"}}}}
JSON
}
has() {
  member "const { ContainerSpec, Placement, Resources } = it.Spec.TaskTemplate;
    const all = { ...ContainerSpec, ...Placement, ...Resources.Limits };
    ['CapabilityAdd', 'CapabilityDrop', 'Ulimits', 'Pids', 'MaxReplicas', 'Sysctls'].filter(name => name in all).join(' ')"
}
seen=$(for api in v1.41 v1.40 v1.39; do
  name=by-${api/./-}
  create "$name"
  ask "/$api/services/$name" >read
  member 'JSON.stringify(it.Spec)' <read >spec.json
  answer=$(ask "/$api/services/$name/update?version=$(member it.Version.Index <read)" -d @spec.json)
  echo "$api reads $(has <read)"
  echo "$api answers $answer and keeps $(ask "/v1.41/services/$name" | has)"
done)
echo "$seen"
all='CapabilityAdd CapabilityDrop Ulimits Pids MaxReplicas Sysctls'
expected="v1.41 reads $all
v1.41 answers {\"Warnings\":null} and keeps $all
v1.40 reads $all
v1.40 answers {\"Warnings\":null} and keeps MaxReplicas Sysctls
v1.39 reads $all
v1.39 answers {\"Warnings\":null} and keeps "
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
