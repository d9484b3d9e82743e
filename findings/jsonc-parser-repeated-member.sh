#!/usr/bin/env bash
# jsonc-parser 3.3.1, `modify` and `parse`, on an object that has a member twice.
#
# Files with logins are written by many tools, and a member that stands twice in one object is legal JSON (RFC 8259 only says that
# names should be unique). One would guess that a library edits the member that it reads. It reads the last one, as JSON.parse
# does, and edits the first: after `modify` has set a new password, `parse` still finds the old one, and nothing is said. Removing
# the member takes away the first one, so the old password is still there and still the one that is read.
#
# Seen: read before "old-2"; after `modify` to "new" still "old-2"; after removing the member still "old-2".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jsonc-parser@3.3.1

cat >ask.mjs <<'JS'
import { applyEdits, modify, parse } from 'jsonc-parser';

const path = ['auths', 'registry.example'];
const text = '{"auths": {"registry.example": "old-1", "registry.example": "old-2"}}';
const read = json => parse(json).auths['registry.example'];
console.log(`before: ${read(text)}`);
const changed = applyEdits(text, modify(text, path, 'new', {}));
console.log(`changed to "new": ${read(changed)} in ${changed}`);
const removed = applyEdits(text, modify(text, path, undefined, {}));
console.log(`removed: ${read(removed)} in ${removed}`);
JS
seen=$(node ask.mjs)
echo "$seen"
expected='before: old-2
changed to "new": old-2 in {"auths": {"registry.example": "new", "registry.example": "old-2"}}
removed: old-2 in {"auths": {"registry.example": "old-2"}}'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
