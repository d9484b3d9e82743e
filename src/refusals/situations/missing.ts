import type { Diagnosis, Paste } from '../diagnosis.ts';
import { isPrivate, isRegistry } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { imageMissing, partMissing, repositoryMissing } from './cached.ts';
import {
  accountOf,
  imageOf,
  imagesCommand,
  isAsked,
  referenceOf,
  regionOf,
  registryOption,
  repositoriesCommand,
  repositoryOf,
  whereOf,
} from './pulled.ts';
import { notFound } from './ways.ts';

const { host, image, manifest } = example;
const noRepository =
  /repository with name '?(?<name>[a-z0-9._/-]+)'? (does not exist|not found) in the registry( with id '?(?<registry>\d{12}))?/;
const noImage =
  /imageId '?\{imageDigest: ?'(null|(?<digest>sha256:\w{1,64}))', ?imageTag: ?'(null|(?<tag>[\w.-]{1,128}))'\}'? does not exist within the repository with name '(?<name>[a-z0-9._/-]+)'( in the registry with id '?(?<registry>\d{12}))?/;

const cacheRules = (told: Told): Paste => ({
  what: 'The cache rules of that account',
  kind: 'command',
  text: `aws ecr describe-pull-through-cache-rules --region ${regionOf(told)}${registryOption(told)}`,
});

/** The command that prints the rights, in place of the statements: a mistyped name needs none. */
const cachePolicies = (told: Told): Paste => ({
  what: 'The rights, if the prefix is a cache',
  kind: 'command',
  text: `ecr-courier policy cache ${imageOf(told)}${told.facts.principal === undefined ? '' : ` --for ${told.facts.principal}`}`,
});

function imageMeaning(told: Told): Omit<Diagnosis, 'id'> {
  const { cache, own } = told.facts;
  if (own?.list !== undefined && typeof cache !== 'object') return partMissing(told, own.list);
  if (cache) return imageMissing(told, cache);
  return {
    sentence: `The repository ${repositoryOf(told) ?? 'that was named'} is there, and has no image ${referenceOf(told) ?? 'of that tag'}. Under the prefix of a pull-through cache it may be a refusal of IAM instead: whoever pulls may not import from upstream.`,
    side: 'the tag where it is written, or whoever pushes (a lifecycle rule may have removed it); under a cache prefix the identity policy of whoever pulls',
    remedy:
      'Look at the tags of the repository. Under a cache prefix look whether the image exists upstream, whether the rule has working upstream credentials, and add the right. A cache fetches by tag: the first pull must not be by digest alone.',
    paste: [{ what: 'The images of the repository', kind: 'command', text: imagesCommand(told) }, cachePolicies(told)],
  };
}

/** Responses that something does not exist; below the prefix of a cache they are often refusals. */
export const missing: readonly Situation[] = [
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
      ['Docker, old', `Error response from daemon: repository ${host}/team/none not found`],
      ['Docker, push', "name unknown: The repository with name 'team/none' does not exist in the registry with id '123456789012'"],
    ],
    when: facts =>
      facts.find(noRepository) ??
      facts.find(
        /(?<![.\w])RepositoryNotFoundException(?!: repository not found)|repository with name '?\*+'? (does not exist|not found) in the registry/,
      ) ??
      (isAsked(facts) && facts.status === 404
        ? facts.find(/NAME_UNKNOWN|name unknown/)
        : (facts.find(/NAME_UNKNOWN|name unknown/, isPrivate) ?? facts.find(/\brepository \S{1,300} not found(?! ?:)/, isPrivate))),
    tell: told =>
      told.facts.cache
        ? repositoryMissing(told, told.facts.cache)
        : {
            sentence: `There is no repository ${repositoryOf(told) ?? 'of that name'} in ${whereOf(told)}: the name is wrong (account and region are part of it), or nobody has created it. Under the prefix of a pull-through cache it may be a refusal of IAM instead: whoever pulls may not create it, or the image is not there upstream, which reads the same.`,
            side: `the name of the image, or ${accountOf(told)}; under a cache prefix the identity policy of whoever pulls, or the registry policy`,
            remedy:
              'Look whether the prefix (the first part of the name) is a cache rule. If not, compare the name, the account and the region, and create the repository. If it is, look whether the image exists upstream, and compare the rights.',
            paste: [repositoriesCommand(told), cacheRules(told), cachePolicies(told)],
          },
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
      ['Docker, old', `Error response from daemon: manifest for ${image} not found`],
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
      facts.find(noImage) ??
      facts.find(
        /Requested image not found|ImageNotFoundException(?=\)? when calling the \w|.{0,40}?The image with|.{0,200}?\bimageId)|(api error|Error Code:) ImageNotFoundException/,
      ) ??
      facts.find(/(?<![.\w])ImageNotFoundException(?!: Image not found)/, isRegistry) ??
      facts.find(/manifest unknown|MANIFEST_UNKNOWN/, isRegistry) ??
      facts.find(/manifest for \S{1,400} not found/, isRegistry) ??
      (facts.status === 404 && facts.find(/Source image not found|manifest for .{0,300} not found/)),
    tell: imageMeaning,
  }),
  row({
    id: 'something-missing',
    title: 'The repository or the image is not there: the client does not show which',
    symptoms: [
      [
        'containerd, kubelet',
        `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      ],
      ['containerd', `failed to copy: httpReadSeeker: failed open: content at ${manifest} not found: not found`],
      ['Docker 29', `Error response from daemon: failed to resolve reference "${image}": ${image}: not found`],
      ['buildx', `ERROR: failed to solve: ${image}: failed to resolve source metadata for ${image}: ${image}: not found`],
      ['oras', `Error: failed to resolve 1: ${image}: not found`],
      ['Helm', `Error: INSTALLATION FAILED: ${host}/charts/app:1.0.0: not found`],
      ['Helm', `Error: failed to perform "FetchReference" on source: ${host}/charts/app:1.0.0: not found`],
      ['Terraform, helm provider', `Error: could not download chart: ${host}/charts/app:1.0.0: not found`],
      ['SageMaker', `An error occurred (ValidationException) when calling the CreateModel operation: Requested image ${image} not found.`],
      ['crane', `HEAD ${manifest}: unexpected status code 404 Not Found (HEAD responses have no body, use GET for details)`],
    ],
    when: ({ find }) =>
      find(notFound, isPrivate) ??
      find(/content at https:\/\/\S{1,400} not found: not found|Requested image \S{1,400} not found/, isPrivate),
    tell: told => ({
      sentence: `${told.host} answered 404: either it has no repository ${repositoryOf(told) ?? 'of that name'}, or that has no image ${told.facts.reference ?? 'of that tag'}. The client does not show which of the two. Under the prefix of a pull-through cache both may be a refusal of IAM instead: whoever pulls may not create the repository, or not import from upstream.`,
      side: `the name or the tag where it is written, or ${accountOf(told)}; under a cache prefix the identity policy of whoever pulls, or the registry policy`,
      remedy:
        '`ecr-courier check IMAGE` shows which it is. If the repository is not there, compare name, account and region, and create it. Under a cache prefix add the rights, and look whether the image exists upstream.',
      paste: [
        { what: 'Which of the two', kind: 'command', text: `ecr-courier check ${imageOf(told)}` },
        cacheRules(told),
        cachePolicies(told),
      ],
    }),
  }),
];
