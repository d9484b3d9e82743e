#!/usr/bin/env bash
# @aws-sdk/credential-providers 3.1169.0 (JavaScript) beside botocore 1.40.0 (aws-cli, boto3): AWS_PROFILE names a profile with
# `credential_source = Environment`, whose role is to be assumed with the keys of the environment.
#
# One would guess that this does what it says wherever it is understood, as both understand it. But botocore lets keys in the
# environment go before a profile of AWS_PROFILE, and this kind of profile needs such keys: so the role is never assumed, by any
# environment in which it could be, and nothing is said. The pull is made by the keys, and fails or succeeds by their rights. The same
# profile named in code (`--profile` of aws-cli) assumes the role. JavaScript assumes it both ways.
#
# Seen: by AWS_PROFILE the role in JavaScript, and ENVKEYS without it in botocore; named in code the role in both.
set -euo pipefail
folder=$(mktemp -d)
sts=
trap 'kill $sts 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-sdk/credential-providers@3.1169.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check botocore==1.40.0

cat >config <<'INI'
[profile team]
role_arn = arn:aws:iam::123456789012:role/pull
credential_source = Environment
INI
cat >ask.mjs <<'JS'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';

const profile = process.argv[2] === 'code' ? 'team' : undefined;
console.log(`JavaScript: ${(await fromNodeProviderChain({ profile })()).accessKeyId}`);
JS
cat >ask.py <<'PY'
import sys
import botocore.session

session = botocore.session.Session(profile='team' if sys.argv[1] == 'code' else None)
print('botocore:', session.get_credentials().get_frozen_credentials().access_key)
PY
# Names the keys of the role after those that asked for it.
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
# No file, profile or variable of this machine has a say.
ask() {
  env -i PATH="$PATH" HOME="$folder" AWS_CONFIG_FILE="$folder/config" AWS_SHARED_CREDENTIALS_FILE="$folder/none" AWS_EC2_METADATA_DISABLED=true \
    AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_ENDPOINT_URL_STS="http://127.0.0.1:$(cat port)" NODE_NO_WARNINGS=1 \
    AWS_ACCESS_KEY_ID=ENVKEYS AWS_SECRET_ACCESS_KEY=secret "$@" 2>>log
}
seen=$(
  echo 'AWS_PROFILE=team'
  ask AWS_PROFILE=team node ask.mjs variable
  ask AWS_PROFILE=team python/bin/python ask.py variable
  echo 'the profile named in code'
  ask node ask.mjs code
  ask python/bin/python ask.py code
)
echo "$seen"
expected='AWS_PROFILE=team
JavaScript: ROLE-BY-ENVKEYS
botocore: ENVKEYS
the profile named in code
JavaScript: ROLE-BY-ENVKEYS
botocore: ROLE-BY-ENVKEYS'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
