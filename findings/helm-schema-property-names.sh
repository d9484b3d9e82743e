#!/usr/bin/env bash
# helm 4.3.1: a values.schema.json that limits the names of a map with `propertyNames`, as the JSON Schema books have it.
#
# One would guess that the message names the map, as it does for every other keyword. It names the root ('') and the bare name, so in
# a chart with several maps nobody sees which one is meant. The same rule as `patternProperties` with `additionalProperties: false`
# names the place.
#
# Seen: "at '': 'BAD' does not match pattern" for propertyNames, "at '/a/b': additional properties 'BAD' not allowed" for the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export HELM_CACHE_HOME="$folder/cache" HELM_CONFIG_HOME="$folder/config" HELM_DATA_HOME="$folder/data"
GOPATH="$folder/go" GOBIN="$folder" go install helm.sh/helm/v4/cmd/helm@v4.3.1

mkdir -p chart/templates
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' >chart/Chart.yaml
placed() {
  cat >chart/values.schema.json <<JSON
{"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "object", $1}}}}}
JSON
  (./helm template chart --set a.b.BAD=1 2>&1 || true) | grep 'BAD' | tail -1 | sed "s/^[- ]*//; s/ '^.*//"
}
seen="propertyNames: $(placed '"propertyNames": {"pattern": "^[a-z]+$"}')
patternProperties: $(placed '"patternProperties": {"^[a-z]+$": {}}, "additionalProperties": false')"
echo "$seen"
expected="propertyNames: at '': 'BAD' does not match pattern
patternProperties: at '/a/b': additional properties 'BAD' not allowed"
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
