#!/usr/bin/env bash
# @aws-sdk/credential-providers 3.1169.0 (JavaScript) beside github.com/aws/aws-sdk-go-v2/config v1.32.0 (the credential helpers and
# plugins that are written in Go): a profile that has keys of its own beside a `role_arn`, and no `source_profile`.
#
# One would guess that both assume the role with the keys, or that both refuse, as aws-cli does, which wants a `source_profile`. Go
# assumes the role. JavaScript takes the keys as they are and forgets the role. Neither says a word, so one file pulls as two identities
# on one machine, and what the role alone may do fails in one of the tools. In two profiles, of which one names the other by
# `source_profile`, keys and role mean the same in both.
#
# Seen: KEYS and ROLE-BY-KEYS for one profile; ROLE-BY-KEYS twice for two profiles.
set -euo pipefail
folder=$(mktemp -d)
sts=
trap 'kill $sts 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-sdk/credential-providers@3.1169.0
mkdir go
cat >go/go.mod <<'MOD'
module finding

go 1.26.0

require github.com/aws/aws-sdk-go-v2/config v1.32.0
MOD
cat >go/main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
)

func main() {
	loaded, err := config.LoadDefaultConfig(context.Background())
	if err == nil {
		keys, failed := loaded.Credentials.Retrieve(context.Background())
		fmt.Println("Go:", keys.AccessKeyID)
		err = failed
	}
	if err != nil {
		fmt.Println("Go: an error")
	}
}
GO
(cd go && GOPATH="$folder/path" GOFLAGS=-mod=mod go build -o ../ask-go . 2>log) || { cat go/log >&2; exit 1; }
cat >ask.mjs <<'JS'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';

await fromNodeProviderChain()().then(keys => console.log(`JavaScript: ${keys.accessKeyId}`), () => console.log('JavaScript: an error'));
JS
# Names the keys of a role after those that asked for it.
cat >sts.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const id = `ROLE-BY-${/Credential=(\w+)/.exec(request.headers.authorization)[1]}`;
  const keys = `<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`;
  const role = '<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/pull/x</Arn><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>';
  response.end(`<AssumeRoleResponse><AssumeRoleResult><Credentials>${keys}</Credentials>${role}</AssumeRoleResult></AssumeRoleResponse>`);
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node sts.mjs &
sts=$!
until [ -s port ]; do sleep 0.1; done
keys=$'aws_access_key_id = KEYS\naws_secret_access_key = secret'
role='role_arn = arn:aws:iam::123456789012:role/pull'
printf '[profile together]\n%s\n%s\n' "$keys" "$role" >config
printf '[profile keys]\n%s\n[profile apart]\n%s\nsource_profile = keys\n' "$keys" "$role" >>config
seen=$(for profile in together apart; do
  echo "$profile"
  # No file, profile or variable of this machine has a say.
  for ask in 'node ask.mjs' ./ask-go; do
    env -i PATH="$PATH" HOME="$folder" AWS_CONFIG_FILE="$folder/config" AWS_SHARED_CREDENTIALS_FILE="$folder/none" AWS_EC2_METADATA_DISABLED=true \
      AWS_REGION=eu-west-1 AWS_ENDPOINT_URL_STS="http://127.0.0.1:$(cat port)" AWS_PROFILE="$profile" NODE_NO_WARNINGS=1 $ask
  done
done)
echo "$seen"
expected='together
JavaScript: KEYS
Go: ROLE-BY-KEYS
apart
JavaScript: ROLE-BY-KEYS
Go: ROLE-BY-KEYS'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
