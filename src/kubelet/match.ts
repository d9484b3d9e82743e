import { type GoUrl, isUrl, parseSchemeless } from './go-url.ts';

/** Whether an image matches a pattern, and if not, the first obstacle. */
type Match = { readonly matches: true } | { readonly matches: false; readonly why: string };

/**
 * Matches by the kubelet's own rule (URLsMatch of pkg/credentialprovider/keyring.go, 1.36): the same port or none on
 * both sides, the same number of labels, each matched as a glob, and the path of the pattern as a plain prefix of the
 * image's.
 */
export function matchImage(pattern: string, image: string): Match {
  const glob = parseSchemeless(pattern);
  if (!isUrl(glob)) return { matches: false, why: `the pattern ${glob.refused}` };
  const target = parseSchemeless(image);
  if (!isUrl(target)) return { matches: false, why: `the image ${target.refused}` };
  const why = firstDifference(glob, target);
  return why === undefined ? { matches: true } : { matches: false, why };
}

function firstDifference(glob: GoUrl, target: GoUrl): string | undefined {
  if (glob.port !== target.port) return `its port is ${portWord(glob.port)}, that of the image is ${portWord(target.port)}`;
  if (glob.labels.length !== target.labels.length)
    return `its host has ${glob.labels.length} parts between dots, that of the image ${target.labels.length}, and a * stands for one part`;
  const at = glob.labels.findIndex((label, index) => !labelMatches(label, target.labels[index] ?? ''));
  if (at >= 0) return `${glob.labels[at] || 'an empty part'} does not match ${target.labels[at] || 'an empty part'}`;
  return target.path.startsWith(glob.path) ? undefined : `the image's path ${target.path} does not begin with ${glob.path}`;
}

const portWord = (port: string): string => port || 'none';

/** Matches one label of a host as a glob. `?` and `[` never occur here, because no host has them. */
export function labelMatches(glob: string, label: string): boolean {
  return new RegExp(`^${glob.split('*').map(RegExp.escape).join('.*')}$`, 's').test(label);
}
