import { isDigest } from '../../contract/image.ts';
import { mapOf } from '../../contract/shapes.ts';
import { label } from '../../contract/text.ts';

/** A blob that an image names. `size` is in bytes, where the manifest has it. */
export interface Blob {
  readonly digest: string;
  readonly size?: number;
}

/** The parts of a manifest that are read, whatever its format. */
export type Manifest =
  /** An image, or an artefact. `config` is missing where there is none of its own to fetch. */
  | { readonly kind: 'image'; readonly config?: Blob; readonly layers: readonly Blob[] }
  /**
   * Several images. `choice` is the digest of the one for a platform; undefined when the list has none at all.
   * `instead` is the platform of `choice` in words, where the list has none for the wanted platform.
   */
  | { readonly kind: 'index'; readonly choice: string | undefined; readonly instead?: string };

/** A platform, as images name it. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', loong64: 'loong64' };

/** The platform of a container on this machine. It is Linux on a Mac too. */
export const platformOf = ({ platform, arch }: Pick<NodeJS.Process, 'platform' | 'arch'>): Platform => ({
  os: platform === 'win32' ? 'windows' : 'linux',
  architecture: architectures[arch] ?? arch,
});

/** The media types that a client accepts: manifests and lists of both kinds, and the manifests of before 2016. */
export const manifestTypes: string = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
].join(', ');

/** Artefacts have this in place of a config, and a registry need not store it (OCI image specification 1.1). */
const emptyConfig = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

type Json = Readonly<Record<string, unknown>>;

/** Parses a manifest. undefined: the text is none. */
export function readManifest(text: string, platform: Platform): Manifest | undefined {
  const manifest = parsed(text);
  if (Array.isArray(manifest?.['manifests'])) return { kind: 'index', ...choose(manifest['manifests'].map(mapOf), platform) };
  if (manifest?.['schemaVersion'] === 1) return { kind: 'image', layers: blobs(manifest['fsLayers'], 'blobSum') };
  if (manifest?.['schemaVersion'] !== 2) return undefined;
  const [config] = blobs([manifest['config']], 'digest');
  const layers = blobs(manifest['layers'] ?? manifest['blobs'], 'digest');
  return { kind: 'image', layers, ...(config && config.digest !== emptyConfig && { config }) };
}

function parsed(text: string): Json | undefined {
  try {
    return mapOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The blobs of a list. Layers with URLs elsewhere (Windows) are left out, because no registry sends them. */
function blobs(list: unknown, name: 'digest' | 'blobSum'): Blob[] {
  return (Array.isArray(list) ? list.map(mapOf) : []).flatMap(entry => {
    const { [name]: digest, size, urls } = entry;
    if (!isDigest(digest) || Array.isArray(urls)) return [];
    return [{ digest, ...(typeof size === 'number' && { size }) }];
  });
}

/**
 * The digest for the platform, else of the first entry that is an image: signatures and the like have an unknown
 * platform.
 */
function choose(entries: readonly Json[], wanted: Platform): { choice: string | undefined; instead?: string } {
  const all = entries.map(({ digest, platform }) => ({ digest, platform: mapOf(platform) }));
  const usable = all.filter(({ digest }) => isDigest(digest));
  const own = usable.find(({ platform: { os, architecture } }) => os === wanted.os && architecture === wanted.architecture);
  const { digest, platform } = own ?? usable.find(({ platform: { os } }) => os !== 'unknown') ?? usable[0] ?? {};
  const instead = platformWords(platform ?? {});
  return { choice: isDigest(digest) ? digest : undefined, ...(!own && instead !== undefined && { instead }) };
}

/** The platform as builders name it. undefined: the entry names none. */
export const platformWords = ({ os, architecture }: Partial<Record<keyof Platform, unknown>>): string | undefined =>
  typeof os === 'string' && typeof architecture === 'string' && os !== 'unknown' ? label(`${os}/${architecture}`, 40) : undefined;

/** The smallest layer whose size is known, else the first one. */
export function smallest(layers: readonly Blob[]): Blob | undefined {
  const size = (layer: Blob): number => layer.size ?? Number.POSITIVE_INFINITY;
  return layers.reduce<Blob | undefined>((least, layer) => (least && size(least) <= size(layer) ? least : layer), undefined);
}
