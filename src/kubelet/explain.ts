import { lookAlike } from '../contract/look-alike.ts';
import { type Aliases, parseAddress, type Registry } from '../contract/registry.ts';
import type { Provider } from './lint.ts';
import { matchImage } from './match.ts';

/** Which identity answers for a registry, in the environment of a provider. */
type Identity = (registry: Registry, provider: Provider | undefined) => string;

/** What the kubelet would do for an image, as lines for people. */
export function explain(image: string, providers: readonly Provider[], aliases: Aliases, identity: Identity): string[] {
  const name = withoutTag(image);
  const asked = providers.filter(({ matchImages }) => matchImages.some(pattern => matchImage(pattern, name).matches));
  return [
    ...(name === image ? [] : [`the kubelet asks for ${name}: tag and digest are left out`]),
    ...(/^[^/]*[.:][^/]*\/|^localhost\//.test(name) ? [] : [shortName(name)]),
    ...providers.flatMap(provider => matchLines(provider, name)),
    ...outcome(asked),
    ...asked
      .slice(0, 1)
      .flatMap(first =>
        first.name === ownName
          ? registryLines(name, aliases, registry => identity(registry, first))
          : [`what ${first.name} answers, and for how long, is its own matter: it is not ${ownName}`],
      ),
  ];
}

/** Of the provider that is ours, whose answers are known here. */
const ownName = 'ecr-courier-credential-provider';

const shortName = (image: string): string =>
  `${image} has no host: the kubelet completes short names (docker.io/library/nginx) before it looks for a pattern`;

/** As the kubelet asks. A port is not taken for a tag. */
export const withoutTag = (image: string): string =>
  image.replace(/@.*$/s, '').replace(/:[^/:]*$/, tag => (/^[^/]*$/.test(image) ? tag : ''));

function matchLines({ name, where, matchImages }: Provider, image: string): string[] {
  const hit = matchImages.find(pattern => matchImage(pattern, image).matches);
  if (hit !== undefined) return [`${name} (${where}) is asked: ${hit} matches`];
  const misses = Map.groupBy(matchImages, pattern => {
    const match = matchImage(pattern, image);
    return match.matches ? '' : match.why;
  });
  const lines = [...misses].map(([why, patterns]) => `  ${patterns.map(pattern => JSON.stringify(pattern)).join(', ')}: ${why}`);
  return [`${name} (${where}) is not asked: none of its patterns matches`, ...lines];
}

function outcome(asked: readonly Provider[]): string[] {
  const [first, ...more] = asked;
  if (!first) return ['the kubelet asks no provider, and pulls with the pull secrets of the pod, the files of the node, or anonymously'];
  return [
    ...(more.length > 0 ? [`all of them are asked, and what ${first.name} answers is tried first`] : []),
    ...asked.filter(({ tokenMode }) => tokenMode).flatMap(tokenLines),
  ];
}

function tokenLines({ name, requiredAnnotations, env }: Provider): string[] {
  const role = env.find(([variable]) => variable === 'AWS_ECR_ROLE_ARN')?.[1];
  const required = requiredAnnotations.join(', ');
  return [
    `${name} gets the token of the pod's service account`,
    ...(required ? [`without the annotation ${required} it is not asked, and the kubelet says nothing`] : []),
    ...(name === ownName
      ? [
          `role: the annotation eks.amazonaws.com/ecr-role-arn, else eks.amazonaws.com/role-arn, else ${role ?? 'AWS_ECR_ROLE_ARN, which its env does not set'}; without any the identity below answers`,
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
      `${host} is no ECR registry: ecr-courier-credential-provider answers with nothing, which the kubelet remembers for 5m0s`,
    ];
  }
  const spelling = [...(registry.fips ? ['FIPS'] : []), ...(registry.dualStack ? ['dual stack'] : [])];
  return [
    `registry: ${registry.service === 'ecr' ? `account ${registry.account}` : 'ECR Public'}, region ${registry.region}, partition ${registry.partition}${spelling.length > 0 ? `, ${spelling.join(' and ')}` : ''}`,
    `identity: ${identity(registry)}`,
    `key of the answer: ${host}; the kubelet keeps it for half of the life of the token (6h0m0s for a new one), for every image of ${host}`,
  ];
}
