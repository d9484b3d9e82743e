import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Reply, Seen } from './server.ts';

/** The access key that signed a request, with the service and region of the signature. */
export interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const form =
  /^AWS4-HMAC-SHA256 Credential=(?<accessKeyId>[^/]+)\/[^/]+\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, ?SignedHeaders=(?<headers>[a-z0-9;-]+), ?Signature=(?<signature>\S+)$/;

/** Returns the signer, or undefined if the request is not signed with Signature Version 4. */
export function signerOf({ headers }: Pick<Seen, 'headers'>): Signer | undefined {
  const { accessKeyId, region, service, headers: signed, signature } = form.exec(headers.authorization ?? '')?.groups ?? {};
  if (!accessKeyId || !region || !service || !signed || !signature) return undefined;
  return { accessKeyId, region, service, signedHeaders: signed.split(';'), signature };
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/**
 * Returns the signature that the request should carry (AWS Signature Version 4, at the time of its x-amz-date). Queries
 * are not supported.
 */
export function signatureOf(
  request: Seen,
  secret: string,
  { region, service, signedHeaders }: Omit<Signer, 'signature' | 'accessKeyId'>,
): string {
  const time = String(request.headers['x-amz-date']);
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const headers = signedHeaders.map(name => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  // All services except S3 encode the path a second time.
  const path = request.path.split('/').map(encodeURIComponent).join('/');
  const canonical = [request.method, path, '', headers, signedHeaders.join(';'), sha256(request.body)].join('\n');
  const key = scope.reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secret}`);
  return hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')).toString('hex');
}

/** An error as one service words it. */
export interface AwsError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** A reply in JSON 1.1, the protocol of ECR. */
export function jsonReply(status: number, body: object): Reply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
    text: JSON.stringify(body),
  };
}

/** A reply in the query protocol, as STS sends it. */
export function xmlReply(status: number, name: string, content: Tree): Reply {
  const text = `<${name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${xml(content)}</${name}>`;
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() }, text };
}

export const jsonError = ({ status, code, message }: AwsError): Reply => jsonReply(status, { __type: code, message });

export function xmlError({ status, code, message }: AwsError): Reply {
  return xmlReply(status, 'ErrorResponse', { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: randomUUID() });
}

export interface Tree {
  readonly [name: string]: string | number | Tree;
}

/** Serializes a tree as XML elements, in the order of its members. */
export function xml(tree: Tree): string {
  return Object.entries(tree)
    .map(([name, value]) => `<${name}>${typeof value === 'object' ? xml(value) : escape(String(value))}</${name}>`)
    .join('');
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
