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

/** The parts of a pod that matter here. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** The ECR hosts of its images. */
  readonly hosts: readonly string[];
}

/** Reads a pod. undefined: none of its images is in an ECR registry that a source serves. */
export function podIn(object: unknown, means: Means): Pod | undefined {
  const meta = metaOf(object);
  const hosts = [...new Set(imagesIn(object).flatMap(image => registryOf(image, means)?.host ?? []))];
  return meta && hosts.length > 0 ? { namespace: meta.namespace, name: meta.name, hosts } : undefined;
}

/** The registry of an image. undefined: it is not in ECR, or no source serves it. */
export function registryOf(image: string, { registry, hasSource }: Pick<Means, 'registry' | 'hasSource'>): Registry | undefined {
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

/** Counts, pod by pod, how many Secrets of ours are used with one image on one node. */
function crowdCounter({ secret }: Pick<Settings, 'secret'>, means: Means) {
  /** Namespaces by node and image. */
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

/** How often pods are counted, in milliseconds. */
const everyMs = 30 * 60_000;
/** How much of the list of pods is read, in characters. */
const mostRead = 16 * 1024 * 1024;

/**
 * Returns a function that counts pods where the right to list them is granted. Its findings stand until the next count.
 */
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
    // The findings are only for people, so a failed count does not fail the look.
    found = await count(signal).catch(() => []);
    return found;
  };
}
