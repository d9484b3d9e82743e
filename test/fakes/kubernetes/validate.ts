import { isDeepStrictEqual } from 'node:util';
import { goMapFlaw } from '../go-json.ts';
import type { Kind } from './kinds.ts';
import { type KubeObject, textOf, treeOf } from './objects.ts';
import { type Cause, invalid } from './refusal.ts';
import { eventFlaws } from './validate-event.ts';
import { invalidValue, metaFlaws, missing, rule, tooLong } from './validate-meta.ts';

const prohibited = (field: string, why: string): Cause => ({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field });

/** Validates an object before it is stored. Throws 422 with all violated rules. */
export function validate({ group, kind }: Kind, next: KubeObject, before: KubeObject | undefined): void {
  const rules = Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
  const causes = [...metaFlaws(next), ...(rules?.(next, before) ?? [])];
  if (causes.length > 0) invalid({ group, kind, name: next.metadata.name }, causes);
}

const byKind: Readonly<Record<string, (next: KubeObject, before: KubeObject | undefined) => Cause[]>> = {
  Secret: (next, before) => [...(before ? secretChange(next, before) : []), ...secretData(next)],
  Lease(next) {
    const { leaseDurationSeconds: seconds, leaseTransitions: turns } = treeOf(next['spec']);
    const least = 'must be greater than or equal to 0';
    return [
      ...(typeof seconds === 'number' && seconds <= 0
        ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
        : []),
      ...(typeof turns === 'number' && turns < 0 ? [invalidValue('spec.leaseTransitions', turns, least)] : []),
    ];
  },
  Event: eventFlaws,
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

const neededBy: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.entries(jsonKeys).map(([type, key]) => [type, [key]])),
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};
const keyRule = rule(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  ['key.name', 'KEY_NAME', 'key-name'],
  '[-._a-zA-Z0-9]+',
);

function secretData(next: KubeObject): Cause[] {
  const data = treeOf(next['data']) as Record<string, string>;
  const size = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  const bad = Object.keys(data).flatMap(key => (/^[-._a-zA-Z0-9]{1,253}$/.test(key) ? [] : [invalidValue(`data[${key}]`, key, keyRule)]));
  const found = [...bad, ...(size > secretBytes ? [tooLong('data', secretBytes)] : [])];
  const type = textOf(next['type']);
  const lacking = (neededBy[type] ?? []).filter(key => data[key] === undefined).map(key => missing(`data[${key}]`));
  const key = jsonKeys[type];
  if (key === undefined || data[key] === undefined) return [...found, ...lacking];
  const flaw = goMapFlaw(Buffer.from(data[key], 'base64').toString());
  return flaw === undefined ? found : [...found, invalidValue(`data[${key}]`, '<secret contents redacted>', flaw)];
}

function withoutImages(spec: object): unknown {
  return JSON.parse(JSON.stringify(spec, (key, value: unknown) => (key === 'image' ? undefined : value)));
}
