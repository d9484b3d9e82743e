#!/usr/bin/env bash
# go-containerregistry 0.22.1 (crane, ko, cosign) and oras-go v2.6.0 (oras, helm) beside go.podman.io/image v5.39.2 (podman, skopeo): a
# config.json with entries for paths of one host, as `podman login --compat-auth-file` writes them for HOST/team-a and HOST/team-b.
#
# One would guess that a client takes the entry of the path that it pulls from, as podman does, or knows no such keys. These two look
# for the host, cut the path off each key to compare it, and take the first key that is left the same. The order is that of a map of Go,
# so it is another entry from one pull to the next, whatever the repository. With a key for each team some pulls are refused at random.
#
# Seen, over 2000 questions for the login of HOST/team-b/app: both entries in crane's and oras' libraries, that of team-b in podman's.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26.0

require (
	github.com/google/go-containerregistry v0.22.1
	go.podman.io/image/v5 v5.39.2
	oras.land/oras-go/v2 v2.6.0
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"go.podman.io/image/v5/pkg/docker/config"
	"go.podman.io/image/v5/types"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	repository := must(name.NewRepository(host + "/team-b/app"))
	for _, client := range []struct {
		name string
		ask  func() string
	}{
		{"crane", func() string {
			return must(must(authn.DefaultKeychain.Resolve(repository)).Authorization()).Password
		}},
		{"oras", func() string {
			store := must(credentials.NewStoreFromDocker(credentials.StoreOptions{}))
			return must(store.Get(context.Background(), host)).Password
		}},
		{"podman", func() string {
			return must(config.GetCredentials(&types.SystemContext{}, host+"/team-b/app")).Password
		}},
	} {
		seen := map[string]bool{}
		for range 2000 {
			seen[client.ask()] = true
		}
		fmt.Printf("%s: %s\n", client.name, strings.Join(slices.Sorted(maps.Keys(seen)), " or "))
	}
}
GO
GOPATH="$folder/go" GOFLAGS=-mod=mod go build -o ask . 2>log || { cat log >&2; exit 1; }
mkdir .docker
entry() { echo "\"123456789012.dkr.ecr.eu-west-1.amazonaws.com/$1\": {\"auth\": \"$(printf 'AWS:%s' "$1" | base64)\"}"; }
echo "{\"auths\": {$(entry team-a), $(entry team-b)}}" >.docker/config.json
# No file or variable of this machine has a say.
seen=$(env -i PATH="$PATH" HOME="$folder" XDG_RUNTIME_DIR="$folder" ./ask)
echo "$seen"
expected='crane: team-a or team-b
oras: team-a or team-b
podman: team-b'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
