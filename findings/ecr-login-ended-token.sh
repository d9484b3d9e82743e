#!/usr/bin/env bash
# amazon-ecr-credential-helper 0.12.0 (docker-credential-ecr-login), when ECR gives no new token: a refused key, a network that is down.
#
# One would guess that the helper then fails, as it has nothing to give once the last token has ended. It gives that token all the same,
# exit 0, for as long as it is in its cache: the failure is not seen here, but at the registry, as an expired login, and the cause is in no
# message but in ~/.ecr/log. A check that only asks the helper says that all is well. With the cache off (AWS_ECR_DISABLE_CACHE) it fails.
#
# Seen: after the end of the token, and with ECR out of reach, exit 0 and the ended token; without the cache exit 1.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
GOPATH="$folder/go" GOBIN="$folder" go install github.com/awslabs/amazon-ecr-credential-helper/ecr-login/cli/docker-credential-ecr-login@v0.12.0

host=123456789012.dkr.ecr.eu-west-1.amazonaws.com
cat >ecr.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

// A token that ends in three seconds.
const token = () => ({
  authorizationToken: Buffer.from('AWS:token').toString('base64'),
  expiresAt: Date.now() / 1000 + 3,
  proxyEndpoint: `https://${process.argv[2]}`,
});
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ authorizationData: [token()] }));
});
server.listen(0, '127.0.0.1', () => writeFileSync('port', `${server.address().port}`));
JS
node ecr.mjs "$host" &
server=$!
until [ -s port ]; do sleep 0.1; done
# No file, profile or variable of this machine has a say.
ask() {
  local answer exit=0
  answer=$(echo "$host" | env -i PATH="$PATH" HOME="$folder" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_MAX_ATTEMPTS=1 \
    AWS_EC2_METADATA_DISABLED=true AWS_ENDPOINT_URL_ECR="http://127.0.0.1:$(cat port)" "$@" ./docker-credential-ecr-login get) || exit=$?
  echo "exit $exit, $(grep -o '"Secret":"[^"]*"' <<<"$answer" || echo 'no secret')"
}
seen="ECR answers: $(ask)"
kill $server
wait $server || true
sleep 5
seen="$seen
the token has ended, ECR is out of reach: $(ask)
the same without a cache: $(ask AWS_ECR_DISABLE_CACHE=1)"
echo "$seen"
expected='ECR answers: exit 0, "Secret":"token"
the token has ended, ECR is out of reach: exit 0, "Secret":"token"
the same without a cache: exit 1, no secret'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
