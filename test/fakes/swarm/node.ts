import { mapOf, textOf } from './exact-json.ts';
import type { Login } from './login.ts';
import { type Spec, templateOf } from './spec.ts';

/** A registry that the engine can reach. `images` are digests by `repository:tag`. */
export interface UpstreamRegistry {
  readonly host: string;
  readonly user: string;
  password: string;
  readonly images: Record<string, string>;
}
/** Whether a registry accepts a login, for hosts that are not listed. An embedded ECR can answer this. */
export type Accepts = (host: string, login: Login) => boolean;

/** The only node of the Swarm. */
export interface SwarmNode {
  /** The local images: digests by name. */
  readonly images: Map<string, string>;
  /** The log of the engine, the only place that reports a refused pull. */
  readonly log: string[];
  /** Starts a container. Returns its image, and how it ended if it ended immediately. */
  start(
    spec: Spec,
    login: Login | undefined,
  ): { readonly image: string; readonly end?: 'failed' | 'complete' } | { readonly missing: string };
}

/** Parses an image name as HOST/REPOSITORY:TAG, like the engine. */
function placeOf(image: string): { readonly host: string; readonly name: string; readonly whole: string } {
  const [, host = 'docker.io', path = image] = /^([^/]*[.:][^/]*|localhost)\/(.*)$/.exec(image) ?? [];
  const name = path.includes('@') || /:[^/]*$/.test(path) ? path : `${path}:latest`;
  return { host, name, whole: host === 'docker.io' ? name : `${host}/${name}` };
}

export function makeNode(registries: readonly UpstreamRegistry[], accepts: Accepts | undefined, had: readonly string[] = []): SwarmNode {
  const images = new Map(had.map(name => [name, `sha256:former-${name}`]));
  const log: string[] = [];

  /** Returns the digest in the registry, or undefined if the registry refuses the engine. */
  function pull(host: string, name: string, login: Login | undefined): string | undefined {
    const registry = registries.find(one => one.host === host);
    if (!registry) return login && accepts?.(host, login) ? `sha256:of-${name}` : undefined;
    if (login?.username !== registry.user || login.password !== registry.password) return undefined;
    return registry.images[name];
  }

  return {
    images,
    log,
    start(spec, login) {
      const container = mapOf(templateOf(spec)['ContainerSpec']);
      const { host, name, whole } = placeOf(textOf(container['Image']));
      const pulled = pull(host, name, login);
      if (pulled === undefined) log.push(`pulling image failed: pull access denied for ${whole}`);
      else images.set(whole, pulled);
      const image = images.get(whole);
      if (image === undefined) return { missing: whole };
      const [first] = Array.isArray(container['Args']) ? container['Args'] : [];
      return { image, ...(first === 'fail' && { end: 'failed' }), ...(first === 'end' && { end: 'complete' }) };
    },
  };
}
