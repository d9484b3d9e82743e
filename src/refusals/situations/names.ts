import { isPrivate, isRegistry } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { twoSchemes } from './ways.ts';

const { host } = example;

/** ECR's own message, in responses of its API and of the registry. */
const ofEcr = /Invalid parameter at 'repositoryName' failed to satisfy constraint/;

/** Mistakes in the name of an image. */
export const names: readonly Situation[] = [
  row({
    id: 'host-twice',
    title: 'The host stands in the name of the repository',
    symptoms: [
      [
        'Docker, GitHub Actions',
        `name unknown: The repository with name '${host}/team/app' does not exist in the registry with id '123456789012'`,
      ],
      [
        'Docker, GitHub Actions',
        "name unknown: The repository with name 'public.ecr.aws/x1y2/app' does not exist in the registry with id '***'",
      ],
    ],
    when: ({ find }) =>
      find(
        /repository with name '?(?<at>[^\s'"/]{0,80}(dkr[.-]ecr|public\.ecr)\.[^\s'"/]{1,60})\/(?<name>[^\s'"]{1,256})'? (does not exist|not found)/,
      ),
    tell: ({ groups }) => ({
      sentence: `The registry was asked for a repository whose name begins with a host (${groups['at']}): whoever made the name of the image wrote a host before an address that has one already.`,
      side: 'the script or workflow that builds the name of the image: the variable for the repository holds the whole address',
      remedy: `Give it the name alone (${groups['name']}), and the host in the place of the registry. ECR Public is a registry and a login of its own (\`registry-type: public\` of amazon-ecr-login).`,
    }),
  }),
  row({
    id: 'host-as-name',
    title: 'Docker takes the host for the name of an image',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: pull access denied for ${host}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      ],
      ['Docker, push', `The push refers to repository [docker.io/library/${host}]\ndenied: requested access to the resource is denied`],
    ],
    when: ({ find }) =>
      find(/access denied for (?<at>[^\s/,:]{1,120}), repository does not exist/, isPrivate) ??
      find(/docker\.io\/library\/(?<at>[^\s/\]]{1,80}dkr[.-]ecr[^\s/\]]{1,60})/, () => true),
    tell: ({ groups }) => ({
      sentence: `No repository stands behind ${groups['at']}, so Docker took that host for the name of an image of Docker Hub. ECR was not asked.`,
      side: 'the name of the image where it is written; often a variable in it is empty',
      remedy: `Write ${groups['at']}/REPOSITORY:TAG.`,
    }),
  }),
  row({
    id: 'name-invalid',
    title: 'The image name is not valid',
    symptoms: [
      ['kubelet', `InvalidImageName: Failed to apply default image tag "${host}/team/app:": couldn't parse image name`],
      ['podman', `pinging container registry https: Get "https://https//${host}/v2/": dial tcp: lookup https: no such host`],
      ['Docker', `invalid reference format: repository name (${host}/Team/App) must be lowercase`],
      [
        'kubelet',
        `Failed to apply default image tag "${host}/Team/App:1": couldn't parse image name "${host}/Team/App:1": invalid reference format: repository name must be lowercase`,
      ],
      [
        'AWS CLI',
        "An error occurred (InvalidParameterException) when calling the BatchGetImage operation: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''",
      ],
      [
        'Docker',
        "name invalid: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''",
      ],
      ['ECS', 'Error: Failed to register task definition in ECS: Container.image repository contains invalid characters.'],
    ],
    when: ({ find }) =>
      find(ofEcr) ??
      find(/Container\.image repository contains invalid characters/) ??
      find(
        /invalid reference format|repository name .{0,200}must be lowercase|\bInvalidImageName\b|couldn't parse image (name|reference)/,
        isRegistry,
      ) ??
      find(twoSchemes, () => true),
    tell: ({ facts: { find } }) => ({
      sentence: find(ofEcr)
        ? 'ECR was asked, and does not take the name of the repository: it has small letters, digits and single marks between them (. _ - /), 2 to 256 in all. Rights are not the matter.'
        : 'The name of the image or of the registry is not well formed, so no registry was asked: names of repositories have small letters only, and there must be neither blanks nor an empty tag.',
      side: 'that name where it is written; often a variable in it is empty',
      remedy: 'Write HOST/REPOSITORY:TAG, without https://, in small letters up to the tag.',
    }),
  }),
];
