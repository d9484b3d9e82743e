#!/usr/bin/env bash
# @aws-sdk/credential-providers 3.1169.0 (JavaScript), `fromIni`, beside botocore 1.40.0 (aws-cli, boto3): a profile that assumes
# a role, and has a `region` and an `endpoint_url` of its own.
#
# One would guess that STS is asked at the profile's own address, whichever way the profile was named. With AWS_PROFILE it is.
# When the same profile is named in code (`fromIni({ profile })`), its region is taken, its `endpoint_url` is not, and nothing is
# said: the keys go to the public address of STS. botocore obeys the profile both ways. So a program that offers an option for the
# profile asks another server than the same program with the variable, and behind a private endpoint it asks one out of reach.
#
# Seen: named in code sts.eu-west-1.amazonaws.com, by AWS_PROFILE sts.internal.example; botocore sts.internal.example both ways.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-sdk/credential-providers@3.1169.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check botocore==1.40.0

cat >config <<'INI'
[profile team]
role_arn = arn:aws:iam::123456789012:role/pull
source_profile = base
region = eu-west-1
endpoint_url = http://sts.internal.example:4566

[profile base]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = secret
INI
# Requests are looked at and never sent.
cat >ask.mjs <<'JS'
import { fromIni } from '@aws-sdk/credential-providers';

const requestHandler = {
  handle: async ({ hostname }) => { throw new Error(hostname); },
  destroy() {}, updateHttpClientConfig() {}, httpHandlerConfigs: () => ({}),
};
const profile = process.argv[2] === 'code' ? 'team' : undefined;
await fromIni({ profile, clientConfig: { requestHandler, maxAttempts: 1 } })().catch(error => console.log(`JavaScript: ${error.message}`));
JS
cat >ask.py <<'PY'
import sys, urllib.parse
import botocore.httpsession, botocore.session

class Seen(Exception):
    pass

def send(self, request):
    raise Seen(urllib.parse.urlsplit(request.url).hostname)

botocore.httpsession.URLLib3Session.send = send
try:
    session = botocore.session.Session(profile='team' if sys.argv[1] == 'code' else None)
    session.get_credentials().get_frozen_credentials()
except Seen as host:
    print('botocore:', host)
PY
# No file, profile or variable of this machine has a say.
ask() {
  env -i PATH="$PATH" HOME="$folder" AWS_CONFIG_FILE="$folder/config" AWS_SHARED_CREDENTIALS_FILE="$folder/none" \
    AWS_EC2_METADATA_DISABLED=true NODE_NO_WARNINGS=1 "$@"
}
seen=$(
  echo 'the profile named in code'
  ask node ask.mjs code
  ask python/bin/python ask.py code
  echo 'AWS_PROFILE=team'
  ask AWS_PROFILE=team node ask.mjs variable
  ask AWS_PROFILE=team python/bin/python ask.py variable
)
echo "$seen"
expected='the profile named in code
JavaScript: sts.eu-west-1.amazonaws.com
botocore: sts.internal.example
AWS_PROFILE=team
JavaScript: sts.internal.example
botocore: sts.internal.example'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
