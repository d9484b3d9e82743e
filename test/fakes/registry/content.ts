import { createHash } from 'node:crypto';

/** The content of a registry. */
export interface Content {
  /** Tags by repository, each with the digest of its manifest. */
  readonly repositories: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The bytes of manifests, configs and layers by digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export interface Manifest {
  readonly mediaType?: string;
  readonly config?: { readonly mediaType?: string; readonly digest: string; readonly size?: number };
  readonly layers?: readonly { readonly digest: string; readonly size?: number }[];
  readonly manifests?: readonly { readonly digest: string; readonly platform?: { readonly os: string; readonly architecture: string } }[];
}

/** A path under `/v2/` that the fakes support. */
export interface Route {
  readonly repository: string;
  readonly kind: 'manifests' | 'blobs' | 'tags';
  readonly reference: string;
}

export function routeOf(path: string): Route | undefined {
  const { pathname } = new URL(path, 'http://fake');
  const parts = /^\/v2\/(?<repository>.+?)\/(?<kind>manifests|blobs|tags)\/(?<reference>.+)$/.exec(pathname)?.groups;
  return parts && ({ ...parts } as unknown as Route);
}

export const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Stores bytes, or a value as JSON, among the blobs. Returns their digest. */
export function put(blobs: Map<string, Uint8Array>, value: object | Uint8Array): string {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  const digest = digestOf(bytes);
  blobs.set(digest, bytes);
  return digest;
}

export function parsed(bytes: Uint8Array | undefined): Manifest {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString()) as Manifest;
  } catch {
    return {};
  }
}

/** Returns the digest of the requested manifest, or undefined if the repository does not have it. */
export function manifestIn({ repositories, blobs }: Content, { repository, reference }: Route): string | undefined {
  const tags = Object.hasOwn(repositories, repository) ? (repositories[repository] ?? {}) : {};
  if (reference.includes(':')) return reachable({ repositories, blobs }, repository).manifests.has(reference) ? reference : undefined;
  return Object.hasOwn(tags, reference) ? tags[reference] : undefined;
}

/** Returns the bytes of a blob of this repository, or undefined if none of its images has it. */
export function blobIn(content: Content, { repository, reference }: Route): Uint8Array | undefined {
  return reachable(content, repository).blobs.has(reference) ? content.blobs.get(reference) : undefined;
}

/** Returns the digests of all manifests and blobs of a repository's images. */
function reachable({ repositories, blobs }: Content, repository: string) {
  const found = { manifests: new Set<string>(), blobs: new Set<string>() };
  const visit = (digest: string): void => {
    found.manifests.add(digest);
    const { config, layers = [], manifests = [] } = parsed(blobs.get(digest));
    for (const blob of [...(config ? [config] : []), ...layers]) found.blobs.add(blob.digest);
    for (const child of manifests) visit(child.digest);
  };
  for (const digest of Object.values(repositories[repository] ?? {})) visit(digest);
  return found;
}
