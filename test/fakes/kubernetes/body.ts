import { goJsonFlaw, goType } from '../go-json.ts';
import type { Seen } from '../server.ts';
import { decoded, Undecodable } from './decode.ts';
import { strangerIn } from './fields.ts';
import { apiVersionOf, type Kind, titleOf } from './kinds.ts';
import { type Draft, isTree, textOf, treeOf } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { badRequest, broken, invalid, refuse } from './refusal.ts';

/** The target of a write. */
export interface Place {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  /** undefined for POST. */
  readonly name: string | undefined;
}

export const mediaOf = ({ headers }: Seen): string => (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';

export const unsupportedMedia = (): never =>
  refuse({ code: 415, message: '415: Unsupported Media Type', reason: 'UnsupportedMediaType', details: {} });

/** Reads the body of POST and PUT. `warn` receives texts for the `warning` header. */
export function objectIn(request: Seen, place: Place, options: WriteOptions, warn: (text: string) => void): Draft {
  const { kind, name } = place;
  if (!['', 'application/json'].includes(mediaOf(request))) unknownFormat();
  const text = request.body.toString();
  const draft = mapIn(text, flaw =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${flaw} (${summary(text)})`,
    ),
  );
  const said = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...draft };
  const refuseText = (why: string): never =>
    badRequest(`${said.kind} in version "${said.apiVersion.split('/').at(-1)}" cannot be handled as a ${kind.kind}: ${why}`);
  if (said.apiVersion !== apiVersionOf(kind))
    refuseText(`no kind "${said.kind}" is registered for version "${said.apiVersion}" in scheme "pkg/runtime/scheme.go:111"`);
  const object = typed(kind, said, options, warn, refuseText);
  if (name !== undefined && textOf(treeOf(object.metadata)['name']) === '') undeterminable(name);
  return placed(object, place);
}

const undeterminable = (name: string): never =>
  badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);

const unknownFormat = (): never => {
  const known = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  const message = `the body of the request was in an unknown format - accepted media types include: ${known}`;
  return refuse({ code: 415, message, reason: 'UnsupportedMediaType' });
};

/** The beginning of a body as messages show it, in hexadecimal digits if the body is not a map. */
function summary(text: string): string {
  const most = 30;
  const bytes = Buffer.from(text);
  if (bytes.length === 0) return '<empty>';
  const begin = bytes.subarray(0, most).toString(text.startsWith('{') ? 'utf8' : 'hex');
  return bytes.length > most ? `${begin} ...` : begin;
}

/** Checks the object that a patch produces. */
export function patchedObject(draft: Draft, place: Place, options: WriteOptions, warn: (text: string) => void): Draft {
  const refuseText = (why: string): never => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(draft))}: ${why}`;
    return invalid({ kind: '', name: '' }, [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
  };
  return placed(typed(place.kind, draft, options, warn, refuseText), place);
}

/** Converts a draft to the types of its kind. Calls `refuseText` with the reason if that fails. */
function typed(kind: Kind, draft: Draft, options: WriteOptions, warn: (text: string) => void, refuseText: (why: string) => never): Draft {
  const said = textOf(draft['kind']);
  if (said !== kind.kind) refuseText(`converting (${kind.version}.${said}) to (core.${kind.kind}): unknown conversion`);
  const strangers: string[] = [];
  const known = withoutStrangers(draft, kind, strangers);
  const told = strangers.map(path => `unknown field "${path}"`);
  if (options.unknownFields === 'Strict' && told.length > 0) refuseText(`strict decoding error: ${told.join(', ')}`);
  if (options.unknownFields === 'Warn') for (const text of told) warn(text);
  return decodedOr(kind, known, refuseText);
}

/** Reads the body of an apply. Kubernetes accepts YAML, this double only JSON. */
export function appliedBody({ body }: Seen, place: Place): Draft {
  const { kind, namespace, name = '' } = place;
  const draft = mapIn(body.toString(), () =>
    badRequest("error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected ',' or '}'"),
  );
  const metadata = treeOf(draft.metadata);
  const { apiVersion = '', kind: said = '' } = draft as { apiVersion?: string; kind?: string };
  if (apiVersion !== apiVersionOf(kind) || said !== kind.kind)
    badRequest(`invalid object type: ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${said}`);
  if (metadata['name'] === undefined) undeterminable(name);
  placed(draft, place);
  if (metadata['managedFields'] !== undefined) badRequest('metadata.managedFields must be nil');
  const title = `(${textOf(metadata['namespace'])}/${name}; ${titleOf(kind)})`;
  const stranger = strangerIn(draft, kind.shape);
  if (stranger !== undefined) broken(`failed to create typed patch object ${title}: ${stranger}: field not declared in schema`);
  const why = `failed to convert new object ${title} to proper version: unable to convert unstructured object to ${titleOf(kind)}`;
  decodedOr(kind, draft, flaw => broken(`${why}: ${flaw.startsWith('illegal base64') ? 'error decoding from json: ' : ''}${flaw}`));
  return { ...draft, metadata: { ...metadata, ...(namespace !== undefined && { namespace }) } };
}

/** Reads a patch of the other media types, in JSON: a list of operations or a map. */
export function patchIn(request: Seen): unknown {
  const text = request.body.toString();
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) return badRequest(`error decoding patch: ${flaw}`);
  const value: unknown = JSON.parse(text);
  const isList = mediaOf(request).includes('json-patch');
  if (isList ? Array.isArray(value) : isTree(value)) return value;
  if (value === null && mediaOf(request).includes('+json') && mediaOf(request).includes('/merge')) return badRequest('Invalid JSON Patch');
  const wanted = isList ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
  return badRequest(`error decoding patch: json: cannot unmarshal ${goType(value)} into Go value of type ${wanted}`);
}

/** The Go type that the head of an object is decoded into. */
const head = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function mapIn(text: string, refuseText: (flaw: string) => never): Draft {
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) return refuseText(flaw);
  const value: unknown = JSON.parse(text) ?? {};
  return isTree(value) ? value : refuseText(`json: cannot unmarshal ${goType(value)} into Go value of type ${head}`);
}

function decodedOr(kind: Kind, draft: Draft, refuseText: (why: string) => never): Draft {
  try {
    return decoded(kind, draft);
  } catch (error) {
    if (error instanceof Undecodable) return refuseText(error.message);
    throw error;
  }
}

/** Removes unknown members and adds their paths to `strangers`, the deepest first. */
function withoutStrangers(draft: Draft, kind: Kind, strangers: string[]): Draft {
  const stranger = strangerIn(draft, kind.shape);
  if (stranger === undefined) return draft;
  strangers.push(stranger.slice(1));
  const keys = stranger.slice(1).split('.');
  const last = keys.pop() ?? '';
  const copy = structuredClone(draft) as Record<string, unknown>;
  const parent = keys.reduce<Record<string, unknown>>((tree, key) => tree[key] as Record<string, unknown>, copy);
  delete parent[last];
  return withoutStrangers(copy, kind, strangers);
}

/** Sets the name and namespace of the path. Throws if the body has others. */
function placed(draft: Draft, { namespace, name }: Place): Draft {
  const metadata = treeOf(draft.metadata);
  const own = textOf(metadata['name']);
  if (name !== undefined && own !== '' && own !== name)
    badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
  if (metadata['namespace'] !== undefined && metadata['namespace'] !== namespace)
    badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return { ...draft, metadata: { ...metadata, name: name ?? own, ...(namespace !== undefined && { namespace }) } };
}
