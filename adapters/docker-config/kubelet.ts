import { isEmpty, unreadable } from './edit.ts';

/**
 * Where a kubelet looks for a node's logins, in its order: its own folder, its working directory (none of ours), the
 * home of root, the root directory; the old form after all of them. The first file that it can decode is the only one.
 * k8s.io/kubernetes 1.37 pkg/credentialprovider/config.go, seen running.
 */
const places: readonly string[] = ['config.json', '.dockercfg'].flatMap(name => {
  const folders = name === 'config.json' ? ['root/.docker', '.docker'] : ['root', '.'];
  return ['var/lib/kubelet', ...folders].map(folder => `/${folder === '.' ? '' : `${folder}/`}${name}`);
});

/**
 * The files that a kubelet reads before this one; none for a file that it does not read. The root of the node may be
 * mounted somewhere: /host/root/.docker/config.json comes after /host/var/lib/kubelet/config.json.
 */
export function readBefore(path: string): readonly string[] {
  const at = places.findIndex(place => path.endsWith(place) && isNodeRoot(path.slice(0, -place.length), place));
  if (at < 0) return [];
  const root = path.slice(0, -(places[at] ?? '').length);
  return places.slice(0, at).map(place => `${root}${place}`);
}

/**
 * Any folder may end in .docker/config.json: as that of the root directory it counts only at the root, or at a mount of
 * it.
 */
const isNodeRoot = (root: string, place: string): boolean =>
  place.startsWith('/root/') || place.startsWith('/var/') || /^(\/(host|rootfs|node|mnt|host-?root))*$/.test(root);

/**
 * Whether a kubelet can decode a file, and so reads no other one: with a null it can, with a byte order mark or text
 * behind the JSON it cannot. Measured on k8s.io/kubernetes 1.36.0.
 */
export const isDecodable = (text: string, path: readonly string[]): boolean =>
  text.trim() === 'null' || !(isEmpty(text) || text.startsWith('\uFEFF') || unreadable(text, path));
