import { goType } from '../go-json.ts';
import type { Kind } from './kinds.ts';
import { type Draft, isTree, secondsText, type Tree, textOf, treeOf, withoutEmpty } from './objects.ts';

/** A body that Go's types cannot hold, with the reason as message. The response depends on the kind of request. */
export class Undecodable extends Error {}
const cannot = (why: string): never => {
  throw new Undecodable(why);
};

/** Decodes a body into the types of its kind, with their defaults. Throws Undecodable. */
export function decoded(kind: Kind, draft: Draft): Draft {
  const decode = Object.hasOwn(byKind, kind.kind) ? byKind[kind.kind] : undefined;
  const typed = decode ? decode(draft) : draft;
  const { managedFields: _, ...metadata } = treeOf(typed.metadata);
  for (const member of ['labels', 'annotations'])
    for (const value of Object.values(treeOf(metadata[member])))
      if (typeof value !== 'string' && value !== null)
        cannot(`json: cannot unmarshal ${goType(value)} into Go struct field ObjectMeta.metadata.${member} of type string`);
  const texts = Object.fromEntries(['labels', 'annotations'].map(member => [member, metadata[member] && textsOf(metadata[member])]));
  return withoutEmpty({ ...typed, metadata: withoutEmpty({ ...metadata, ...texts }) });
}

/** Go reads null as an empty text. */
const textsOf = (map: unknown): Tree => Object.fromEntries(Object.entries(treeOf(map)).map(([key, value]) => [key, value ?? '']));

const byKind: Readonly<Record<string, (draft: Draft) => Draft>> = {
  Secret({ stringData, ...draft }) {
    const plain = Object.entries(treeOf(stringData)).map(([key, value]) => [key, Buffer.from(textOf(value)).toString('base64')]);
    const data = { ...bytesOf(draft['data']), ...Object.fromEntries(plain) };
    const type = draft['type'] ?? '';
    if (typeof type !== 'string') cannot(`json: cannot unmarshal ${goType(type)} into Go struct field Secret.type of type v1.SecretType`);
    return { ...draft, data, type: type || 'Opaque' };
  },
  Namespace(draft) {
    const metadata = treeOf(draft.metadata);
    const label = { 'kubernetes.io/metadata.name': metadata['name'] };
    return { ...draft, metadata: { ...metadata, labels: { ...treeOf(metadata['labels']), ...label } } };
  },
  Lease(draft) {
    const spec = treeOf(draft['spec']);
    const times = ['acquireTime', 'renewTime'].map(member => [member, spec[member] && microTime(textOf(spec[member]))]);
    return { ...draft, spec: withoutEmpty({ ...spec, ...Object.fromEntries(times) }) };
  },
  Event(draft) {
    const times = ['firstTimestamp', 'lastTimestamp'].map(member => [member, draft[member] && wholeSeconds(textOf(draft[member]))]);
    const { eventTime } = draft;
    return { ...draft, ...Object.fromEntries(times), ...(typeof eventTime === 'string' && { eventTime: microTime(eventTime) }) };
  },
};

function bytesOf(data: unknown): Tree {
  if (data !== undefined && data !== null && !isTree(data))
    cannot(`json: cannot unmarshal ${goType(data)} into Go struct field Secret.data of type map[string][]uint8`);
  for (const value of Object.values(treeOf(data))) {
    if (typeof value !== 'string') cannot(`json: cannot unmarshal ${goType(value)} into Go struct field Secret.data of type []uint8`);
    const flaw = base64Flaw(value as string);
    if (flaw !== undefined) cannot(`illegal base64 data at input byte ${flaw}`);
  }
  return treeOf(data);
}

/** The position where Go's base64 decoder fails, or undefined if the text is valid. */
function base64Flaw(text: string): number | undefined {
  const bad = text.search(/[^A-Za-z0-9+/]/);
  const good = bad < 0 ? text.length : bad;
  const rest = text.slice(good);
  if (rest === '' && good % 4 === 0) return undefined;
  if (/^={1,2}$/.test(rest) && text.length % 4 === 0) return undefined;
  return good === text.length ? good - (good % 4) : good;
}

/** Parses metav1.MicroTime: exactly six fractional digits (recorded). Converts the zone to UTC. */
function microTime(text: string): string {
  const layout = `parsing time "${text}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse`;
  const [, seconds = '', rest = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(.*)$/.exec(text) ?? cannot(`${layout} "${text}" as "2006"`);
  const [, fraction = '', zone = ''] = /^(\.\d{6})(.*)$/.exec(rest) ?? cannot(`${layout} "${rest}" as ".000000"`);
  if (!/^(Z|[+-]\d\d:\d\d)$/.test(zone)) cannot(`${layout} "${zone}" as "Z07:00"`);
  return `${secondsText(Date.parse(seconds + zone)).slice(0, -1)}${fraction}Z`;
}

/** Parses metav1.Time: drops all fractional digits (recorded). */
function wholeSeconds(text: string): string {
  const at = Date.parse(text);
  return Number.isNaN(at)
    ? cannot(`parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"`)
    : secondsText(at);
}
