import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { adapters } from '../../adapters/index.ts';
import type { Right } from '../../adapters/kubernetes/rules.ts';
import { type Config, load } from '../../config/load.ts';
import { rules } from '../../scripts/rbac-page.ts';
import { folder } from '../config/support.ts';
import { faultsOf } from './shapes.ts';

export const deploy = join(import.meta.dirname, '../../deploy');
export const chart = join(deploy, 'helm/ecr-courier');

/** The plain manifests by file name, with the values from which the chart renders them. */
export const manifests = {
  'ecr-courier.yaml': { target: { registries: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com'] } },
  'ecr-courier-namespaces.yaml': {
    rbac: { mode: 'namespaces' },
    target: {
      registries: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
      namespaces: ['shop', 'billing'],
      excludeNamespaces: null,
    },
  },
} as const;

export const manifestText = (name: string): string => readFileSync(join(deploy, 'kubernetes', name), 'utf8');

/**
 * Returns a digest of all files that the chart renders from. It reveals a manifest that is older than the chart where
 * Helm is not installed.
 */
export function chartDigest(): string {
  const names = readdirSync(chart, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    // These files do not affect the rendering.
    .filter(path => !/\/(values\.schema|options)\.json$/.test(path))
    .sort();
  const hash = createHash('sha256');
  for (const path of names) hash.update(`${path.slice(chart.length)}\n`).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly rules?: readonly Rule[];
  readonly data?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

/** Parses manifests. Throws on invalid YAML, and on an object that the API server would reject. */
export function objectsIn(text: string): KubeObject[] {
  const objects = parseAllDocuments(text, { version: '1.1' }).flatMap(document => {
    assert.deepEqual(document.errors, []);
    const object = document.toJS() as KubeObject | null;
    return object ? [object] : [];
  });
  assert.deepEqual(objects.flatMap(faultsOf), []);
  return objects;
}

export const only = (objects: readonly KubeObject[], kind: string): KubeObject => {
  const [first, ...more] = objects.filter(object => object.kind === kind);
  assert.ok(first && more.length === 0, `${kind}: not one, but ${more.length + (first ? 1 : 0)}`);
  return first;
};

/** The rules that the courier asks for. */
export const rulesFor = (...given: Parameters<typeof rules>): Rule[] => rules(...given).map(ruleOf);

export const ruleOf = ({ group = '', verbs, resource, names }: Right): Rule => ({
  apiGroups: [group],
  resources: [resource],
  ...(names && { resourceNames: names }),
  verbs,
});

/** Loads the configuration in the ConfigMap. */
export async function configIn(objects: readonly KubeObject[]): Promise<Config> {
  await using files = await folder({ 'courier.yaml': only(objects, 'ConfigMap').data?.['courier.yaml'] ?? '' });
  return await load({ files: [files.at('courier.yaml')], env: {}, adapters });
}
