import { isEmpty, unreadable } from './edit.ts';

/**
 * The files in which a kubelet looks for a node's logins, in order: its own folder, its working directory (not listed
 * here), the home of root, the root directory, and then the old form in all of them. Only the first decodable file
 * counts (k8s.io/kubernetes 1.37 pkg/credentialprovider/config.go, seen running).
 */
const places: readonly string[] = ['config.json', '.dockercfg'].flatMap(name => {
  const folders = name === 'config.json' ? ['root/.docker', '.docker'] : ['root', '.'];
  return ['var/lib/kubelet', ...folders].map(folder => `/${folder === '.' ? '' : `${folder}/`}${name}`);
});

/**
 * The files that a kubelet reads before this one; empty for a file that it does not read. The root of the node may be a
 * mount: /host/root/.docker/config.json comes after /host/var/lib/kubelet/config.json.
 */
export function readBefore(path: string): readonly string[] {
  const at = places.findIndex(place => path.endsWith(place) && isNodeRoot(path.slice(0, -place.length), place));
  if (at < 0) return [];
  const root = path.slice(0, -(places[at] ?? '').length);
  return places.slice(0, at).map(place => `${root}${place}`);
}

/**
 * Whether `root` is the node's root. Any path may end in .docker/config.json, so that one only counts at / or at a
 * mount.
 */
const isNodeRoot = (root: string, place: string): boolean =>
  place.startsWith('/root/') || place.startsWith('/var/') || /^(\/(host|rootfs|node|mnt|host-?root))*$/.test(root);

/**
 * Whether a kubelet can decode the file, and so reads no other one. It decodes null, but not a byte order mark or text
 * after the JSON. Measured on k8s.io/kubernetes 1.36.0.
 */
export const isDecodable = (text: string, path: readonly string[]): boolean =>
  text.trim() === 'null' || !(isEmpty(text) || text.startsWith('\uFEFF') || unreadable(text, path));
