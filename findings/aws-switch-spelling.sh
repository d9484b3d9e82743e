#!/usr/bin/env bash
# @aws-sdk/client-ecr 3.1169.0 (JavaScript) beside botocore 1.40.0 (aws-cli, boto3): AWS_USE_FIPS_ENDPOINT.
#
# One would guess that a switch of the environment which all AWS tools share has the same spellings everywhere. It has not:
# botocore takes `True` for true and calls the FIPS endpoint. The JavaScript client knows `true` only: with `True` it calls the
# ordinary endpoint without a word. So one tool stays on FIPS endpoints and the other does not, on one machine with one variable.
# (Their FIPS hosts have different names, too.)
#
# Seen: with `true` api.ecr-fips (JavaScript) and ecr-fips (botocore); with `True` api.ecr (JavaScript) and ecr-fips (botocore).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-sdk/client-ecr@3.1169.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check botocore==1.40.0

cat >ask.mjs <<'JS'
import { DescribeRegistryCommand, ECRClient } from '@aws-sdk/client-ecr';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const client = new ECRClient({ region: 'us-east-1', credentials, maxAttempts: 1 });
// The request is looked at and never sent.
client.middlewareStack.add(() => async ({ request }) => { throw new Error(request.hostname); }, { step: 'finalizeRequest', priority: 'low' });
await client.send(new DescribeRegistryCommand({})).catch(error => console.log(`JavaScript: ${error.message}`));
JS
cat >ask.py <<'PY'
import botocore.session
session = botocore.session.get_session()
session.set_credentials('AKIDEXAMPLE', 'secret')
print('botocore:', session.create_client('ecr', region_name='us-east-1').meta.endpoint_url)
PY
# No file, profile or variable of this machine has a say.
ask() { env -i PATH="$PATH" HOME="$folder" NODE_NO_WARNINGS=1 AWS_EC2_METADATA_DISABLED=true AWS_USE_FIPS_ENDPOINT="$1" "${@:2}"; }
seen=$(for value in true True; do
  echo "AWS_USE_FIPS_ENDPOINT=$value"
  ask "$value" node ask.mjs
  ask "$value" python/bin/python ask.py
done)
echo "$seen"
expected='AWS_USE_FIPS_ENDPOINT=true
JavaScript: api.ecr-fips.us-east-1.amazonaws.com
botocore: https://ecr-fips.us-east-1.amazonaws.com
AWS_USE_FIPS_ENDPOINT=True
JavaScript: api.ecr.us-east-1.amazonaws.com
botocore: https://ecr-fips.us-east-1.amazonaws.com'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
