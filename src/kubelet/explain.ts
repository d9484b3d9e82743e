import { roleAnnotations } from '../contract/aws-names.ts';
import { lookAlike } from '../contract/look-alike.ts';
import { type Aliases, parseAddress, type Registry } from '../contract/registry.ts';
import { providerName } from './generate.ts';
import { type Provider, unspoken } from './lint.ts';
import { matchImage } from './match.ts';

/** Returns the identity that answers for a registry in the environment of a provider. */
type Identity = (registry: Registry, provider: Provider | undefined) => string;

/** What the kubelet would do for an image, as lines for people. */
export function explain(image: string, providers: readonly Provider[], aliases: Aliases, identity: Identity): string[] {
  const name = withoutTag(image);
  const asked = askedFor(name, providers);
  return [
    ...(name === image ? [] : [`the kubelet asks for ${name}: tag and digest are left out`]),
    ...(/^[^/]*[.:][^/]*\/|^localhost\//.test(name) ? [] : [shortName(name)]),
    ...providers.flatMap(provider => matchLines(provider, name)),
    ...outcome(asked),
    ...asked
      .slice(0, 1)
      .flatMap(first =>
        first.name === providerName && unspoken(first).length === 0
          ? registryLines(name, aliases, registry => identity(registry, first))
          : first.name === providerName
            ? unspoken(first)
            : [`what ${first.name} answers, and for how long, is its own matter: it is not ${providerName}`],
      ),
  ];
}

const askedFor = (name: string, providers: readonly Provider[]): Provider[] =>
  providers.filter(({ matchImages }) => matchImages.some(pattern => matchImage(pattern, name).matches));

/** Whether the kubelet would ask a provider that does not certainly fail. */
export const isServed = (image: string, providers: readonly Provider[]): boolean =>
  askedFor(withoutTag(image), providers).some(provider => unspoken(provider).length === 0);

const shortName = (image: string): string =>
  `${image} has no host: the kubelet completes short names (docker.io/library/nginx) before it looks for a pattern`;

/** Why a text is not an image of a registry, as a sentence. undefined: it may be one. */
export function noImage(image: string): string | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(image)?.[0];
  if (scheme) return `an image has no scheme: leave ${scheme} out`;
  const [first = '', ...path] = image.replace(/@.*$/s, '').split('/');
  const host = first.replace(/:(?!\d+$).*$/s, '');
  // A short name has no dot outside its tag.
  if (!/^[^:]*\./.test(host) || !/^\/*(:|$)/.test(path.join('/'))) return undefined;
  return `${host} is a registry, and no image in it: write ${host}/REPOSITORY, as it stands in a pod`;
}

/** The image as the kubelet asks for it, without tag and digest. A port is not taken for a tag. */
const withoutTag = (image: string): string => image.replace(/@.*$/s, '').replace(/:[^/:]*$/, tag => (/^[^/]*$/.test(image) ? tag : ''));

function matchLines({ name, where, matchImages }: Provider, image: string): string[] {
  const hit = matchImages.find(pattern => matchImage(pattern, image).matches);
  if (hit !== undefined) return [`${name} (${where}) is asked: ${hit} matches`];
  const misses = Map.groupBy(matchImages, pattern => {
    const match = matchImage(pattern, image);
    return match.matches ? '' : match.why;
  });
  const lines = [...misses].map(([why, [first = '', ...more]]) => {
    const shown = JSON.stringify(first);
    return `  ${more.length === 0 ? shown : `${more.length + 1} patterns, ${shown} among them`}: ${why}`;
  });
  return [`${name} (${where}) is not asked: none of its patterns matches`, ...lines, ...withPort(matchImages, image)];
}

/** Names the port that a pattern lacks, for an image that it would match without a port. */
function withPort(patterns: readonly string[], image: string): string[] {
  const [, host = '', port, path = ''] = /^([^/]*)(:\d+)(\/.*)?$/s.exec(image) ?? [];
  const meant = port && patterns.find(pattern => matchImage(pattern, `${host}${path}`).matches);
  return meant ? [`  for ${port} a pattern needs the port as well: ${JSON.stringify(meant.replace(/^[^/]*/, `$&${port}`))}`] : [];
}

function outcome(asked: readonly Provider[]): string[] {
  const [first, ...more] = asked;
  if (!first) return ['the kubelet asks no provider, and pulls with the pull secrets of the pod, the files of the node, or anonymously'];
  return [
    ...(more.length > 0 ? [`all of them are asked, and what ${first.name} answers is tried first`] : []),
    ...asked.filter(({ tokenMode }) => tokenMode).flatMap(tokenLines),
  ];
}

function tokenLines({ name, requiredAnnotations, forwardedAnnotations, env }: Provider): string[] {
  const role = env.find(([variable]) => variable === 'AWS_ECR_ROLE_ARN')?.[1] ?? 'AWS_ECR_ROLE_ARN, which its env does not set';
  const isHeard = (key: string): boolean => forwardedAnnotations.includes(key);
  const unheard = roleAnnotations.filter(key => !isHeard(key));
  const places = [...roleAnnotations.filter(isHeard).map((key, at) => `${at === 0 ? 'the annotation ' : ''}${key}`), role];
  const required = requiredAnnotations.join(', ');
  return [
    `${name} gets the token of the pod's service account`,
    ...(required ? [`without the annotation ${required} it is not asked, and the kubelet says nothing`] : []),
    ...(name === providerName
      ? [
          `role: ${places.join(', else ')}; without any the identity below answers`,
          ...unheard.map(key => `the annotation ${key} is not passed on to it: tokenAttributes does not name it`),
        ]
      : []),
  ];
}

function registryLines(image: string, aliases: Aliases, identity: (registry: Registry) => string): string[] {
  const host = image.split('/')[0] ?? '';
  const registry = parseAddress(host, aliases)?.registry;
  if (!registry) {
    const like = lookAlike(host);
    return [
      ...(like ? [`${like.host} ${like.is}. ${like.remedy}`] : []),
      `${host} is not an ECR registry: ${providerName} answers with nothing, which the kubelet remembers for 5m0s`,
    ];
  }
  return [
    `identity: ${identity(registry)}`,
    "this is read in the environment of this shell, and the provider's env over it: the kubelet has its own, under systemd usually without HOME",
    `key of the answer: ${host}; the kubelet keeps it for half of the life of the token (6h0m0s for a new one), for every image of ${host}`,
  ];
}
