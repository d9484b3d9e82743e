import type { Address } from '../../src/contract/registry.ts';

/** The ways to pull an image through Portainer, in words for users. */
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
 * The ways that do not find the password under such a URL. For a registry chosen by id, Portainer accepts any form.
 * Compose and the kubelet strip scheme and path, and compare the rest (seen with docker 28 and 29 and the kubelet
 * 1.37). A recreated container needs the whole URL within the name of its image. A swarm stack needs the URL to equal
 * the host (2.42 and later; source of 2.43.0).
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

/** What works and what fails with this URL, in sentences; undefined for the bare host. */
export function consequences(url: string, { stripped, registry: { host } }: Address): string | undefined {
  if (stripped.length === 0) return undefined;
  const forms = stripped.map((form): Form => (form === 'path' && endsInSlash(url) ? 'slash' : form));
  const fails = (way: Way): boolean => forms.some(form => failing[form].includes(way));
  const all = Object.keys(ways) as Way[];
  // These two ways also compare the path.
  const narrow = forms.includes('path') ? (['pods', 'recreate'] as const).filter(way => !fails(way)) : [];
  const beyond = narrow.length > 0 ? ` (${namesOf(narrow)} only for images below that path)` : '';
  return `is stored with ${forms.map(form => words[form]).join(' and ')} instead of ${host}. It works for ${namesOf(all.filter(way => !fails(way)))}${beyond}; it fails for ${namesOf(all.filter(fails))}.`;
}

const namesOf = (some: readonly Way[]): string => some.map(way => ways[way]).join(', ');
const endsInSlash = (url: string): boolean => /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*\/+\s*$/i.test(url);
