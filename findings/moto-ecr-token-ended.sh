#!/usr/bin/env bash
# moto 5.2.5 (Python), the double of AWS that tests run against: the token of `get_authorization_token` of ECR.
#
# ECR gives a token for twelve hours, and what moto gives elsewhere lasts too: keys of STS end later than now. One would guess that the
# token does as well. It ended on the first of January 2015, always. So whatever renews tokens before they end renews them without a
# pause in its tests, a cache never has a hit, and a program that looks at `expiresAt`, as it should, refuses the token. A test must
# move the clock, or replace the answer.
#
# Seen: the token of ECR ended in 2015, the keys of STS end in the future.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check moto==5.2.5 boto3==1.40.0

cat >ask.py <<'PY'
from datetime import datetime, timezone
import boto3
from moto import mock_aws

session = boto3.Session('AKIDEXAMPLE', 'secret', region_name='eu-west-1')
with mock_aws():
    token = session.client('ecr').get_authorization_token()['authorizationData'][0]
    keys = session.client('sts').get_session_token()['Credentials']
print('ECR', token['expiresAt'].astimezone(timezone.utc).date())
print('STS', 'later' if keys['Expiration'] > datetime.now(timezone.utc) else 'ended')
PY
# No file, profile or variable of this machine has a say.
seen=$(env -i TZ=UTC PATH="$PATH" HOME="$folder" AWS_EC2_METADATA_DISABLED=true python/bin/python ask.py)
echo "$seen"
expected='ECR 2015-01-01
STS later'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
