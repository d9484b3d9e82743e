#!/usr/bin/env bash
# oras-go v2.6.0 (Go; oras, helm and Flux are built on it), a credential store on a Docker configuration (`credentials.NewFileStore`)
# that stays open while other programs write to the same file.
#
# One would guess that `Put` changes the entry of its host in the file as it is now. The store reads the file once, when it is opened, and
# `Put` writes all that it had read then: a login that another program has made in between is gone, and one that was renewed is the former
# one again. There is no error. A process that logs in to one registry so breaks the pulls from another one. The way out is a
# new store for each login.
#
# Seen: after another program has renewed a.example and added b.example, `Put` for c.example leaves the old a.example, no b.example, and
# c.example.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.26.0

require oras.land/oras-go/v2 v2.6.0
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

const file = "config.json"

func try(err error) {
	if err != nil {
		panic(err)
	}
}

// What another program does to the file.
func write(passwords map[string]string) {
	entries := map[string]any{}
	for host, password := range passwords {
		entries[host] = map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte("AWS:" + password))}
	}
	text, err := json.Marshal(map[string]any{"auths": entries})
	try(err)
	try(os.WriteFile(file, text, 0o600))
}

func show(when string) {
	text, err := os.ReadFile(file)
	try(err)
	var config struct {
		Auths map[string]struct{ Auth string }
	}
	try(json.Unmarshal(text, &config))
	var shown []string
	for _, host := range []string{"a.example", "b.example", "c.example"} {
		if entry, found := config.Auths[host]; found {
			login, err := base64.StdEncoding.DecodeString(entry.Auth)
			try(err)
			shown = append(shown, host+" "+strings.TrimPrefix(string(login), "AWS:"))
		}
	}
	fmt.Printf("%s: %s\n", when, strings.Join(shown, ", "))
}

func main() {
	write(map[string]string{"a.example": "old"})
	store, err := credentials.NewFileStore(file)
	try(err)
	write(map[string]string{"a.example": "new", "b.example": "new"})
	show("before Put")
	try(store.Put(context.Background(), "c.example", auth.Credential{Username: "AWS", Password: "put"}))
	show("after Put")
}
GO
seen=$(go run . 2>log) || { cat log >&2; exit 1; }
echo "$seen"
expected='before Put: a.example new, b.example new
after Put: a.example old, c.example put'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
