#!/usr/bin/env bash
# github.com/docker/cli 29.9.3 (`docker stack deploy`) beside github.com/compose-spec/compose-go/v2 2.6.4 (`docker compose`): a variable
# whose default has a variable of its own, as the host of a registry with an account in it.
#
# One would guess that both read one file alike, as both are Docker's. Compose takes the inner variable. The reader of stacks ends the
# outer one at the first `}`, and takes the rest for text: the image has a name that begins with `${` and has a `}` behind its host. It
# complains of nothing. Spelled `$ACCOUNT`, the inner variable is left as it stands. A default without a variable works in both.
#
# Seen: compose 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1; stack ${ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com}/app:1.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.26.0

require (
	github.com/compose-spec/compose-go/v2 v2.6.4
	github.com/docker/cli v29.9.3+incompatible
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	stack "github.com/docker/cli/cli/compose/loader"
	stacktypes "github.com/docker/cli/cli/compose/types"
)

var env = map[string]string{"ACCOUNT": "123456789012"}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	for _, inner := range []string{"${ACCOUNT}", "$ACCOUNT", "123456789012"} {
		image := "${REGISTRY:-" + inner + ".dkr.ecr.eu-west-1.amazonaws.com}/app:1"
		text := []byte("services:\n  web:\n    image: " + image + "\n")
		project := must(compose.LoadWithContext(context.Background(), types.ConfigDetails{
			WorkingDir:  ".",
			ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: text}},
			Environment: env,
		}, func(options *compose.Options) { options.SetProjectName("web", true) }))
		config := must(stack.Load(stacktypes.ConfigDetails{
			WorkingDir:  ".",
			ConfigFiles: []stacktypes.ConfigFile{{Filename: "compose.yaml", Config: must(stack.ParseYAML(append([]byte("version: '3.8'\n"), text...)))}},
			Environment: env,
		}))
		fmt.Printf("%s\n  compose %s\n  stack   %s\n", image, project.Services["web"].Image, config.Services[0].Image)
	}
}
GO
seen=$(go run . 2>log) || { cat log >&2; exit 1; }
echo "$seen"
expected='${REGISTRY:-${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com}/app:1
  compose 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1
  stack   ${ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com}/app:1
${REGISTRY:-$ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com}/app:1
  compose 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1
  stack   $ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com/app:1
${REGISTRY:-123456789012.dkr.ecr.eu-west-1.amazonaws.com}/app:1
  compose 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1
  stack   123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1'
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
