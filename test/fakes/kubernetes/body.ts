import { goJsonFlaw } from '../go-json.ts';
import type { Seen } from '../server.ts';
import { decoded, Undecodable } from './decode.ts';
import { strangerIn } from './fields.ts';
import { apiVersionOf, type Kind, titleOf } from './kinds.ts';
import { type Draft, goType, isTree, textOf, treeOf } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { badRequest, broken, invalid, refuse } from './refusal.ts';

/** Where a body goes. */
export interface Place {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  /** Undefined for POST. */
  readonly name: string | undefined;
}

export const mediaOf = ({ headers }: Seen): string => (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';

export const unsupportedMedia = (): never =>
  refuse({ code: 415, message: '415: Unsupported Media Type', reason: 'UnsupportedMediaType', details: {} });

/** The body of POST and PUT. `warn` takes what the header `warning` shall say. */
export function objectIn(request: Seen, place: Place, options: WriteOptions, warn: (text: string) => void): Draft {
  const { kind } = place;
  if (!['', 'application/json'].includes(mediaOf(request))) unsupportedMedia();
  const draft = mapIn(request.body.toString(), flaw => badRequest(`couldn't get version/kind; json parse error: ${flaw}`));
  const said = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...draft };
  if (said.apiVersion !== apiVersionOf(kind) || said.kind !== kind.kind) {
    const wrong = `the API version in the data (${said.apiVersion}) does not match the expected API version (${apiVersionOf(kind)})`;
    badRequest(
      said.kind === kind.kind
        ? wrong
        : `${said.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${said.kind}" is registered`,
    );
  }
  const known = withoutStrangers(said, kind, options, warn);
  const object = decodedOr(kind, known, why =>
    badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`),
  );
  return placed(object, place);
}

/** The object that a patch has made of another one. */
export function patchedObject(draft: unknown, place: Place, options: WriteOptions, warn: (text: string) => void): Draft {
  const known = withoutStrangers(isTree(draft) ? draft : {}, place.kind, options, warn);
  const object = decodedOr(place.kind, known, why =>
    invalid({ kind: '', name: '' }, [
      { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(JSON.stringify(draft))}: ${why}`, field: 'patch' },
    ]),
  );
  return placed(object, place);
}

/** The body of an apply. It may be YAML in Kubernetes: the double takes the part of YAML that is JSON. */
export function appliedBody({ body }: Seen, place: Place): Draft {
  const { kind, namespace, name = '' } = place;
  const draft = mapIn(body.toString(), () =>
    badRequest("error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected ',' or '}'"),
  );
  const metadata = treeOf(draft.metadata);
  const { apiVersion = '', kind: said = '' } = draft as { apiVersion?: string; kind?: string };
  if (apiVersion !== apiVersionOf(kind) || said !== kind.kind)
    badRequest(`invalid object type: ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${said}`);
  if (metadata['name'] === undefined) badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  placed(draft, place);
  if (metadata['managedFields'] !== undefined) badRequest('metadata.managedFields must be nil');
  const title = `(${textOf(metadata['namespace'])}/${name}; ${titleOf(kind)})`;
  const stranger = strangerIn(draft, kind.shape);
  if (stranger !== undefined) broken(`failed to create typed patch object ${title}: ${stranger}: field not declared in schema`);
  const why = `failed to convert new object ${title} to proper version: unable to convert unstructured object to ${titleOf(kind)}`;
  decodedOr(kind, draft, flaw => broken(`${why}: error decoding from json: ${flaw}`));
  return { ...draft, metadata: { ...metadata, ...(namespace !== undefined && { namespace }) } };
}

/** A patch of the other media types, as JSON. */
export function patchIn({ body }: Seen): unknown {
  const text = body.toString();
  const flaw = goJsonFlaw(text);
  return flaw === undefined ? (JSON.parse(text) as unknown) : badRequest(`error decoding patch: ${flaw}`);
}

function mapIn(text: string, refuseText: (flaw: string) => never): Draft {
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) return refuseText(flaw);
  const value: unknown = JSON.parse(text);
  return isTree(value) ? value : refuseText(`json: cannot unmarshal ${goType(value)} into Go value`);
}

function decodedOr(kind: Kind, draft: Draft, refuseText: (why: string) => never): Draft {
  try {
    return decoded(kind, draft);
  } catch (error) {
    if (error instanceof Undecodable) return refuseText(error.message);
    throw error;
  }
}

function withoutStrangers(draft: Draft, kind: Kind, { unknownFields }: WriteOptions, warn: (text: string) => void): Draft {
  const stranger = strangerIn(draft, kind.shape);
  if (stranger === undefined) return draft;
  const path = stranger.slice(1);
  if (unknownFields === 'Strict')
    badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: unknown field "${path}"`,
    );
  if (unknownFields === 'Warn') warn(`unknown field "${path}"`);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const copy = structuredClone(draft) as Record<string, unknown>;
  const parent = keys.reduce<Record<string, unknown>>((tree, key) => tree[key] as Record<string, unknown>, copy);
  delete parent[last];
  return withoutStrangers(copy, kind, { unknownFields } as WriteOptions, warn);
}

/** With the name and the namespace of the path; a body that says another is refused. */
function placed(draft: Draft, { namespace, name }: Place): Draft {
  const metadata = treeOf(draft.metadata);
  const own = textOf(metadata['name']);
  if (name !== undefined && own !== '' && own !== name)
    badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
  if (metadata['namespace'] !== undefined && metadata['namespace'] !== namespace)
    badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return { ...draft, metadata: { ...metadata, name: name ?? own, ...(namespace !== undefined && { namespace }) } };
}
