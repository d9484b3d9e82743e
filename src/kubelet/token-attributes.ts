import type { Placed } from '../../config/origin.ts';
import { roleAnnotations } from '../contract/aws-names.ts';
import type { Remark } from './remark.ts';
import { entriesOf, listOf, wordOf } from './shape.ts';

/**
 * Kubernetes 1.33 has the attributes behind a feature gate that is off; cacheType came with 1.34, and is required
 * since.
 */
const offByDefault = 33;
const cacheTypes = ['ServiceAccount', 'Token'];

/** The remarks on what the kubelet refuses in `tokenAttributes`. `version` is the protocol version of the provider. */
export function tokenMistakes(placed: Placed | undefined, path: string, version: string, minor: number): Remark[] {
  if (!placed || placed.value === null) return [];
  const entries = entriesOf(placed);
  const remark = (level: Remark['level'], name: string, text: string): Remark => ({
    level,
    where: (entries.get(name) ?? placed).origin.text,
    path: name === '' ? path : `${path}.${name}`,
    text,
  });
  const stop = (name: string, text: string): Remark => remark('stops', name, text);
  const required = listOf(entries.get('requiredServiceAccountAnnotationKeys'));
  const requires = entries.get('requireServiceAccount')?.value ?? undefined;
  return [
    ...(version === 'credentialprovider.kubelet.k8s.io/v1'
      ? []
      : [stop('', 'needs the apiVersion credentialprovider.kubelet.k8s.io/v1 of its provider')]),
    ...(minor === offByDefault ? [remark('note', '', gateNeeded)] : []),
    ...(wordOf(entries.get('serviceAccountTokenAudience')) === ''
      ? [stop('serviceAccountTokenAudience', 'is missing: AWS wants sts.amazonaws.com')]
      : []),
    ...(requires === undefined ? [stop('requireServiceAccount', 'is missing: true or false')] : []),
    ...(requires === false && required.length > 0
      ? [stop('requiredServiceAccountAnnotationKeys', 'is allowed beside requireServiceAccount: true only')]
      : []),
    ...cacheTypeMistake(wordOf(entries.get('cacheType')), minor).map(text => stop('cacheType', text)),
    ...keyMistakes(required, listOf(entries.get('optionalServiceAccountAnnotationKeys')), path),
  ];
}

/** The remark on annotations that our own program looks for, but that the kubelet would not pass on. */
export function unforwarded(placed: Placed | undefined, path: string): Remark[] {
  const entries = entriesOf(placed);
  if (!placed || entries.size === 0) return [];
  const names = ['requiredServiceAccountAnnotationKeys', 'optionalServiceAccountAnnotationKeys'];
  const told = new Set(names.flatMap(name => listOf(entries.get(name)).map(wordOf)));
  const missing = roleAnnotations.filter(key => !told.has(key));
  if (missing.length === 0) return [];
  const name = 'optionalServiceAccountAnnotationKeys';
  const text = `lacks ${missing.join(' and ')}: the kubelet does not pass on what is not named, so a role that a service account names there is not taken, and another identity answers`;
  return [{ level: 'note', where: (entries.get(name) ?? placed).origin.text, path: `${path}.${name}`, text }];
}

const gateNeeded = 'stops the kubelet of Kubernetes 1.33 unless its feature gate KubeletServiceAccountTokenForCredentialProviders is on';

function cacheTypeMistake(cacheType: string, minor: number): string[] {
  if (minor <= offByDefault) return [];
  if (cacheType === '') return [`is missing: ${cacheTypes.join(' or ')}; the kubelet wants it since Kubernetes 1.34`];
  return cacheTypes.includes(cacheType) ? [] : [`is ${cacheType}, and ${cacheTypes.join(' or ')} is expected, spelled so`];
}

function keyMistakes(required: readonly Placed[], optional: readonly Placed[], path: string): Remark[] {
  const both = new Set(required.map(wordOf));
  const stop = (item: Placed, name: string, text: string): Remark => ({
    level: 'stops',
    where: item.origin.text,
    path: `${path}.${name}`,
    text,
  });
  const inList = (name: string, items: readonly Placed[]): Remark[] =>
    items.flatMap((item, index) => {
      const key = wordOf(item);
      const wrong = isAnnotationKey(key) ? [] : [stop(item, name, `${JSON.stringify(key)} is not a key of an annotation`)];
      const again = items.findIndex(other => wordOf(other) === key) < index ? [stop(item, name, `${key} stands there twice`)] : [];
      return [...wrong, ...again];
    });
  return [
    ...inList('requiredServiceAccountAnnotationKeys', required),
    ...inList('optionalServiceAccountAnnotationKeys', optional),
    ...optional
      .filter(item => both.has(wordOf(item)))
      .map(item => stop(item, 'optionalServiceAccountAnnotationKeys', `${wordOf(item)} cannot be required and optional`)),
  ];
}

/** Whether a key is a qualified name of Kubernetes. Case does not matter here. */
function isAnnotationKey(key: string): boolean {
  const parts = key.toLowerCase().split('/');
  const [name = '', ...prefix] = parts.toReversed();
  if (parts.length > 2 || !/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(name)) return false;
  return prefix.every(dns => /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(dns));
}
