import { isDeepStrictEqual } from 'node:util';
import { goJsonFlaw } from '../go-json.ts';
import type { Kind } from './kinds.ts';
import { goType, isTree, type KubeObject, textOf, treeOf } from './objects.ts';
import { type Cause, invalid } from './refusal.ts';

const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});
const missing = (field: string, why?: string): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${why ? `: ${why}` : ''}`,
  field,
});
const prohibited = (field: string, why: string): Cause => ({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field });

/** The rules of a kind for an object that is to be kept. Throws 422 with all that it breaks. */
export function validate({ group, kind }: Kind, next: KubeObject, before: KubeObject | undefined): void {
  const rules = Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
  const causes = [...nameFlaws(next), ...(rules?.(next, before) ?? [])];
  if (causes.length > 0) invalid({ group, kind, name: next.metadata.name }, causes);
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function nameFlaws({ metadata: { name } }: KubeObject): Cause[] {
  if (name === '') return [missing('metadata.name', 'name or generateName is required')];
  return subdomain.test(name) && name.length <= 253 ? [] : [invalidValue('metadata.name', name, subdomainRule)];
}

const byKind: Readonly<Record<string, (next: KubeObject, before: KubeObject | undefined) => Cause[]>> = {
  Secret: (next, before) => [...(before ? secretChange(next, before) : []), ...secretData(next)],
  Lease(next) {
    const seconds = treeOf(next['spec'])['leaseDurationSeconds'];
    return typeof seconds === 'number' && seconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : [];
  },
  Event(next) {
    const { namespace } = treeOf(next['involvedObject']);
    if (namespace === next.metadata.namespace) return [];
    return [invalidValue('involvedObject.namespace', namespace ?? '', 'does not match event.namespace')];
  },
  Pod(next, before) {
    const spec = treeOf(next['spec']);
    if (!before) return Array.isArray(spec['containers']) && spec['containers'].length > 0 ? [] : [missing('spec.containers')];
    if (isDeepStrictEqual(withoutImages(spec), withoutImages(treeOf(before['spec'])))) return [];
    const fields = [
      'containers[*].image',
      'initContainers[*].image',
      'activeDeadlineSeconds',
      'tolerations',
      'terminationGracePeriodSeconds',
    ];
    const notes: Readonly<Record<string, string>> = {
      tolerations: ' (only additions to existing tolerations)',
      terminationGracePeriodSeconds: ' (allow it to be set to 1 if it was previously negative)',
    };
    const told = fields.map(field => `\`spec.${field}\`${notes[field] ?? ''}`).join(',');
    return [prohibited('spec', `pod updates may not change fields other than ${told}`)];
  },
};

function secretChange(next: KubeObject, before: KubeObject): Cause[] {
  const causes: Cause[] = [];
  if (next['type'] !== before['type']) causes.push(invalidValue('type', next['type'], 'field is immutable'));
  if (before['immutable'] !== true) return causes;
  const frozen = 'field is immutable when `immutable` is set';
  if (next['immutable'] !== true) causes.push(prohibited('immutable', frozen));
  if (!isDeepStrictEqual(treeOf(next['data']), treeOf(before['data']))) causes.push(prohibited('data', frozen));
  return causes;
}

const secretBytes = 1024 * 1024;
const jsonKeys: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

function secretData(next: KubeObject): Cause[] {
  const data = treeOf(next['data']) as Record<string, string>;
  const size = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  if (size > secretBytes)
    return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${secretBytes} bytes`, field: 'data' }];
  const names = Object.keys(data).filter(key => !/^[-._a-zA-Z0-9]{1,253}$/.test(key));
  const bad = names.map(key =>
    invalidValue(`data[${key}]`, key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"),
  );
  const key = jsonKeys[textOf(next['type'])];
  if (key === undefined) return bad;
  if (data[key] === undefined) return [...bad, missing(`data[${key}]`)];
  const flaw = mapFlaw(Buffer.from(data[key], 'base64').toString());
  return flaw === undefined ? bad : [...bad, invalidValue(`data[${key}]`, '<secret contents redacted>', flaw)];
}

/** What Go says of a text that shall be a map. */
function mapFlaw(text: string): string | undefined {
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) return flaw;
  const value: unknown = JSON.parse(text);
  if (value === null || isTree(value)) return undefined;
  return `json: cannot unmarshal ${goType(value)} into Go value of type map[string]interface {}`;
}

function withoutImages(spec: object): unknown {
  return JSON.parse(JSON.stringify(spec, (key, value: unknown) => (key === 'image' ? undefined : value)));
}
