#!/usr/bin/env bash
# github.com/docker/cli 29.9.3 (what docker, buildx and compose read their logins with) and testcontainers 12.2.0 (JavaScript): a pull
# secret of Kubernetes, as `kubectl create secret docker-registry` makes it, as the value of DOCKER_AUTH_CONFIG.
#
# The variable has the content of a config.json, and so has such a secret: user and password, and both as `auth`. As a file Docker takes
# it. One would guess the same of the variable. Docker allows no member but `auth` there, and drops the whole variable for one
# `username`, with the logins of all other hosts in it: a warning, and an anonymous pull. testcontainers takes the variable as it is, so the
# same job succeeds in one step and fails in the next.
#
# Seen: Docker has the login of the file and none of the variable; with `auth` alone it has that of the variable too. testcontainers has
# it in all cases.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund testcontainers@12.2.0
cat >go.mod <<'MOD'
module finding

go 1.26.0

require github.com/docker/cli v29.9.3+incompatible
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/docker/cli/cli/config"
)

func main() {
	login, err := config.LoadDefaultConfigFile(io.Discard).GetAuthConfig(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Printf("docker %q", login.Password)
}
GO
GOPATH="$folder/go" GOFLAGS=-mod=mod go build -o docker . 2>log || { cat log >&2; exit 1; }
cat >ask.cjs <<'JS'
const { getAuthConfig } = require('testcontainers/build/container-runtime/auth/get-auth-config.js');

getAuthConfig(process.argv[2]).then(login => console.log(`, testcontainers "${login?.password ?? ''}"`));
JS
host=123456789012.dkr.ecr.eu-west-1.amazonaws.com
auth=$(printf 'AWS:token' | base64)
secret="{\"auths\": {\"$host\": {\"username\": \"AWS\", \"password\": \"token\", \"auth\": \"$auth\"}}}"
short="{\"auths\": {\"$host\": {\"auth\": \"$auth\"}}}"
mkdir with without
echo "$secret" >with/config.json
echo '{}' >without/config.json
ask() { env -u DOCKER_AUTH_CONFIG "$@" ./docker "$host" 2>>log; env -u DOCKER_AUTH_CONFIG "$@" node ask.cjs "$host"; }
seen="the secret as a file: $(ask DOCKER_CONFIG="$folder/with")
the secret as the variable: $(ask DOCKER_CONFIG="$folder/without" DOCKER_AUTH_CONFIG="$secret")
auth alone as the variable: $(ask DOCKER_CONFIG="$folder/without" DOCKER_AUTH_CONFIG="$short")"
echo "$seen"
expected='the secret as a file: docker "token", testcontainers "token"
the secret as the variable: docker "", testcontainers "token"
auth alone as the variable: docker "token", testcontainers "token"'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
