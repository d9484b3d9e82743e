#!/usr/bin/env bash
# The Kubernetes API server 1.36.3 (its own handler of DELETE, k8s.io/apiserver): `?dryRun=All` beside DeleteOptions in the body.
#
# POST, PUT and PATCH have their object in the body and their options in the query, so one would guess that `?dryRun=All` holds for
# DELETE as well. But where a DELETE has a body, all its options are read from there and the query is not looked at: with
# preconditions in the body and dryRun in the query, the object is deleted, and nothing says so. dryRun belongs into the body.
#
# Seen: the storage is handed dryRun [All] for the query alone, [] for the query beside a body, [All] for the body.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.26.0

require (
	k8s.io/apimachinery v0.36.3
	k8s.io/apiserver v0.36.3
	k8s.io/client-go v0.36.3
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/kubernetes/scheme"
)

type namer struct{ handlers.ScopeNamer }

func (namer) Name(*http.Request) (string, string, error) { return "shop", "login", nil }

// What the storage is asked for. It deletes nothing.
type storage struct{ dryRun []string }

func (s *storage) Delete(_ context.Context, _ string, _ rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	s.dryRun = options.DryRun
	return nil, false, errors.New("seen")
}

func main() {
	scope := &handlers.RequestScope{
		Namer:            namer{},
		Serializer:       scheme.Codecs.WithoutConversion(),
		Kind:             schema.GroupVersionKind{Version: "v1", Kind: "Secret"},
		Resource:         schema.GroupVersionResource{Version: "v1", Resource: "secrets"},
		MetaGroupVersion: metav1.SchemeGroupVersion,
		// As the API server has it.
		MaxRequestBodyBytes: 3 << 20,
	}
	const options = `{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"1"}`
	for _, request := range []struct{ what, query, body string }{
		{"query alone", "?dryRun=All", ""},
		{"query beside a body", "?dryRun=All", options + "}"},
		{"body", "", options + `,"dryRun":["All"]}`},
	} {
		seen := &storage{}
		asked := httptest.NewRequest(http.MethodDelete, "/api/v1/namespaces/shop/secrets/login"+request.query, strings.NewReader(request.body))
		asked.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		handlers.DeleteResource(seen, true, scope, nil).ServeHTTP(answer, asked)
		if !strings.Contains(answer.Body.String(), "seen") {
			panic(answer.Body.String())
		}
		fmt.Printf("%s: dryRun %v\n", request.what, seen.dryRun)
	}
}
GO
seen=$(go run . 2>log) || { cat log >&2; exit 1; }
echo "$seen"
expected='query alone: dryRun [All]
query beside a body: dryRun []
body: dryRun [All]'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
