import { registryOfImage } from '../../src/contract/image.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Finding } from '../../src/contract/target.ts';
import { label } from '../../src/contract/text.ts';
import type { Api } from './api.ts';
import { list } from './list.ts';
import { listOf, mapOf, metaOf, textOf } from './objects.ts';
import { countRight, mayWe } from './rights.ts';
import { type Means, pathOf, type Settings } from './settings.ts';

/** Pods a page: they are large. */
export const podsPage = 100;

/** What of a pod counts. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** Of ECR, of its images. */
  readonly hosts: readonly string[];
}

/** undefined: none of its images is in ECR. */
export function podIn(object: unknown, means: Means): Pod | undefined {
  const meta = metaOf(object);
  const hosts = [...new Set(imagesIn(object).flatMap(image => registryOf(image, means)?.host ?? []))];
  return meta && hosts.length > 0 ? { namespace: meta.namespace, name: meta.name, hosts } : undefined;
}

/** Of an image of ECR that a source serves. */
export function registryOf(image: string, { registry, hasSource }: Means): Registry | undefined {
  const found = registryOfImage(image, registry);
  return found && hasSource(found) ? found : undefined;
}

function imagesIn(object: unknown): string[] {
  const spec = mapOf(mapOf(object)['spec']);
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap(kind =>
    listOf(spec[kind]).map(one => textOf(mapOf(one)['image'])),
  );
}

/** The kubelet (1.37.2, measured) keeps 100 Secrets for an image; with more, each new password is verified. */
const mostSecrets = 99;

/** Counts, pod by pod, with how many Secrets of ours one image is used on one node. */
function crowdCounter({ secret }: Pick<Settings, 'secret'>, means: Means) {
  /** By node and image: namespaces. */
  const users = new Map<string, Set<string>>();
  return {
    count(object: unknown): undefined {
      const spec = mapOf(mapOf(object)['spec']);
      const [meta, node] = [metaOf(object), textOf(spec['nodeName'])];
      if (!meta || node === '' || !listOf(spec['imagePullSecrets']).some(one => mapOf(one)['name'] === secret)) return undefined;
      for (const image of imagesIn(object)) {
        if (!registryOf(image, means)) continue;
        // The kubelet counts an image without its tag.
        const key = `${node} ${image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}`;
        const namespaces = users.get(key) ?? new Set();
        users.set(key, namespaces.add(meta.namespace));
      }
      return undefined;
    },
    findings(): Finding[] {
      const crowded = [...users].filter(([, { size }]) => size > mostSecrets);
      return crowded.slice(0, 20).map(([key, { size }]) => {
        const [node = '', image = ''] = key.split(' ');
        return means.finding(
          'CROWDED_NODE',
          `${size} namespaces use ${label(image)} on the node ${label(node)}, each with a Secret of its own.`,
        );
      });
    },
  };
}

/** So often pods are counted. In milliseconds. */
const everyMs = 30 * 60_000;
/** Beyond this nobody counts. In characters. */
const mostRead = 16 * 1024 * 1024;

/** Counts where the right to list pods is granted. What it finds stands until the next count. */
export function crowdWatch(
  api: Api,
  settings: Pick<Settings, 'secret'>,
  means: Means,
): (signal: AbortSignal) => Promise<readonly Finding[]> {
  let found: readonly Finding[] = [];
  let countedAt = Number.NEGATIVE_INFINITY;

  async function count(signal: AbortSignal): Promise<readonly Finding[]> {
    if ((await mayWe(api, 'list', countRight, undefined, signal)) !== true) return [];
    const counter = crowdCounter(settings, means);
    const listing = {
      path: pathOf('pods'),
      asked: { what: 'pods', right: countRight },
      size: podsPage,
      goesOn: (read: number) => read < mostRead,
    };
    const { isWhole } = await list(api, listing, counter.count, signal);
    const uncounted = isWhole
      ? []
      : [means.finding('PODS_UNCOUNTED', 'There are too many pods to count which Secrets are used on which node.')];
    return [...counter.findings(), ...uncounted];
  }

  return async signal => {
    if (means.clock.mono() - countedAt < everyMs) return found;
    countedAt = means.clock.mono();
    // For people only: the look goes on without it.
    found = await count(signal).catch(() => []);
    return found;
  };
}
