#!/usr/bin/env bash
# The Docker engine 20.10.24 (Debian 12) as the only manager of a Swarm: `Version.Index` of services after a restart of the engine.
#
# `Version.Index` is what an update must name so that it overwrites nobody's change, and it is used to see whether somebody has
# changed a service, as is UpdatedAt. One would guess that they change when the service does. A manager that becomes the leader, as
# it does after a restart of its engine, commits all services with a network anew, and gives them one and the same new version and
# another UpdatedAt. Their Spec is the same, no task is touched, and nobody has asked for it.
#
# Seen: two services with versions of their own have a higher one, the same for both, after `dockerd` was ended and started again. Of
# their other members, UpdatedAt alone has changed.
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

begin() {
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "unix://$folder/docker.sock" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >>log 2>&1 &
  engine=$!
}
ask() { curl -sS --unix-socket docker.sock -H 'content-type: application/json' "http://docker/v1.41$1" "${@:2}"; }
services() { ask /services | node -e '
  const all = JSON.parse(require("fs").readFileSync(0));
  if (!Array.isArray(all) || all.length !== 2) process.exit(1);
  all.sort((a, b) => (a.Spec.Name < b.Spec.Name ? -1 : 1));
  console.log(JSON.stringify(all.map(({ Version, ...rest }) => ({ version: Version.Index, rest }))));'; }
patiently() { for _ in $(seq 60); do "$@" >said 2>>log && return; sleep 1; done; tail -20 log >&2; return 1; }

begin
patiently ask /_ping
ask /swarm/init -d '{"ListenAddr": "127.0.0.1:23777", "AdvertiseAddr": "127.0.0.1:23777"}' >>log
# Without tasks, so no image is needed. Of the network of the host, as one of their own would be set up in this machine.
for name in a b; do
  ask /services/create -d "{\"Name\": \"$name\", \"TaskTemplate\": {\"ContainerSpec\": {\"Image\": \"registry.example/$name:1\"}, \"Networks\": [{\"Target\": \"host\"}]}, \"Mode\": {\"Replicated\": {\"Replicas\": 0}}}" >>log
done
patiently services
before=$(cat said)
kill $engine
wait $engine || true
begin
patiently services
# The leader begins its work after the first answers.
sleep 10
patiently services
after=$(cat said)
seen=$(node -e '
  const [before, after] = process.argv.slice(1).map(text => JSON.parse(text));
  const alike = all => all[0].version === all[1].version;
  console.log(`before: ${alike(before) ? "one version" : "a version each"}`);
  console.log(`after: ${alike(after) ? "one version" : "a version each"}, ${after.every(({ version }, at) => version > before[at].version) ? "higher" : "not higher"}`);
  const differ = after.flatMap(({ rest }, at) => Object.keys(rest).filter(name => JSON.stringify(rest[name]) !== JSON.stringify(before[at].rest[name])));
  console.log(`also changed: ${[...new Set(differ)]}`);' "$before" "$after")
echo "$seen"
expected='before: a version each
after: one version, higher
also changed: UpdatedAt'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
