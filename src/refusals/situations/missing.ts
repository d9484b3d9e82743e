import type { Paste } from '../diagnosis.ts';
import type { Facts } from '../facts.ts';
import { isPrivate, isPublic, isRegistry } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { rights } from '../statements.ts';
import { accountOf, cacheStatements, imageOf, isAsked, regionOf, repositoryOf } from './pulled.ts';

const { host, image, manifest } = example;
const noRepository =
  /repository with name '?(?<name>[a-z0-9._/-]+)'? (does not exist|not found) in the registry( with id '?(?<registry>\d{12}))?|RepositoryNotFoundException/;

/** Clients that ask by HEAD see a 404 without words. */
const notFound =
  /failed to resolve (source metadata for|ref(erence)?) "?[^"\s]{1,300}"?: \S+: not found|(dkr[.-]ecr|public\.ecr\.aws)[^\s"]{1,300}: not found\b|HEAD "?[^"\s]{1,400}: .{0,40}\b404\b|HEAD request to \S{1,400}: 404 Not Found/;

const whereOf = ({ facts, groups }: Told): string =>
  `account ${groups['registry'] ?? facts.registry?.account ?? 'of the registry'}${facts.registry ? ` in ${facts.registry.region}` : ''}`;

const cacheRules = (told: Told): Paste => ({
  what: 'The cache rules of that account',
  kind: 'command',
  text: `aws ecr describe-pull-through-cache-rules --region ${regionOf(told)}`,
});

/** A cache lies in a private registry. A text that names none is most probably of one. */
const mayBeCache = ({ registry }: Facts): boolean => registry?.service !== 'ecr-public';

