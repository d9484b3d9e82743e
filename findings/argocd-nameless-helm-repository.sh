#!/usr/bin/env bash
# Argo CD 3.2.6: a repository of Helm charts in a registry (type: helm, enableOCI: "true") whose Secret has no `name`.
#
# One would guess that a repository is known by its URL, as an Application names it and as one of Git or of the type `oci` is: the
# name is for people. An Application that names the URL gets the login indeed, and the repository is listed as healthy. But the list
# from which the dependencies of a Chart.yaml get their logins leaves out each Helm repository without a name, so the same URL is
# asked without a login there, and 401 is what one sees. A `name` of any text is the way out, or `repo-creds` for the URL.
#
# Seen: GetRepository gives the login of both; ListHelmRepositories has the one with a name alone, ListOCIRepositories one without.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.26.0
MOD
go mod download -json github.com/argoproj/argo-cd/v3@v3.2.6 >download.json 2>log || { cat log >&2; exit 1; }
# The replacements of a dependency do not count, so they are taken over.
argo=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' download.json)
{ echo 'require github.com/argoproj/argo-cd/v3 v3.2.6'; sed -n '/^replace (/,/^)/p; /^replace [^(]/p' "$argo/go.mod"; } >>go.mod
cp "$argo/go.sum" go.sum
chmod u+w go.sum
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/argoproj/argo-cd/v3/util/db"
	"github.com/argoproj/argo-cd/v3/util/settings"
)

func secret(object string, data map[string]string) *corev1.Secret {
	values := map[string][]byte{"username": []byte("AWS"), "password": []byte("secret")}
	for key, text := range data {
		values[key] = []byte(text)
	}
	labels := map[string]string{"argocd.argoproj.io/secret-type": "repository"}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: object, Namespace: "argocd", Labels: labels}, Data: values}
}

func main() {
	ctx := context.Background()
	clients := fake.NewClientset(
		secret("a", map[string]string{"url": "registry.example/named", "type": "helm", "enableOCI": "true", "name": "any"}),
		secret("b", map[string]string{"url": "registry.example/nameless", "type": "helm", "enableOCI": "true"}),
		secret("c", map[string]string{"url": "oci://registry.example/artifact", "type": "oci"}),
	)
	store := db.NewDB("argocd", settings.NewSettingsManager(ctx, clients, "argocd"), clients)
	for _, url := range []string{"registry.example/named", "registry.example/nameless"} {
		one, err := store.GetRepository(ctx, url, "")
		if err != nil {
			panic(err)
		}
		fmt.Printf("source %s: %s\n", url, one.Username)
	}
	helm, err := store.ListHelmRepositories(ctx)
	if err != nil {
		panic(err)
	}
	for _, one := range helm {
		fmt.Printf("for dependencies, helm: %s\n", one.Repo)
	}
	oci, err := store.ListOCIRepositories(ctx)
	if err != nil {
		panic(err)
	}
	for _, one := range oci {
		fmt.Printf("for dependencies, oci: %s\n", one.Repo)
	}
}
GO
seen=$(go run . 2>log) || { cat log >&2; exit 1; }
echo "$seen"
expected='source registry.example/named: AWS
source registry.example/nameless: AWS
for dependencies, helm: registry.example/named
for dependencies, oci: oci://registry.example/artifact'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
