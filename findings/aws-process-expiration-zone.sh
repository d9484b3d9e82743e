#!/usr/bin/env bash
# @aws-sdk/credential-providers 3.1169.0 (JavaScript), `fromIni`, beside botocore 1.40.0 (aws-cli, boto3): a `credential_process`
# whose Expiration is an ISO 8601 time without a zone, as `datetime.utcnow().isoformat()` of Python and many shell scripts write it.
#
# The guide of AWS asks for ISO 8601, which lets the zone be left out. One would guess that both tools take UTC, or that both
# refuse. JavaScript takes the time zone of the machine: the same keys end at another moment in each TZ, so west of UTC they go on
# being used for hours after their end, and east of it they are fetched again at each use long before. botocore fails with the words
# of a subtraction, and says nothing of the process or of Expiration.
#
# Seen: JavaScript 08:04:05Z in New York, 03:04:05Z in UTC, 18:04:05Z of the day before in Tokyo; botocore a TypeError everywhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-sdk/credential-providers@3.1169.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check botocore==1.40.0

cat >keys.sh <<'SH'
#!/bin/sh
echo '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret","SessionToken":"token","Expiration":"2031-01-02T03:04:05"}'
SH
chmod +x keys.sh
cat >config <<INI
[profile team]
credential_process = $folder/keys.sh
INI
cat >ask.mjs <<'JS'
import { fromIni } from '@aws-sdk/credential-providers';

const { expiration } = await fromIni({ profile: 'team' })();
console.log(`JavaScript: ${expiration.toISOString()}`);
JS
cat >ask.py <<'PY'
import botocore.session

try:
    keys = botocore.session.Session(profile='team').get_credentials()
    keys.get_frozen_credentials()
    print('botocore:', keys._expiry_time)
except Exception as error:
    print(f'botocore: {type(error).__name__}: {error}')
PY
seen=$(
  for zone in America/New_York UTC Asia/Tokyo; do
    echo "TZ=$zone"
    # No file, profile or variable of this machine has a say.
    for ask in 'node ask.mjs' 'python/bin/python ask.py'; do
      env -i TZ="$zone" PATH="$PATH" HOME="$folder" AWS_CONFIG_FILE="$folder/config" AWS_SHARED_CREDENTIALS_FILE="$folder/none" \
        AWS_EC2_METADATA_DISABLED=true NODE_NO_WARNINGS=1 $ask
    done
  done
)
echo "$seen"
expected="TZ=America/New_York
JavaScript: 2031-01-02T08:04:05.000Z
botocore: TypeError: can't subtract offset-naive and offset-aware datetimes
TZ=UTC
JavaScript: 2031-01-02T03:04:05.000Z
botocore: TypeError: can't subtract offset-naive and offset-aware datetimes
TZ=Asia/Tokyo
JavaScript: 2031-01-01T18:04:05.000Z
botocore: TypeError: can't subtract offset-naive and offset-aware datetimes"
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
