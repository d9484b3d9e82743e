import { isPrivate } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { accountOf, regionOf, registryOption, repositoryOf } from './pulled.ts';
import { noAnswer, noName } from './ways.ts';

const { host } = example;

/** The hosts where upstream registries keep their layers. */
const stores = /^(production\.cloudflare\.docker\.com|docker-images-prod\..*|cdn\d*\.quay\.io|pkg-containers\.githubusercontent\.com)$/;
const isStore = (at: string | undefined): boolean => at !== undefined && stores.test(at);

function prefixOf(told: Told): string {
  const { cache } = told.facts;
  return typeof cache === 'object' ? cache.prefix : (repositoryOf(told)?.split('/')[0] ?? 'PREFIX');
}
const ruleOf = ({ facts: { cache } }: Told): string => (typeof cache === 'object' ? ` ${cache.prefix} (for ${cache.upstream})` : '');

/** Failures of pull-through caches: of the upstream registry, and of the rules. */
export const caches: readonly Situation[] = [
  row({
    id: 'cache-upstream',
    title: 'A pull-through cache is refused upstream',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: pull access denied for ${host}/docker-hub/library/nginx, repository does not exist or may require 'docker login': denied: The authentication to the upstream registry failed. Verify that the credentials are valid.`,
      ],
      [
        'AWS CLI',
        'An error occurred (UnableToGetUpstreamImageException) when calling the BatchGetImage operation: The image or images were unable to be pulled using the pull through cache rule.',
      ],
    ],
    when: ({ find }) =>
      find(/authentication to the upstream registry failed|UnableToGetUpstream(Image|Layer)Exception/) ??
      find(/upstream registry .{0,80}(denied|unauthorized|credentials)/, isPrivate),
    tell: told => ({
      sentence:
        'The pull-through cache is let in here, and refused by the registry behind it: the upstream credentials of its rule are wrong or old, or the image is not there for them.',
      side: `the cache rule${ruleOf(told)} in ${accountOf(told)}, and its secret in Secrets Manager`,
      remedy:
        'Renew the secret (its name begins with ecr-pullthroughcache/) with a login that may pull this image upstream. The name behind the prefix must be the full one: docker-hub/library/nginx.',
      paste: [
        {
          what: 'The rule and whether its credentials are good',
          kind: 'command',
          text: `aws ecr validate-pull-through-cache-rule --region ${regionOf(told)}${registryOption(told)} --ecr-repository-prefix ${prefixOf(told)}`,
        },
      ],
    }),
  }),
  row({
    id: 'cache-sends-upstream',
    title: 'A pull-through cache sends the client upstream',
    symptoms: [
      [
        'kubelet with containerd',
        `Failed to pull image "${host}/mirror/docker.io/library/busybox:1": failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://production.cloudflare.docker.com/registry-v2/docker/registry/v2/blobs/sha256/1c/1c10/data?verify=17": dial tcp 104.16.1.1:443: i/o timeout`,
      ],
    ],
    when: ({ find }) => find(/\bdkr[.-]ecr\b/, isPrivate) && (find(noAnswer, isStore) ?? find(noName, isStore)),
    tell: told => ({
      sentence: `ECR sent the client to ${told.host} for a layer that its cache does not have yet, and that cannot be reached from there.`,
      side: 'the way from the machine that pulls to the registry upstream: firewall, proxy, a VPC without internet',
      remedy:
        'Pull the image once from a machine with a way out, so that the cache has it, or let HTTPS to that host through. ECR imports an image once it is asked for, and may send the first client upstream meanwhile.',
    }),
  }),
  row({
    id: 'cache-login',
    title: 'The login of a cache rule is missing or cannot be read',
    symptoms: [
      [
        'AWS SDKs, controllers',
        'operation error ECR: CreatePullThroughCacheRule, https response error StatusCode: 400, RequestID: 5c1, UnsupportedUpstreamRegistryException: The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN',
      ],
      [
        'AWS CLI',
        'An error occurred (SecretNotFoundException) when calling the CreatePullThroughCacheRule operation: The ARN of the secret specified in the pull through cache rule was not found.',
      ],
      [
        'containerd',
        'Head "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/docker-hub/library/nginx/manifests/1": SecretNotFoundException: The ARN of the secret specified in the pull through cache rule was not found.',
      ],
      ['AWS CLI', 'An error occurred (UnableToAccessSecretException) when calling the ValidatePullThroughCacheRule operation'],
    ],
    when: ({ find }) =>
      find(
        /upstream registry requires authentication|UnableToAccessSecretException|UnableToDecryptSecretValueException|SecretNotFoundException.{0,100}(PullThroughCache|pull through cache rule)/,
      ),
    tell: () => ({
      sentence:
        'The registry upstream gives nothing without a login (Docker Hub, GitHub, GitLab, Azure, Chainguard), and ECR does not find one in the secret of the cache rule.',
      side: 'the cache rule, and its secret in Secrets Manager',
      remedy:
        'Make a secret in the same account and region, whose name begins with ecr-pullthroughcache/ and that holds username and accessToken, and name its ARN in the rule. If it has a KMS key of your own, the key must let in whoever makes the rule.',
      paste: [
        {
          what: 'The secret',
          kind: 'command',
          text: 'aws secretsmanager create-secret --name ecr-pullthroughcache/NAME --secret-string file://login.json',
        },
      ],
    }),
  }),
  row({
    id: 'cache-unsupported',
    title: 'ECR does not take a registry as the upstream of a cache rule',
    symptoms: [
      [
        'AWS CLI, Terraform',
        'An error occurred (UnsupportedUpstreamRegistryException) when calling the CreatePullThroughCacheRule operation: The upstream registry URL harbor.example.com is invalid. Specify a valid upstream registry URL and try again',
      ],
      [
        'AWS CLI',
        'An error occurred (UnsupportedUpstreamRegistryException) when calling the CreatePullThroughCacheRule operation: The specified upstream registry is not supported',
      ],
      ['AWS SDKs', 'UnsupportedUpstreamRegistryException'],
    ],
    when: ({ find }) =>
      find(/UnsupportedUpstreamRegistryException/) ?? find(/upstream registry URL (\S{1,200} )?is (invalid|not supported)/),
    tell: () => ({
      sentence:
        'ECR makes no cache rule for that upstream: it caches registries of its own list only, and takes the address of each as it writes it. Login and rights are not the matter.',
      side: 'the rule: its upstream registry URL',
      remedy:
        'Write the address as ECR has it: registry-1.docker.io, ghcr.io, quay.io, registry.k8s.io, public.ecr.aws, registry.gitlab.com, NAME.azurecr.io, cgr.dev, or a private ECR registry. Any other registry (Harbor, Nexus, Artifactory) cannot be cached by ECR: copy its images, or use the proxy cache of Harbor.',
    }),
  }),
  row({
    id: 'cache-rule-missing',
    title: 'There is no cache rule of that prefix',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (PullThroughCacheRuleNotFoundException) when calling the ValidatePullThroughCacheRule operation: The pull through cache rule with prefix 'docker-hub' does not exist in the registry with id '123456789012'",
      ],
    ],
    when: ({ find }) => find(/PullThroughCacheRuleNotFoundException/),
    tell: told => ({
      sentence:
        'The registry has no cache rule of that prefix, in that account and region: names below it are repositories like all others.',
      side: 'the name of the prefix, or the account and region that were asked',
      remedy: 'Compare the prefix with the rules that are there: rules are of one region.',
      paste: [
        {
          what: 'The rules that are there',
          kind: 'command',
          text: `aws ecr describe-pull-through-cache-rules --region ${regionOf(told)}${registryOption(told)}`,
        },
      ],
    }),
  }),
];
