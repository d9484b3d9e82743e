#!/usr/bin/env bash
# Label selectors of Kubernetes 1.36.3 (k8s.io/apimachinery): an empty set, as a text and as an object.
#
# As an object (matchExpressions of a LabelSelector) `team In []` is refused: an empty set is a mistake. One would guess the same of
# the text `team in ()`, which kubectl -l, the query of a list and of a watch, and many tools take. It is accepted, and its set has one
# member, the empty string: it selects what has the label `team` with an empty value. `team notin ()` selects all but that. So a
# selector made from a list that happens to be empty selects something else than nothing, or everything, and no one is told.
#
# Seen: the object is refused, "values set can't be empty"; the texts are accepted, with the set {""}.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH="$folder/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.26.0

require k8s.io/apimachinery v0.36.3
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func main() {
	for _, operator := range []metav1.LabelSelectorOperator{metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn} {
		expression := metav1.LabelSelectorRequirement{Key: "team", Operator: operator}
		_, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{expression}})
		fmt.Printf("object, %s: %v\n", operator, err)
	}
	for _, text := range []string{"team in ()", "team notin ()"} {
		selector, err := labels.Parse(text)
		if err != nil {
			fmt.Printf("text, %s: %v\n", text, err)
			continue
		}
		empty, some, none := selector.Matches(labels.Set{"team": ""}), selector.Matches(labels.Set{"team": "a"}), selector.Matches(labels.Set{})
		fmt.Printf("text, %s: empty value %t, value %t, no label %t\n", text, empty, some, none)
	}
}
GO
seen=$(go run . 2>log) || { cat log >&2; exit 1; }
echo "$seen"
expected="object, In: values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty
object, NotIn: values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty
text, team in (): empty value true, value false, no label false
text, team notin (): empty value false, value true, no label true"
[ "$seen" = "$expected" ] || { echo 'changed; expected:' >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
