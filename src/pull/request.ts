import { Failure } from '../contract/failures.ts';
import { Secret } from '../contract/secret.ts';

/** A request of the kubelet. */
interface Request {
  /** The image as it is spelled. Everything before the first slash is its host. */
  readonly image: string;
  /** The token of the pod's service account, in token mode. */
  readonly token?: Secret;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The version of the protocol, in request and response. */
export const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const kind = 'CredentialProviderRequest';

const wrong = (what: string): Failure =>
  new Failure('REJECTED', what, { remedy: 'The kubelet writes the request; look at what starts this program instead of it.' });

/** Parses the request on stdin. Unknown members are ignored. Throws REJECTED. */
export function readRequest(text: string): Request {
  if (text.trim() === '') throw wrong('Nothing came on stdin, and a CredentialProviderRequest in JSON is expected.');
  const members = membersOf(text);
  if (!members) throw wrong('What came on stdin is not one JSON document with a request: something else, or something behind it.');
  const { apiVersion: spoken, kind: of, image, serviceAccountToken: token, serviceAccountAnnotations: annotations } = members;
  if (of !== kind) throw wrong(`The request is of the kind ${said(of)}, and ${kind} is expected.`);
  if (spoken !== apiVersion) throw wrong(`The request has the apiVersion ${said(spoken)}, and ${apiVersion} alone is spoken here.`);
  if (typeof image !== 'string' || image === '') throw wrong('The request names no image.');
  if (/\s/.test(hostOf(image))) throw wrong('The host of the image has a blank in it.');
  if (token !== undefined && token !== null && typeof token !== 'string')
    throw wrong('The serviceAccountToken of the request is not text.');
  const texts = annotations === undefined || annotations === null ? {} : textsIn(annotations);
  // Ignoring them would let the node's identity answer in place of the pod's role.
  if (!texts) throw wrong('The serviceAccountAnnotations of the request are not a map of texts.');
  return { image, ...(token ? { token: new Secret(token) } : {}), annotations: texts };
}

/** The host and port at the beginning of an image, as spelled, without a scheme. */
export const hostOf = (image: string): string => image.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').split('/')[0] ?? '';

/**
 * The members of a JSON map. undefined: the text is not JSON, or no map. The parser's message is dropped, because it
 * may quote a token.
 */
export function membersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Quotes a value if it looks like a word of the protocol. Anything else may be a secret. */
const said = (value: unknown): string => {
  if (typeof value !== 'string' || value === '') return 'none';
  return /^(?!eyJ)[\w./-]{1,60}$/.test(value) ? JSON.stringify(value) : `of ${value.length} characters`;
};

/** A map of texts. undefined: the value is something else. */
function textsIn(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length === entries.length ? Object.fromEntries(texts) : undefined;
}

/** Whether a text is a request in the kubelet's protocol. */
export const isKubelets = (text: string): boolean => membersOf(text)?.['kind'] === kind;
