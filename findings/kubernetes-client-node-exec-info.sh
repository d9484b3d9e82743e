#!/usr/bin/env bash
# @kubernetes/client-node 2.0.1, a kubeconfig whose user logs in by a program (exec, client.authentication.k8s.io/v1).
#
# The program is told what it is asked for in KUBERNETES_EXEC_INFO: the version that it must answer in, whether it may ask a
# person, and with `provideClusterInfo: true` the cluster. kubectl sets the variable for each run. One would guess that a client
# library which runs such programs does so too. This one never sets it, also where the kubeconfig asks for the cluster, and says
# nothing. A program that answers by version, or that makes tokens for the cluster that it is told, fails here and works in kubectl.
#
# Seen: the login succeeds with the token of the program, which was run without KUBERNETES_EXEC_INFO.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 @kubernetes/client-node@2.0.1

cat >login.sh <<'SH'
#!/bin/sh
echo "KUBERNETES_EXEC_INFO ${KUBERNETES_EXEC_INFO:+is set}${KUBERNETES_EXEC_INFO:-is not set}" >told
printf '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "token-1"}}'
SH
chmod +x login.sh
cat >kubeconfig <<YAML
apiVersion: v1
kind: Config
clusters: [{name: cluster, cluster: {server: "https://127.0.0.1:6443"}}]
users:
  - name: user
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: $folder/login.sh
        interactiveMode: Never
        provideClusterInfo: true
contexts: [{name: context, context: {cluster: cluster, user: user}}]
current-context: context
YAML
cat >ask.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromFile('kubeconfig');
const request = { headers: {} };
await config.applyToHTTPSOptions(request);
console.log(`authorization: ${request.headers.Authorization}`);
console.log(readFileSync('told', 'utf8').trim());
JS
seen=$(node_modules/.bin/node ask.mjs)
echo "$seen"
expected='authorization: Bearer token-1
KUBERNETES_EXEC_INFO is not set'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
