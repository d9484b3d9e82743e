import { generateKeyPairSync, sign } from 'node:crypto';
import type { Reply, Seen } from '../server.ts';
import { envelope, plain, version } from './answers.ts';
import { blobIn, type Content, digestOf, manifestIn, parsed, type Route, routeOf } from './content.ts';

const json = { ...version, 'content-type': 'application/json; charset=utf-8' };
const repositoryName = /^[a-z0-9]+([._/-][a-z0-9]+)*$/;

/** Answers like docker-registry 2.8 with a password file (recorded). */
export function likeDockerRegistry(request: Seen, judged: { good: boolean; host: string }, content: Content | undefined): Reply {
  const route = routeOf(request.path);
  if (!judged.good) return unauthorized(judged.host, route);
  if (request.path === '/v2/') return found('{}');
  if (!content) return found('{}');
  if (request.path === '/v2/_catalog') return found(JSON.stringify({ repositories: Object.keys(content.repositories) }));
  if (!route || !repositoryName.test(route.repository)) return noPage;
  if (route.kind === 'manifests') return manifest(request, route, content);
  if (route.kind === 'blobs') return blob(request, route, content);
  const tags = content.repositories[route.repository];
  return tags
    ? found(JSON.stringify({ name: route.repository, tags: Object.keys(tags) }))
    : envelope(404, 'NAME_UNKNOWN', 'repository name not known to registry', { detail: { name: route.repository } });
}

const found = (text: string): Reply => ({ status: 200, headers: { ...json, 'content-length': text.length }, text });
const noPage: Reply = plain(404, '404 page not found\n', { 'x-content-type-options': 'nosniff', 'content-length': 19 });

function unauthorized(host: string, route: Route | undefined): Reply {
  const detail = route && [{ Type: 'repository', Class: '', Name: route.repository, Action: 'pull' }];
  const headers = { 'www-authenticate': `Basic realm="https://${host}/"` };
  return withLength(envelope(401, 'UNAUTHORIZED', 'authentication required', { headers, detail: detail ?? null }));
}

/** Ends the body of a refusal with a line break, like Go, and sets its length. */
function withLength({ text, ...reply }: Reply): Reply {
  const written = `${text}\n`;
  return { ...reply, headers: { ...reply.headers, 'content-length': Buffer.byteLength(written) }, text: written };
}

function manifest({ headers }: Seen, route: Route, content: Content): Reply {
  const { repository, reference } = route;
  if (!/^(\w[\w.-]{0,127}|sha256:[a-f0-9]{64})$/.test(reference)) return noPage;
  const digest = manifestIn(content, route);
  const bytes = digest && content.blobs.get(digest);
  if (!bytes) {
    const detail = reference.includes(':') ? { Name: repository, Revision: reference } : { Tag: reference };
    return withLength(envelope(404, 'MANIFEST_UNKNOWN', 'manifest unknown', { detail }));
  }
  const { mediaType = 'application/vnd.oci.image.manifest.v1+json' } = parsed(bytes);
  // Without an Accept header, a tag is converted for clients from before 2016.
  if (headers.accept === undefined && !reference.includes(':')) return schema1(route, bytes, content);
  return { status: 200, headers: { ...tagged(digest, bytes), 'content-type': mediaType }, text: bytes };
}

const tagged = (digest: string, bytes: Uint8Array) => ({
  ...version,
  'content-length': bytes.length,
  'docker-content-digest': digest,
  etag: `"${digest}"`,
});

function blob({ headers }: Seen, route: Route, content: Content): Reply {
  const { reference: digest } = route;
  if (!/^sha256:[a-f0-9]{64}$/.test(digest))
    return withLength(envelope(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: {} }));
  const bytes = blobIn(content, route);
  if (!bytes) return withLength(envelope(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest }));
  const whole = { ...tagged(digest, bytes), 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  const part = rangeOf(headers.range, bytes);
  if (!part) return { status: 200, headers: whole, text: bytes };
  return { status: 206, headers: { ...whole, 'content-length': part.bytes.length, 'content-range': part.range }, text: part.bytes };
}

/** Returns the part of the bytes that a `range` header asks for, or undefined for all of them. */
export function rangeOf(range: string | undefined, bytes: Uint8Array): { bytes: Uint8Array; range: string } | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  const part = bytes.subarray(Number(first), Number(last) + 1);
  return { bytes: part, range: `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}` };
}

/**
 * Converts an image of one layer to a signed manifest of schema 1 (distribution 2.8,
 * manifest/schema1/config_builder.go).
 */
function schema1({ repository, reference }: Route, bytes: Uint8Array, { blobs }: Content): Reply {
  const { config, layers = [] } = parsed(bytes);
  const [layer] = layers;
  const text = Buffer.from(blobs.get(config?.digest ?? '') ?? []).toString();
  const about = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const id = digestOf(`${layer?.digest.split(':')[1]}  ${text}`).split(':')[1];
  const kept = Object.entries({ ...about, id }).filter(([name]) => name !== 'rootfs' && name !== 'history');
  const sorted = Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1)));
  const payload = {
    schemaVersion: 1,
    name: repository,
    tag: reference,
    architecture: about['architecture'],
    fsLayers: [{ blobSum: layer?.digest }],
    history: [{ v1Compatibility: JSON.stringify(sorted) }],
  };
  const unsigned = JSON.stringify(payload, undefined, 3);
  const signed = JSON.stringify({ ...payload, signatures: [signatureOf(unsigned)] }, undefined, 3);
  const headers = {
    ...tagged(digestOf(unsigned), Buffer.from(signed)),
    'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  };
  return { status: 200, headers, text: signed };
}

/** Makes a signature in the form of libtrust. The key does not matter. */
function signatureOf(payload: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const signature = sign('sha256', Buffer.from(payload), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const head = { formatLength: payload.length - 2, formatTail: Buffer.from('\n}').toString('base64url'), time: new Date().toISOString() };
  return {
    header: { jwk: { crv: 'P-256', kid: digestOf(String(x)).slice(7, 66), kty: 'EC', x, y }, alg: 'ES256' },
    signature,
    protected: Buffer.from(JSON.stringify(head)).toString('base64url'),
  };
}
