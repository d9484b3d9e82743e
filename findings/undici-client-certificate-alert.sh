#!/usr/bin/env bash
# undici 8.12.4 on Node 24.21.0, beside Node's own https module.
#
# One would guess that a client learns why it was turned away when a server demands a client certificate and says so: TLS 1.3 has
# an alert for it (certificate_required), and Node's https module reports it. undici reports that the other side closed, as it
# does for any broken connection. An access proxy in front of a manager then looks like a network fault.
#
# Seen: https ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED; undici UND_ERR_SOCKET with the message "other side closed".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 undici@8.12.4
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null

cat >ask.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { createServer, request as httpsRequest } from 'node:https';
import { Agent, request } from 'undici';

const [key, cert] = ['key.pem', 'cert.pem'].map(name => readFileSync(name));
// OpenSSL itself turns the client away, and sends the alert.
const server = createServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
await new Promise(resolve => server.listen(0, resolve));
const { port } = server.address();
const byHttps = await new Promise(resolve => {
  httpsRequest({ host: 'localhost', port, ca: cert, path: '/' }).on('error', resolve).end();
});
console.log(`https: ${byHttps.code}`);
const dispatcher = new Agent({ connect: { ca: cert } });
await request(`https://localhost:${port}/`, { dispatcher }).catch(error => console.log(`undici: ${error.code} ${error.message}`));
process.exit(0);
JS
seen=$(node_modules/.bin/node ask.mjs)
echo "$seen"
expected='https: ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED
undici: UND_ERR_SOCKET other side closed'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