/** Answers that something is not there; under the prefix of a cache they are often refusals. */
export const missing: readonly Situation[] = [
  row({
    id: 'tag-immutable',
    title: 'The tag is there already',
    symptoms: [
      [
        'Docker, push',
        "tag invalid: The image tag '1' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable.",
      ],
      [
        'AWS CLI',
        "An error occurred (ImageTagAlreadyExistsException) when calling the PutImage operation: The image tag '1' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.",
      ],
    ],
    when: ({ find }) => find(/cannot be overwritten because the (repository|tag) is immutable|ImageTagAlreadyExistsException/),
    tell: () => ({
      sentence: 'The repository does not let a tag be overwritten, and this tag is there already. Login and rights are good.',
      side: 'the settings of the repository (tag mutability), or the build that uses a tag twice',
      remedy: 'Push another tag, or let the repository be mutable.',
    }),
  }),
  row({
    id: 'cache-upstream',
    title: 'A pull-through cache is refused upstream',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: pull access denied for ${host}/docker-hub/library/nginx, repository does not exist or may require 'docker login': denied: The authentication to the upstream registry failed. Verify that the credentials are valid.`,
      ],
    ],
    when: ({ find }) =>
      find(/authentication to the upstream registry failed/) ??
      find(/upstream registry .{0,80}(denied|unauthorized|credentials)/, isPrivate),
    tell: told => ({
      sentence:
        'The pull-through cache is let in here, and refused by the registry behind it: the upstream credentials of its rule are wrong or old, or the image is not there for them.',
      side: `the cache rule in account ${accountOf(told)}, and its secret in Secrets Manager`,
      remedy:
        'Renew the secret (its name begins with ecr-pullthroughcache/) with a login that may pull this image upstream. The name behind the prefix must be the full one: docker-hub/library/nginx.',
      paste: [
        {
          what: 'The rule and whether its credentials are good',
          kind: 'command',
          text: `aws ecr validate-pull-through-cache-rule --region ${regionOf(told)} --ecr-repository-prefix ${repositoryOf(told)?.split('/')[0] ?? 'PREFIX'}`,
        },
      ],
    }),
  }),
  row({
    id: 'public-missing',
    title: 'ECR Public does not have it',
    symptoms: [
      [
        'Docker',
        "Error response from daemon: repository public.ecr.aws/docker/library/nothing not found: name unknown: The repository with name 'library/nothing' does not exist in the registry with id 'docker'",
      ],
      [
        'containerd',
        'failed to resolve reference "public.ecr.aws/docker/library/nginx:none": public.ecr.aws/docker/library/nginx:none: not found',
      ],
    ],
    when: facts =>
      !mayBeCache(facts) &&
      (facts.find(
        /repository with name .{1,200} does not exist|name unknown|NAME_UNKNOWN|manifest unknown|MANIFEST_UNKNOWN|Requested image not found/,
      ) ??
        facts.find(notFound, isPublic)),
    tell: ({ host: at }) => ({
      sentence: `${at} has no such repository or tag. It gives images to everybody, so rights are not the matter.`,
      side: 'the name of the image where it is written',
      remedy: 'Look for it at gallery.ecr.aws: the first part of the name is the alias of its owner, and tags are removed now and then.',
    }),
  }),
  row({
    id: 'repository-missing',
    title: 'The repository is not there, or a cache may not make it',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: repository ${host}/team/none not found: name unknown: The repository with name 'team/none' does not exist in the registry with id '123456789012'`,
      ],
      [
        'containerd',
        `failed to resolve reference "${host}/docker-hub/library/nginx:1": unexpected status from GET request to https://${host}/v2/docker-hub/library/nginx/manifests/1: 404 Not Found: name unknown: The repository with name 'docker-hub/library/nginx' does not exist in the registry with id '123456789012'`,
      ],
      [
        'crane',
        `Error: fetching manifest ${host}/team/none:1: GET https://${host}/v2/team/none/manifests/1: NAME_UNKNOWN: The repository with name 'team/none' does not exist in the registry with id '123456789012'`,
      ],
      [
        'AWS CLI',
        "An error occurred (RepositoryNotFoundException) when calling the BatchGetImage operation: The repository with name 'team/none' does not exist in the registry with id '123456789012'",
      ],
      ['Docker, push', "name unknown: The repository with name 'team/none' does not exist in the registry with id '123456789012'"],
    ],
    when: facts =>
      facts.find(noRepository) ??
      (isAsked(facts) && facts.status === 404
        ? facts.find(/NAME_UNKNOWN|name unknown/)
        : facts.find(/NAME_UNKNOWN|name unknown/, isPrivate)),
    tell: told => ({
      sentence: `There is no repository ${repositoryOf(told) ?? 'of that name'} in ${whereOf(told)}: the name is wrong (account and region are part of it), or nobody has created it. Under the prefix of a pull-through cache it is a refusal of IAM: whoever pulls may not create it.`,
      side: `the name of the image, or account ${accountOf(told)}; under a cache prefix the identity policy of whoever pulls, or the registry policy`,
      remedy:
        'Look whether the prefix (the first part of the name) is a cache rule. If not, compare the name, the account and the region, and create the repository. If it is, add the statements.',
      paste: [cacheRules(told), ...cacheStatements(told, [rights.create, rights.import])],
    }),
  }),
  row({
    id: 'image-missing',
    title: 'The image is not there, or a cache may not fetch it',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: manifest for ${host}/docker-hub/library/nginx:1 not found: manifest unknown: Requested image not found`,
      ],
      ['crane', `Error: fetching manifest ${image}: GET ${manifest}: MANIFEST_UNKNOWN: Requested image not found`],
      [
        'skopeo',
        `time="2026-11-20T10:00:00Z" level=fatal msg="Error parsing image name \\"docker://${image}\\": reading manifest 1 in ${host}/team/app: manifest unknown: Requested image not found"`,
      ],
      [
        'AWS CLI',
        "An error occurred (ImageNotFoundException) when calling the DescribeImages operation: The image with imageId {imageDigest:'null', imageTag:'1'} does not exist within the repository with name 'team/app' in the registry with id '123456789012'",
      ],
    ],
    when: facts =>
      facts.find(/Requested image not found|ImageNotFoundException/) ??
      facts.find(/manifest unknown|MANIFEST_UNKNOWN/, isRegistry) ??
      (facts.status === 404 && facts.find(/Source image not found|manifest for .{0,300} not found/)),
    tell: told => ({
      sentence: `The repository ${repositoryOf(told) ?? 'that was named'} is there, and has no image ${told.facts.reference ?? 'of that tag'}. Under the prefix of a pull-through cache it is often a refusal of IAM: whoever pulls may not import from upstream.`,
      side: 'the tag where it is written, or whoever pushes (a lifecycle rule may have removed it); under a cache prefix the identity policy of whoever pulls',
      remedy:
        'Look at the tags of the repository. Under a cache prefix look whether the image exists upstream, whether the rule has working upstream credentials, and add the statement. A cache fetches by tag: the first pull must not be by digest alone.',
      paste: [
        {
          what: 'The images of the repository',
          kind: 'command',
          text: `aws ecr describe-images --region ${regionOf(told)}${told.facts.registry?.account ? ` --registry-id ${told.facts.registry.account}` : ''} --repository-name ${told.facts.repository ?? 'NAME'} --query 'imageDetails[].imageTags'`,
        },
        ...cacheStatements(told, [rights.import]),
      ],
    }),
  }),
  row({
    id: 'something-missing',
    title: 'The repository or the image is not there: the client does not show which',
    symptoms: [
      [
        'containerd, kubelet',
        `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      ],
      ['Docker 29', `Error response from daemon: failed to resolve reference "${image}": ${image}: not found`],
      ['buildx', `ERROR: failed to solve: ${image}: failed to resolve source metadata for ${image}: ${image}: not found`],
      ['oras', `Error: failed to resolve 1: ${image}: not found`],
      ['crane', `HEAD ${manifest}: unexpected status code 404 Not Found (HEAD responses have no body, use GET for details)`],
    ],
    when: ({ find }) => find(notFound, isPrivate),
    tell: told => ({
      sentence: `${told.host} answered 404: either it has no repository ${repositoryOf(told) ?? 'of that name'}, or that has no image ${told.facts.reference ?? 'of that tag'}. The client does not show which of the two. Under the prefix of a pull-through cache both are often a refusal of IAM: whoever pulls may not create the repository, or not import from upstream.`,
      side: `the name or the tag where it is written, or account ${accountOf(told)}; under a cache prefix the identity policy of whoever pulls, or the registry policy`,
      remedy:
        '`ecr-courier check IMAGE` shows which it is. If the repository is not there, compare name, account and region, and create it. Under a cache prefix add both statements, and look whether the image exists upstream.',
      paste: [
        { what: 'Which of the two', kind: 'command', text: `ecr-courier check ${imageOf(told)}` },
        cacheRules(told),
        ...cacheStatements(told, [rights.create, rights.import]),
      ],
    }),
  }),
  row({
    id: 'name-invalid',
    title: 'The name of the image is none',
    symptoms: [
      ['Docker', `invalid reference format: repository name (${host}/Team/App) must be lowercase`],
      [
        'kubelet',
        `Failed to apply default image tag "${host}/Team/App:1": couldn't parse image name "${host}/Team/App:1": invalid reference format: repository name must be lowercase`,
      ],
    ],
    when: ({ find }) => find(/invalid reference format|repository name .{0,200}must be lowercase/, isRegistry),
    tell: () => ({
      sentence:
        'The name of the image is not well formed, so no registry was asked: names of repositories have small letters only, and there must be neither blanks nor an empty tag.',
      side: 'the name of the image where it is written; often a variable in it is empty',
      remedy: 'Write HOST/REPOSITORY:TAG, without https://, in small letters up to the tag.',
    }),
  }),
  row({
    id: 'no-repository-policy',
    title: 'The repository has no policy',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (RepositoryPolicyNotFoundException) when calling the GetRepositoryPolicy operation: Repository policy does not exist for the repository with name 'team/app' in the registry with id '123456789012'",
      ],
    ],
    when: ({ find }) => find(/RepositoryPolicyNotFoundException|Repository policy does not exist for the repository/),
    tell: () => ({
      sentence:
        'The repository has no policy of its own: identities of its own account need none, those of other accounts cannot pull without one (or without a registry policy).',
      side: 'the repository policy, in the account of the repository',
      remedy: 'Nothing, where all pullers are of the same account. For others `ecr-courier policy` prints both sides.',
    }),
  }),
];
