import type { Address } from '../../src/contract/registry.ts';

/** How an image is pulled through Portainer, in the words of its users. */
const ways = {
  id: 'pulls with this registry chosen',
  compose: 'compose stacks',
  pods: 'Kubernetes pods',
  recreate: 'recreated containers',
  swarm: 'swarm stacks',
} as const;
type Way = keyof typeof ways;
type Form = Exclude<Address['stripped'][number], 'path'> | 'slash' | 'path';

const hostDiffers: readonly Way[] = ['compose', 'pods', 'recreate', 'swarm'];

/**
 * Which ways do not find the password under such a URL. For a registry that is chosen by its id, Portainer takes any
 * form. Compose and the kubelet take off scheme and path, and compare the rest (seen with docker 28 and 29 and the
 * kubelet 1.37). A recreated container wants the whole URL somewhere in the name of its image. A swarm stack wants the
 * URL to be the host (2.42 and later; source of 2.43.0).
 */
const failing: Readonly<Record<Form, readonly Way[]>> = {
  slash: ['swarm'],
  path: ['swarm'],
  scheme: ['recreate', 'swarm'],
  port: hostDiffers,
  case: hostDiffers,
  blank: hostDiffers,
  dot: hostDiffers,
};
const words: Readonly<Record<Form, string>> = {
  slash: 'a slash at its end',
  path: 'a path',
  scheme: 'a scheme',
  port: 'a port',
  case: 'upper case',
  blank: 'blanks',
  dot: 'a dot at its end',
};

/** What works and what fails with a URL that is not the bare host, in sentences; undefined for the bare host. */
export function consequences(url: string, { stripped, registry: { host } }: Address): string | undefined {
  if (stripped.length === 0) return undefined;
  const forms = stripped.map((form): Form => (form === 'path' && endsInSlash(url) ? 'slash' : form));
  const fails = (way: Way): boolean => forms.some(form => failing[form].includes(way));
  const all = Object.keys(ways) as Way[];
  // These two compare the path as well.
  const narrow = forms.includes('path') ? (['pods', 'recreate'] as const).filter(way => !fails(way)) : [];
  const beyond = narrow.length > 0 ? ` (${namesOf(narrow)} only for images below that path)` : '';
  return `is stored with ${forms.map(form => words[form]).join(' and ')} instead of ${host}. It works for ${namesOf(all.filter(way => !fails(way)))}${beyond}; it fails for ${namesOf(all.filter(fails))}.`;
}

const namesOf = (some: readonly Way[]): string => some.map(way => ways[way]).join(', ');
const endsInSlash = (url: string): boolean => /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*\/+\s*$/i.test(url);
