import type { Entries, Placed } from '../../config/origin.ts';
import { isTooLong, parseGoDuration } from './duration.ts';
import { configVersions, type Field, type Fields } from './fields.ts';
import type { Remark } from './remark.ts';

/** The context in which a field is checked. */
interface Look {
  readonly file: string;
  /** The version of kubelet.config.k8s.io that the file names. */
  readonly version: string;
  /** Kubernetes 1.x. */
  readonly minor: number;
}

const nothing: Entries = new Map();
export const entriesOf = (placed: Placed | undefined): Entries => (placed?.value instanceof Map ? placed.value : nothing);
export const listOf = (placed: Placed | undefined): readonly Placed[] => (Array.isArray(placed?.value) ? placed.value : []);
export const wordOf = (placed: Placed | undefined): string => (typeof placed?.value === 'string' ? placed.value : '');
export const textsOf = (placed: Placed | undefined): readonly string[] => listOf(placed).map(wordOf);

/** The remarks on what the kubelet's strict decoder refuses: unknown fields, and values of another type. */
export function decodingErrors(root: Entries, fields: Fields, look: Look, path = ''): Remark[] {
  return [...root].flatMap(([name, placed]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const stop = (text: string): Remark[] => [{ level: 'stops', where: placed.origin.text, path: at, text }];
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) return stop(unknown(name, fields));
    if (field.only !== undefined && field.only !== look.version)
      return stop(`kubelet.config.k8s.io/${look.version} has no such field, only ${field.only} has`);
    if ((field.since ?? 0) > look.minor) return stop(`the kubelet knows this field since Kubernetes 1.${field.since}`);
    return wrongType(placed, field.type, look, at);
  });
}

function unknown(name: string, fields: Fields): string {
  const meant = Object.keys(fields).find(known => known.toLowerCase() === name.toLowerCase());
  return meant
    ? `the kubelet does not know this field: it is written ${meant}`
    : `the kubelet does not know this field: it knows ${Object.keys(fields).join(', ')}`;
}

function wrongType(placed: Placed, type: Field['type'], look: Look, path: string): Remark[] {
  const { value, origin } = placed;
  const stop = (text: string): Remark[] => [{ level: 'stops', where: origin.text, path, text }];
  if (value === null) return [];
  if (typeof type === 'string') {
    if (type === 'texts') {
      if (!Array.isArray(value)) return stop(`must be a list of texts, and is ${kindOf(value)}`);
      return value.flatMap((item: Placed, index) => wrongType(item, 'text', look, `${path}[${index}]`));
    }
    if (type === 'truth') return typeof value === 'boolean' ? [] : stop(`must be true or false, and is ${kindOf(value)}`);
    if (typeof value !== 'string') return stop(`must be a text, and is ${kindOf(value)}: put it in quotes`);
    if (type === 'duration' && isTooLong(value))
      return stop(`${JSON.stringify(value)} is too long: Go knows up to 2562047h, some 292 years`);
    return type === 'duration' && parseGoDuration(value) === undefined
      ? stop(`${JSON.stringify(value)} is not a duration: write 12h, 90m or 1h30m, with a unit behind each number; days are unknown`)
      : [];
  }
  if ('length' in type) {
    const [fields] = type as readonly [Fields];
    if (!Array.isArray(value)) return stop(`must be a list, and is ${kindOf(value)}`);
    return value.flatMap((item: Placed, index) => inMap(item, fields, look, `${path}[${index}]`));
  }
  return inMap(placed, type, look, path);
}

function inMap({ value, origin }: Placed, fields: Fields, look: Look, path: string): Remark[] {
  if (value === null) return [];
  if (!(value instanceof Map)) return [{ level: 'stops', where: origin.text, path, text: `must be a map, and is ${kindOf(value)}` }];
  return decodingErrors(value, fields, look, path);
}

function kindOf(value: Placed['value']): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a map';
  return typeof value === 'string' ? 'a text' : typeof value === 'boolean' ? 'a truth value' : 'a number';
}

/** What is wrong with the kind and version of a file, as the end of a sentence. undefined: nothing. */
export function wrongKind(root: Entries, minor: number): string | undefined {
  const [kind, apiVersion] = [wordOf(root.get('kind')), wordOf(root.get('apiVersion'))];
  if (kind === '') return 'has no kind: `kind: CredentialProviderConfig` is expected';
  if (apiVersion === '') return 'has no apiVersion: `apiVersion: kubelet.config.k8s.io/v1` is expected';
  if (kind !== 'CredentialProviderConfig') return `is of the kind ${kind}, and CredentialProviderConfig is expected`;
  const [group, version = ''] = apiVersion.split('/');
  const since = Object.hasOwn(configVersions, version) ? configVersions[version] : undefined;
  if (group !== 'kubelet.config.k8s.io' || since === undefined)
    return `has the apiVersion ${apiVersion}, and kubelet.config.k8s.io/v1 is expected`;
  return since > minor ? `has the apiVersion ${apiVersion}, which the kubelet knows since Kubernetes 1.${since}` : undefined;
}
